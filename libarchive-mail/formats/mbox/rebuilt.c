/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/rebuilt.h"

#include "base/blob.h"
#include "base/bytes.h"
#include "base/file.h"
#include "formats/file_base64.h"
#include "model/ctx.h"
#include "model/message.h"

#include <string.h>

#define WIDTH 76

static void clear_piece(void *data)
{
	struct am_mbox_piece *p = data;

	g_free(p->text);
	g_free(p->path);
}

static void clear_change(void *data)
{
	struct am_mbox_change *c = data;

	g_array_unref(c->pieces);
}

GArray *am_mbox_changes_new(void)
{
	GArray *changes =
		g_array_new(FALSE, FALSE, sizeof(struct am_mbox_change));

	g_array_set_clear_func(changes, clear_change);
	return changes;
}

void am_mbox_changes_free(GArray *changes)
{
	if (changes)
		g_array_unref(changes);
}

void am_mbox_changes_add(GArray *changes, size_t at, size_t del)
{
	struct am_mbox_change c = {
		at, del,
		g_array_new(FALSE, FALSE, sizeof(struct am_mbox_piece))};

	g_array_set_clear_func(c.pieces, clear_piece);
	g_array_append_val(changes, c);
}

static void add_piece(GArray *changes, struct am_mbox_piece piece)
{
	const struct am_mbox_change *last = &g_array_index(
		changes, struct am_mbox_change, changes->len - 1);

	g_array_append_val(last->pieces, piece);
}

void am_mbox_changes_text(GArray *changes, const char *text)
{
	add_piece(changes, (struct am_mbox_piece){.text = g_strdup(text)});
}

void am_mbox_changes_file(GArray *changes, const char *path)
{
	add_piece(changes, (struct am_mbox_piece){.path = g_strdup(path)});
}

/* How long a file is in base64. */
static uint64_t encoded_size(uint64_t size, size_t eol)
{
	uint64_t n = (size + 2) / 3 * 4;

	return n ? n + (n - 1) / WIDTH * eol : 0;
}

static int put_file(struct am_spool *spool, const char *path, const char *eol,
                    uint64_t *len, struct am_ctx *ctx, struct am_error *err)
{
	struct am_file *file = NULL;
	int r = am_file_open(&file, path, err);

	if (r)
		return r;
	*len += encoded_size(am_file_size(file), strlen(eol));
	r = am_file_base64(spool, file, WIDTH, eol, ctx, err);
	am_file_unref(&file);
	return r;
}

static int put_pieces(struct am_spool *spool, const GArray *pieces,
                      const char *eol, uint64_t *len, struct am_ctx *ctx,
                      struct am_error *err)
{
	int r = AM_OK;

	for (guint i = 0; i < pieces->len && !r; i++) {
		const struct am_mbox_piece *p =
			&g_array_index(pieces, struct am_mbox_piece, i);
		size_t n = p->text ? strlen(p->text) : 0;
		r = p->text ? am_spool_write(spool, p->text, n, err)
		            : put_file(spool, p->path, eol, len, ctx, err);
		*len += n;
	}
	return r;
}

static void put_varint(GByteArray *to, uint64_t v)
{
	uint8_t buf[10];

	g_byte_array_append(to, buf, (guint)am_put_varint(buf, v));
}

/* All changes into the spool, the way back into `undo`. */
static int change_all(struct am_spool *spool, GByteArray *undo,
                      const uint8_t *bytes, size_t len, const GArray *changes,
                      const char *eol, struct am_ctx *ctx, struct am_error *err)
{
	size_t at = 0;
	int r = AM_OK;

	for (guint i = 0; i < changes->len && !r; i++) {
		const struct am_mbox_change *c =
			&g_array_index(changes, struct am_mbox_change, i);
		uint64_t put = 0;
		r = am_spool_write(spool, bytes + at, c->at - at, err);
		if (!r)
			r = put_pieces(spool, c->pieces, eol, &put, ctx, err);
		put_varint(undo, c->at - at);
		put_varint(undo, put);
		put_varint(undo, c->del);
		g_byte_array_append(undo, bytes + c->at, (guint)c->del);
		at = c->at + c->del;
	}
	return r ? r : am_spool_write(spool, bytes + at, len - at, err);
}

int am_mbox_rebuild(struct am_message *msg, const uint8_t *bytes, size_t len,
                    const GArray *changes, const char *eol, struct am_ctx *ctx,
                    struct am_error *err)
{
	struct am_limits limits =
		am_limits_or_default(ctx ? &ctx->limits : NULL);
	struct am_spool *spool = NULL;
	struct am_blob *whole = NULL;
	GByteArray *undo = NULL;
	uint64_t taken = 0;

	for (guint i = 0; i < changes->len; i++)
		taken += g_array_index(changes, struct am_mbox_change, i).del +
		         32; /* and its numbers */
	if (taken > AM_MBOX_REBUILT_MAX)
		return AM_END;
	undo = g_byte_array_new();
	int r = am_spool_open(&spool, limits.spool_memory, am_ctx_tmpdir(ctx),
	                      err);
	if (!r)
		r = change_all(spool, undo, bytes, len, changes, eol, ctx, err);
	if (!r)
		r = am_spool_seal(&spool, &whole, err);
	if (!r) {
		am_message_add_prop(msg, AM_MBOX_REBUILT_PROP, undo->data,
		                    undo->len);
		am_blob_unref(&msg->raw);
		msg->raw = whole;
		msg->size = am_blob_size(whole);
		msg->exactness = AM_SYNTHESISED;
	}
	am_spool_drop(&spool);
	g_byte_array_free(undo, TRUE);
	return r;
}

/* Apply the prop; false: it does not fit, or would make too much. */
static bool undo_into(GByteArray *to, const struct am_prop *prop,
                      const struct am_blob *raw)
{
	struct am_cursor c = am_cursor(prop->value, prop->len);
	uint64_t at = 0, size = am_blob_size(raw);
	bool last = false;

	while (!last) {
		last = !am_cursor_left(&c);
		uint64_t copy = last ? size - at : am_get_varint(&c);
		uint64_t skip = last ? 0 : am_get_varint(&c);
		uint64_t n = last ? 0 : am_get_varint(&c);
		const uint8_t *old = am_get_bytes(&c, n);
		size_t got = 0;
		guint before = to->len;
		if (c.bad || copy > size - at || skip > size - at - copy ||
		    copy > 2 * AM_MBOX_REBUILT_TEXT - before)
			return false;
		g_byte_array_set_size(to, before + (guint)copy);
		if (am_blob_read(raw, at, to->data + before, (size_t)copy, &got,
		                 NULL) ||
		    got != copy)
			return false;
		if (n)
			g_byte_array_append(to, old, (guint)n);
		at += copy + skip;
	}
	return true;
}

int am_mbox_rebuilt_undo(struct am_blob **out, const struct am_message *msg,
                         struct am_error *err)
{
	const struct am_prop *prop = am_message_prop(msg, AM_MBOX_REBUILT_PROP);

	if (!prop) {
		*out = am_blob_ref(msg->raw);
		return AM_OK;
	}
	GByteArray *to = g_byte_array_new();
	if (!undo_into(to, prop, msg->raw)) {
		g_byte_array_free(to, TRUE);
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "how a message was rebuilt does not fit it");
	}
	size_t len = to->len;
	return am_blob_take(out, g_byte_array_free(to, FALSE), len, err);
}
