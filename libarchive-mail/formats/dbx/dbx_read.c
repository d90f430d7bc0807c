/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/dbx/dbx.h"

#include "base/blob.h"
#include "base/bytes.h"
#include "base/file.h"
#include "formats/mail_head.h"
#include "model/ctx.h"

#include <string.h>

#define ROOT_AT     0xE4
#define NODE_HEAD   24
#define NODE_ENTRY  12
#define INFO_HEAD   12
#define INFO_MAX    (64 * 1024)
#define PIECE_HEAD  16
#define PIECE_ROOM  512
#define PIECE_MAX   (64 * 1024)
#define FIRST_PIECE 0x24bc
#define SCAN        (256 * 1024)

static int read_at(struct am_file *file, uint64_t at, void *buf, size_t len,
                   struct am_error *err)
{
	if (at > am_file_size(file) || len > am_file_size(file) - at)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "byte %" PRIu64 " is behind the file's end", at);
	return am_file_read_all(file, at, buf, len, err);
}

/* On the stack: a node, or with this bit a message. */
#define MESSAGE (UINT64_C(1) << 32)

static void push(GArray *stack, uint64_t what)
{
	g_array_append_val(stack, what);
}

/* What a node holds, onto the stack, so that it comes off in order: what is to
 * the left, then each message and what is behind it. */
static int read_node(GArray *stack, struct am_file *file, uint32_t at,
                     struct am_error *err)
{
	uint8_t buf[NODE_HEAD + 255 * NODE_ENTRY];
	int r = read_at(file, at, buf, NODE_HEAD, err);

	if (r)
		return r;
	struct am_cursor c = am_cursor(buf, NODE_HEAD);
	uint32_t self = am_get_le32(&c);
	(void)am_get_le32(&c);
	uint32_t left = am_get_le32(&c);
	unsigned n = buf[17];
	if (self != at)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "no node of the list at byte %" PRIu32, at);
	r = read_at(file, at + (uint64_t)NODE_HEAD, buf + NODE_HEAD,
	            n * (size_t)NODE_ENTRY, err);
	for (unsigned i = n; i-- > 0 && !r;) {
		c = am_cursor(buf + NODE_HEAD + i * (size_t)NODE_ENTRY,
		              NODE_ENTRY);
		uint32_t message = am_get_le32(&c);
		uint32_t node = am_get_le32(&c);
		uint32_t below = am_get_le32(&c);
		if (node && below)
			push(stack, node);
		if (message)
			push(stack, message | MESSAGE);
	}
	if (!r && left)
		push(stack, left);
	return r;
}

int am_dbx_list(GArray **out, unsigned *bad, struct am_file *file,
                struct am_error *err)
{
	GArray *stack = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	GHashTable *seen = g_hash_table_new(NULL, NULL);
	uint8_t head[4];
	int r = read_at(file, ROOT_AT, head, sizeof head, err);

	*out = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	*bad = 0;
	if (!r) {
		struct am_cursor c = am_cursor(head, sizeof head);
		uint32_t root = am_get_le32(&c);
		if (root)
			push(stack, root);
	}
	while (!r && stack->len) {
		uint64_t what = g_array_index(stack, uint64_t, stack->len - 1);
		uint32_t at = (uint32_t)what;
		g_array_set_size(stack, stack->len - 1);
		if (what & MESSAGE)
			g_array_append_val(*out, at);
		/* A tree that leads back into itself, or nowhere. */
		else if (!g_hash_table_add(seen, GUINT_TO_POINTER(at)) ||
		         read_node(stack, file, at, NULL))
			++*bad;
	}
	g_hash_table_destroy(seen);
	g_array_free(stack, TRUE);
	return r;
}

/* The value of an entry, which is in place or in the data behind the table. */
static uint64_t value_of(uint32_t entry, const uint8_t *data, size_t len,
                         bool wide)
{
	uint32_t v = entry >> 8;

	if (entry & 0x80)
		return v;
	if (v > len || len - v < (wide ? 8u : 4u))
		return 0;
	struct am_cursor c = am_cursor(data + v, len - v);
	return wide ? am_get_le64(&c) : am_get_le32(&c);
}

int am_dbx_info(struct am_dbx_info *out, struct am_file *file, uint32_t at,
                struct am_error *err)
{
	uint8_t head[INFO_HEAD], *body;
	int r = read_at(file, at, head, sizeof head, err);

	*out = (struct am_dbx_info){.at = at};
	if (r)
		return r;
	struct am_cursor c = am_cursor(head, sizeof head);
	uint32_t self = am_get_le32(&c), len = am_get_le32(&c);
	unsigned n = head[10];
	if (self != at || len > INFO_MAX || n * 4 > len)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "no message at byte %" PRIu32, at);
	body = g_malloc(len + 1);
	r = read_at(file, at + (uint64_t)INFO_HEAD, body, len, err);
	c = am_cursor(body, len);
	for (unsigned i = 0; i < n && !r; i++) {
		uint32_t entry = am_get_le32(&c);
		const uint8_t *data = body + n * 4;
		size_t left = len - n * 4;
		switch (entry & 0x7f) {
		case 0x01:
			out->flags =
				(uint32_t)value_of(entry, data, left, false);
			break;
		case 0x02:
			out->sent = value_of(entry, data, left, true);
			break;
		case 0x04:
			out->data =
				(uint32_t)value_of(entry, data, left, false);
			break;
		case 0x12:
			out->received = value_of(entry, data, left, true);
			break;
		default:
			break;
		}
	}
	g_free(body);
	return r;
}

struct piece {
	uint32_t self, room, used, next;
};

static int read_piece(struct piece *out, struct am_file *file, uint32_t at,
                      struct am_error *err)
{
	uint8_t head[PIECE_HEAD];
	int r = read_at(file, at, head, sizeof head, err);

	if (r)
		return r;
	struct am_cursor c = am_cursor(head, sizeof head);
	out->self = am_get_le32(&c);
	out->room = am_get_le32(&c);
	out->used = am_get_le32(&c);
	out->next = am_get_le32(&c);
	if (out->self != at || out->used > out->room || out->room > PIECE_MAX)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "no piece of a message at byte %" PRIu32, at);
	return AM_OK;
}

int am_dbx_load(struct am_blob **out, struct am_file *file, uint32_t at,
                GHashTable *used, struct am_ctx *ctx, struct am_error *err)
{
	struct am_limits limits =
		am_limits_or_default(ctx ? &ctx->limits : NULL);
	uint64_t most = am_file_size(file), total = 0;
	struct am_spool *spool = NULL;
	uint8_t *buf = g_malloc(PIECE_MAX);
	int r = am_spool_open(&spool, limits.spool_memory, am_ctx_tmpdir(ctx),
	                      err);

	while (at && !r) {
		struct piece piece = {0};
		r = read_piece(&piece, file, at, err);
		if (!r)
			r = read_at(file, at + (uint64_t)PIECE_HEAD, buf,
			            piece.used, err);
		if (!r)
			r = am_spool_write(spool, buf, piece.used, err);
		if (!r && used)
			g_hash_table_add(used, GUINT_TO_POINTER(at));
		/* A chain that leads back into itself is longer than the
		 * file. */
		total += piece.used + (uint64_t)PIECE_HEAD;
		if (!r && total > most)
			r = am_fail(err, AM_FAILED, AM_E_FORMAT,
			            "its pieces lead back to one another");
		if (!r && am_ctx_cancelled(ctx))
			r = am_ctx_fail_cancelled(err);
		at = piece.next;
	}
	if (!r)
		r = am_spool_seal(&spool, out, err);
	am_spool_drop(&spool);
	g_free(buf);
	return r;
}

/* Pieces nobody uses: place -> next, and which of them another leads to. */
static int scan_pieces(GArray *all, GHashTable *led, struct am_file *file,
                       GHashTable *used, struct am_ctx *ctx,
                       struct am_error *err)
{
	uint64_t size = am_file_size(file);
	uint8_t *buf = g_malloc(SCAN);
	int r = AM_OK;

	for (uint64_t base = FIRST_PIECE; base + PIECE_HEAD < size && !r;) {
		size_t got = 0;
		if (am_ctx_cancelled(ctx))
			r = am_ctx_fail_cancelled(err);
		if (!r)
			r = am_file_read(file, base, buf, SCAN, &got, err);
		for (size_t i = 0; !r && i + PIECE_HEAD <= got; i += 4) {
			struct am_cursor c = am_cursor(buf + i, PIECE_HEAD);
			uint32_t at = (uint32_t)(base + i);
			if (am_get_le32(&c) != at ||
			    am_get_le32(&c) != PIECE_ROOM)
				continue;
			uint32_t n = am_get_le32(&c), next = am_get_le32(&c);
			if (!n || n > PIECE_ROOM ||
			    g_hash_table_contains(used, GUINT_TO_POINTER(at)))
				continue;
			g_array_append_val(all, at);
			if (next)
				g_hash_table_add(led, GUINT_TO_POINTER(next));
		}
		if (got < SCAN)
			break;
		base += SCAN - PIECE_HEAD;
	}
	g_free(buf);
	return r;
}

int am_dbx_deleted(GArray **out, struct am_file *file, GHashTable *used,
                   struct am_ctx *ctx, struct am_error *err)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	GHashTable *led = g_hash_table_new(NULL, NULL);
	int r = scan_pieces(all, led, file, used, ctx, err);

	*out = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	for (guint i = 0; i < all->len && !r; i++) {
		uint32_t at = g_array_index(all, uint32_t, i);
		uint8_t head[PIECE_ROOM];
		size_t got = 0;
		if (g_hash_table_contains(led, GUINT_TO_POINTER(at)) ||
		    am_file_read(file, at + (uint64_t)PIECE_HEAD, head,
		                 sizeof head, &got, NULL))
			continue;
		if (am_mail_head_bits(head, got) >= AM_MAIL_HEAD_ENOUGH)
			g_array_append_val(*out, at);
	}
	g_hash_table_destroy(led);
	g_array_free(all, TRUE);
	return r;
}
