/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a FETCH line to a body that is believed.  A body counts only when its
 * line names the UID that was asked for, its literal is complete and the line
 * ended well; servers answer with other messages' bodies, with nothing, and
 * with letters of their own.
 */
#include "formats/imap/fetch_impl.h"

#include "base/blob.h"
#include "base/reader.h"
#include "formats/imap/fetch_line.h"

#include <string.h>

enum {
	STUB_MOST = 16 << 10,
	/* A size that is told may be wrong, three times over with some; so much
	 * more than so many times that is no size but an attack, or a line that
	 * lost its place. */
	LIE_TIMES = 8,
	LIE_BYTES = 64 << 20
};

/* What servers put in the place of a message they cannot give. */
static const char *const stubs[] = {
	"Retrieval using the IMAP4 protocol failed for the following message",
	"The server couldn't retrieve the following message",
};

const char *am_imap_body_judge(const struct am_blob *blob, uint64_t size_told)
{
	const uint8_t *bytes = am_blob_bytes(blob);
	uint64_t size = am_blob_size(blob);

	if (!size && size_told)
		return "it came empty";
	if (!bytes || size > STUB_MOST)
		return NULL;
	for (size_t i = 0; i < AM_COUNT(stubs); i++)
		if (memmem(bytes, size, stubs[i], strlen(stubs[i])))
			return "the server gave a notice in its place";
	return NULL;
}

/* ---- literals ---- */

/* What fails in reading is the connection's; AM_FATAL here is ours. */
static int from_wire(int r)
{
	return r == AM_FATAL ? AM_RETRY : r;
}

static int to_memory(struct am_imap_carrier *c, struct am_reader *bytes,
                     size_t len, struct am_error *err)
{
	struct am_blob *blob = NULL;
	size_t got = 0;
	uint8_t *buf = g_malloc(len ? len : 1);

	int r = from_wire(am_reader_read(bytes, buf, len, &got, err));
	if (!r)
		r = am_blob_take(&blob, buf, got, err);
	else
		g_free(buf);
	if (!r)
		g_ptr_array_add(c->blobs, blob);
	return r;
}

static int to_spool(struct am_imap_carrier *c, struct am_reader *bytes,
                    size_t memory, struct am_error *err)
{
	const struct am_ctx *ctx = c->fetcher->account->ctx;
	struct am_spool *spool = NULL;
	struct am_blob *blob = NULL;
	const uint8_t *data;
	size_t len;

	int r = am_spool_open(&spool, memory, am_ctx_tmpdir(ctx), err);
	while (!r) {
		r = from_wire(am_reader_peek(bytes, 1, &data, &len, err));
		if (r)
			break;
		/* No place for it is our trouble, not the server's. */
		r = am_spool_write(spool, data, len, err) ? AM_FATAL : AM_OK;
		am_reader_skip(bytes, len);
	}
	if (r == AM_END)
		r = am_spool_seal(&spool, &blob, err) ? AM_FATAL : AM_OK;
	am_spool_drop(&spool);
	if (!r)
		g_ptr_array_add(c->blobs, blob);
	return r;
}

/* A piece of a large message, up to what was asked for. */
static int to_piece(struct am_imap_carrier *c, struct am_reader *bytes,
                    size_t len, struct am_error *err)
{
	if (!c->piece)
		c->piece = g_malloc(PIECE_BYTES);
	c->piece_len = 0;
	return from_wire(
		am_reader_read(bytes, c->piece, len, &c->piece_len, err));
}

/* The most that a body of what is being answered may have, going by what was
 * told of the messages before; 0: anything. */
static uint64_t believable(const struct am_imap_carrier *c)
{
	const struct am_imap_batch *b = c->first;
	uint64_t most = 0;

	for (guint i = 0; b && i < b->wants->len; i++) {
		const struct am_imap_want *w = b->wants->pdata[i];
		if (w && w->size == AM_SIZE_UNKNOWN)
			return 0;
		if (w)
			most = MAX(most, w->size);
	}
	return b && most < UINT64_MAX / LIE_TIMES - LIE_BYTES
	               ? most * LIE_TIMES + LIE_BYTES
	               : 0;
}

int am_imap_body_literal(void *carrier, const struct am_imap_place *place,
                         struct am_reader *bytes, struct am_error *err)
{
	struct am_imap_carrier *c = carrier;
	const struct am_ctx *ctx = c->fetcher->account->ctx;
	struct am_limits limits =
		am_limits_or_default(ctx ? &ctx->limits : NULL);

	if (!am_imap_fetch_is_body(place))
		return AM_END;
	if (c->piece_wanted && place->len <= PIECE_BYTES)
		return to_piece(c, bytes, (size_t)place->len, err);
	uint64_t most = believable(c);
	if (most && place->len > most)
		return am_fail(err, AM_RETRY, AM_E_PROTOCOL,
		               "the server announces a body of %" PRIu64
		               " bytes where none of those asked for has "
		               "so many",
		               place->len);
	if (place->len <= limits.spool_memory)
		return to_memory(c, bytes, (size_t)place->len, err);
	return to_spool(c, bytes, 0, err);
}

/* ---- lines ---- */

bool am_imap_body_in_place(const struct am_imap_batch *b)
{
	const struct am_imap_session *s = am_imap_link_now(b->carrier->link);
	const char *name = s ? am_imap_session_mailbox(s)->name : NULL;

	return name && !strcmp(name, b->box->name);
}

bool am_imap_body_renumbered(const struct am_imap_batch *b)
{
	const struct am_imap_mailbox *m =
		am_imap_session_mailbox(am_imap_link_now(b->carrier->link));

	return b->uidvalidity && m->uidvalidity &&
	       m->uidvalidity != b->uidvalidity;
}

/* Answers mostly come in the order asked. */
static struct am_imap_want *find(struct am_imap_batch *b, uint32_t uid,
                                 guint *at)
{
	for (guint n = 0; n < b->wants->len; n++) {
		guint i = (guint)(b->hint + n) % b->wants->len;
		struct am_imap_want *w = b->wants->pdata[i];
		if (!w || w->uid != uid)
			continue;
		b->hint = i + 1;
		*at = i;
		return w;
	}
	return NULL;
}

/* The bytes of a value: streamed, or (quoted, NIL) in the line itself. */
static struct am_blob *bytes_of(struct am_imap_carrier *c,
                                const struct am_imap_value *v, size_t nth)
{
	struct am_blob *blob = NULL;
	const char *text = am_imap_text(v);

	if (v->type == AM_IMAP_STREAMED)
		return nth < c->blobs->len ? am_blob_ref(c->blobs->pdata[nth])
		                           : NULL;
	if (v->type == AM_IMAP_ATOM || !text ||
	    am_blob_copy(&blob, text, (size_t)v->len, NULL))
		return NULL;
	return blob;
}

int am_imap_body_line(struct am_imap_command *cmd,
                      const struct am_imap_line *line, struct am_error *err)
{
	struct am_imap_batch *b = cmd->user;
	struct am_imap_carrier *c = b->carrier;
	struct am_imap_fetch f;
	uint64_t origin;
	bool partial;
	size_t nth;
	guint at;

	(void)err;
	if (!am_imap_fetch_read(&f, line))
		return AM_END;
	const struct am_imap_value *v =
		am_imap_fetch_body(&f, &origin, &partial, &nth);
	if (!v)
		return AM_END; /* flags that changed meanwhile */
	/* Another mailbox has the same UIDs. */
	struct am_imap_want *w =
		f.uid && am_imap_body_in_place(b) ? find(b, f.uid, &at) : NULL;
	if (!w)
		return AM_END;
	struct am_blob *blob = line->damage || (partial && origin)
	                               ? NULL
	                               : bytes_of(c, v, nth);
	w->lack = line->damage ? "its answer was damaged"
	          : !blob      ? "it came without a body"
	                       : am_imap_body_judge(blob, w->size);
	if (am_imap_body_renumbered(b))
		w->lack = "the folder was numbered anew meanwhile";
	if (w->lack) {
		am_blob_unref(&blob);
		return AM_OK;
	}
	b->wants->pdata[at] = NULL;
	am_imap_link_progress(c->link);
	am_imap_fetcher_settled(c->fetcher, w, blob, NULL);
	return AM_OK;
}

int am_imap_body_verify(struct am_imap_command *cmd,
                        const struct am_imap_line *line, struct am_error *err)
{
	struct am_imap_batch *b = cmd->user;
	struct am_imap_fetch f;
	guint at;

	(void)err;
	if (!am_imap_fetch_read(&f, line))
		return AM_END;
	/* Another mailbox has the same UIDs. */
	struct am_imap_want *w =
		f.uid && am_imap_body_in_place(b) ? find(b, f.uid, &at) : NULL;
	if (!w)
		return AM_END;
	w->there = true;
	return AM_OK;
}
