/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A large message in pieces: UID FETCH n (UID BODY.PEEK[]<offset.length>)
 * (RFC 3501 §6.4.5), two under way.  When the connection is lost, the next one
 * goes on where the last whole piece ended; when nothing at all came of it,
 * with smaller pieces.  Only losses in a row without a byte gained count.
 */
#include "formats/imap/fetch_impl.h"

#include "base/blob.h"
#include "formats/imap/fetch_line.h"

enum {
	TRIES_MOST = 4,
	AHEAD = 2,
	PIECE_LEAST = 64 << 10,
	COPY_BYTES = 64 << 10,
};

struct large {
	struct am_imap_carrier *c;
	struct am_imap_batch *batch;
	struct am_imap_want *want;
	struct am_spool *spool;
	uint32_t length;       /* of a piece */
	uint64_t offset;       /* have this much */
	uint64_t asked;        /* asked for up to here */
	bool ended;            /* an empty or last piece came */
	bool other_length;     /* a piece was not what was asked for */
	struct am_blob *whole; /* from a server that knows no pieces */
	struct am_imap_command cmds[AHEAD];
};

/* So many bytes at `offset` are in the spool, of a line that ended well. */
static int took(struct large *l, uint64_t len)
{
	if (!len) {
		l->ended = true;
		return AM_OK;
	}
	l->offset += len;
	l->other_length = len != l->length;
	l->ended = l->other_length && l->offset == l->want->size;
	l->want->losses = 0;
	l->batch->tries = 0;
	am_imap_link_progress(l->c->link);
	return AM_OK;
}

static int take_piece(struct large *l, const uint8_t *data, size_t len,
                      struct am_error *err)
{
	if (len && am_spool_write(l->spool, data, len, err))
		return AM_FATAL;
	return took(l, len);
}

/* More than was asked for, so it went into a blob. */
static int take_blob(struct large *l, const struct am_blob *blob,
                     struct am_error *err)
{
	uint64_t size = am_blob_size(blob), at = 0;
	uint8_t *buf = g_malloc(COPY_BYTES);
	int r = AM_OK;

	while (!r && at < size) {
		size_t got = 0;
		r = am_blob_read(blob, at, buf, COPY_BYTES, &got, err);
		if (!r)
			r = am_spool_write(l->spool, buf, got, err);
		at += got;
	}
	g_free(buf);
	return r ? AM_FATAL : took(l, size);
}

static int piece_line(struct am_imap_command *cmd,
                      const struct am_imap_line *line, struct am_error *err)
{
	struct large *l = cmd->user;
	struct am_imap_fetch f;
	uint64_t origin;
	bool partial;
	size_t nth;

	if (!am_imap_fetch_read(&f, line) || f.uid != l->want->uid)
		return AM_END;
	const struct am_imap_value *v =
		am_imap_fetch_body(&f, &origin, &partial, &nth);
	if (!v)
		return AM_END;
	if (line->damage || l->whole || l->ended)
		return AM_OK;
	if (!partial && nth < l->c->blobs->len) {
		l->whole = am_blob_ref(l->c->blobs->pdata[nth]);
		return AM_OK;
	}
	/* A whole one that fits a piece is a piece at 0. */
	if (origin != l->offset || (!partial && l->offset) || l->other_length)
		return AM_OK;
	if (v->type == AM_IMAP_STREAMED && v->len > PIECE_BYTES)
		return nth < l->c->blobs->len
		               ? take_blob(l, l->c->blobs->pdata[nth], err)
		               : AM_OK;
	if (v->type == AM_IMAP_STREAMED)
		return take_piece(l, l->c->piece, l->c->piece_len, err);
	if (v->type == AM_IMAP_NIL)
		return take_piece(l, NULL, 0, err);
	const char *text = am_imap_text(v);
	return text && v->type != AM_IMAP_ATOM
	               ? take_piece(l, (const uint8_t *)text, (size_t)v->len,
	                            err)
	               : AM_OK;
}

static int open_mailbox(struct large *l, struct am_imap_session **out,
                        struct am_error *err)
{
	struct am_imap_batch *b = l->batch;

	int r = am_imap_carrier_select(l->c, b, out, err);
	if (!r && b->selecting)
		r = am_imap_session_wait(*out, &b->select, "opening the folder",
		                         err);
	if (r)
		return r;
	const struct am_imap_mailbox *m = am_imap_session_mailbox(*out);
	if (b->uidvalidity && m->uidvalidity &&
	    b->uidvalidity != m->uidvalidity)
		return am_fail(err, AM_FAILED, AM_E_PROTOCOL,
		               "the folder was numbered anew meanwhile");
	return AM_OK;
}

static int send_piece(struct large *l, struct am_imap_session *s,
                      struct am_imap_command *cmd, struct am_error *err)
{
	*cmd = (struct am_imap_command){.untagged = piece_line, .user = l};
	am_imap_put(am_imap_session_out(s),
	            "UID FETCH %" PRIu32 " (UID BODY.PEEK[]<%" PRIu64
	            ".%" PRIu32 ">)",
	            l->want->uid, l->asked, l->length);
	l->asked += l->length;
	return am_imap_session_send(s, cmd, err);
}

/* Pieces from `offset` to the end, or to a trouble; AM_END: the same again. */
static int fetch_pieces(struct large *l, struct am_imap_session *s,
                        struct am_error *err)
{
	unsigned sent = 0, done = 0;
	int r = AM_OK;

	l->asked = l->offset;
	l->other_length = false;
	while (!r) {
		bool more = !l->ended && !l->whole && !l->other_length;
		if (more && sent - done < AHEAD &&
		    (sent == done || l->want->size == AM_SIZE_UNKNOWN ||
		     l->asked < l->want->size)) {
			r = send_piece(l, s, &l->cmds[sent++ % AHEAD], err);
			continue;
		}
		if (sent == done)
			return AM_OK;
		struct am_imap_command *cmd = &l->cmds[done % AHEAD];
		uint64_t before = l->offset;
		while (!r && cmd->reply.end == AM_IMAP_UNDER_WAY) {
			g_ptr_array_set_size(l->c->blobs, 0);
			r = am_imap_session_step(s, err);
		}
		done++;
		if (r)
			return r;
		r = am_imap_reply_status(&cmd->reply,
		                         l->c->fetcher->account->host, "FETCH",
		                         err);
		if (r == AM_FAILED)
			r = am_imap_link_judge(l->c->link, r, &cmd->reply, err);
		if (r == AM_RETRY)
			r = AM_END; /* a pause that is over */
		if (!r && more && l->offset == before && !l->ended && !l->whole)
			r = am_fail(err, AM_FAILED, AM_E_PROTOCOL,
			            "the server leaves it out of its answers");
		/* The other piece is heard out before anything else. */
		while ((r == AM_FAILED || r == AM_END) && done < sent) {
			int wait = am_imap_session_wait(
				s, &l->cmds[done++ % AHEAD], "FETCH", NULL);
			if (wait != AM_OK && wait != AM_FAILED)
				r = wait;
		}
	}
	return r;
}

static bool unwanted(const struct large *l)
{
	struct am_imap_fetcher *f = l->c->fetcher;

	pthread_mutex_lock(&f->lock);
	bool yes = l->want->taken || f->stop;
	pthread_mutex_unlock(&f->lock);
	return yes;
}

static int fetch_all(struct large *l, struct am_error *err)
{
	struct am_imap_session *s = NULL;
	int r = AM_OK;

	while (!l->ended && !l->whole) {
		if (unwanted(l))
			return am_fail(err, AM_FAILED, AM_E_CANCELLED,
			               "skipped");
		r = open_mailbox(l, &s, err);
		l->c->piece_wanted = true;
		if (!r)
			r = fetch_pieces(l, s, err);
		l->c->piece_wanted = false;
		if (r == AM_RETRY) {
			r = am_imap_link_judge(l->c->link, r, NULL, err);
			if (r != AM_RETRY)
				return r;
			if (++l->want->losses >= TRIES_MOST)
				return am_fail(err, AM_FAILED, AM_E_IO,
				               "the connection is lost each "
				               "time it is asked for");
			if (l->want->losses > 1)
				l->length = MAX(l->length / 8, PIECE_LEAST);
		} else if (r == AM_FATAL ||
		           (r && ++l->batch->tries >= TRIES_MOST)) {
			return r;
		}
	}
	return AM_OK;
}

int am_imap_large(struct am_imap_carrier *c, struct am_imap_batch *batch,
                  struct am_error *err)
{
	const struct am_ctx *ctx = c->fetcher->account->ctx;
	struct large l = {.c = c, .batch = batch};
	struct am_blob *blob = NULL;

	l.want = batch->wants->pdata[0];
	l.length = l.want->size < LARGE_BYTES ? SHY_PIECE_BYTES : PIECE_BYTES;
	batch->carrier = c;
	int r = am_spool_open(&l.spool, 0, am_ctx_tmpdir(ctx), err);
	if (!r)
		r = fetch_all(&l, err);
	if (!r && l.whole)
		blob = g_steal_pointer(&l.whole);
	else if (!r)
		r = am_spool_seal(&l.spool, &blob, err);
	const char *lack = blob ? am_imap_body_judge(blob, l.want->size) : NULL;
	if (lack)
		r = am_fail(err, AM_FAILED, AM_E_PROTOCOL, "%s", lack);
	if (r == AM_FATAL) {
		am_imap_fetcher_queue(c->fetcher, batch, true);
	} else {
		if (r)
			am_blob_unref(&blob);
		am_imap_fetcher_settled(c->fetcher, l.want, blob, err);
		batch->wants->pdata[0] = NULL;
		am_imap_batch_free(batch);
		r = AM_OK;
	}
	am_spool_drop(&l.spool);
	am_blob_unref(&l.whole);
	return r;
}
