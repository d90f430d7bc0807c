/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst_write/out.h"

#include "base/blob.h"
#include "base/bytes.h"
#include "model/ctx.h"
#include "outlook/pst/crypt.h"

#include <string.h>

/* A block that waits for its place in the tree: offset u64 with "internal" as
 * its lowest bit, size u16.  Its id is its number. */
enum { BLOCK_RECORD = 10, FIRST_BLOCK = 4, BLOCK_STEP = 4 };
/* And a node: nid u32, parent u32, data u64, subnodes u64. */
enum { NODE_RECORD = 24 };

static const struct am_pst_geometry *geometry(void)
{
	return am_pst_geometry(AM_PST_UNICODE);
}

void am_pst_out_begin(struct am_pst_out *out, const char *path,
                      const char *tmpdir, struct am_ctx *ctx)
{
	*out = (struct am_pst_out){.ctx = ctx,
	                           .next_block = FIRST_BLOCK,
	                           .next_page = 1,
	                           .digest = UINT64_C(0xcbf29ce484222325)};
	am_pst_space_begin(&out->space, -1, path);
	for (unsigned i = 0; i < AM_COUNT(out->nids); i++)
		out->nids[i] = 0x400;
	out->nids[3] = 0x4000;
	out->nids[4] = 0x10000;
	out->nids[8] = 0x8000;
	am_pst_records_init(&out->blocks, BLOCK_RECORD, tmpdir);
	am_pst_records_init(&out->messages[0], NODE_RECORD, tmpdir);
	am_pst_records_init(&out->messages[1], NODE_RECORD, tmpdir);
	out->shared = g_array_new(FALSE, FALSE, sizeof(struct am_pst_shared));
	out->nodes = g_array_new(FALSE, FALSE, sizeof(struct am_pst_nbt_entry));
}

void am_pst_out_clear(struct am_pst_out *out)
{
	am_pst_space_clear(&out->space);
	am_pst_records_clear(&out->blocks);
	am_pst_records_clear(&out->messages[0]);
	am_pst_records_clear(&out->messages[1]);
	g_array_free(out->shared, TRUE);
	g_array_free(out->nodes, TRUE);
}

void am_pst_out_mark(const struct am_pst_out *out, struct am_pst_out_mark *to)
{
	to->space = out->space.now;
	to->next_block = out->next_block;
	to->digest = out->digest;
	memcpy(to->nids, out->nids, sizeof(to->nids));
}

int am_pst_out_back(struct am_pst_out *out, const struct am_pst_out_mark *mark,
                    struct am_error *err)
{
	out->next_block = mark->next_block;
	out->digest = mark->digest;
	memcpy(out->nids, mark->nids, sizeof(out->nids));
	am_pst_records_cut(&out->blocks,
	                   (mark->next_block - FIRST_BLOCK) / BLOCK_STEP);
	return am_pst_space_back(&out->space, &mark->space, err);
}

int am_pst_out_nid(struct am_pst_out *out, unsigned type, am_pst_nid *nid,
                   struct am_error *err)
{
	enum { INDEX_MAX = 0x7ffffff };

	if (out->nids[type] == INDEX_MAX)
		return am_fail(err, AM_FAILED, AM_E_LIMIT,
		               "no more node ids of type %u", type);
	*nid = ++out->nids[type] << 5 | type;
	return AM_OK;
}

/* ---- blocks ---- */

static size_t room_of(size_t len)
{
	const struct am_pst_geometry *g = geometry();
	size_t room = len + g->block_trailer;

	return (room + AM_PST_UNIT - 1) / AM_PST_UNIT * AM_PST_UNIT;
}

int am_pst_out_block(struct am_pst_out *out, size_t len, bool internal,
                     struct am_pst_out_block *block, struct am_error *err)
{
	block->bid = out->next_block | (internal ? 2 : 0);
	block->len = len;
	return am_pst_space_take(&out->space, room_of(len), AM_PST_UNIT,
	                         &block->at, &block->bytes, err);
}

int am_pst_out_seal(struct am_pst_out *out, struct am_pst_out_block *block,
                    struct am_error *err)
{
	const struct am_pst_geometry *g = geometry();
	uint8_t record[BLOCK_RECORD];
	bool internal = block->bid & 2;

	if (!internal)
		am_pst_encrypt(AM_PST_CRYPT_PERMUTE, block->bid, block->bytes,
		               block->len);
	const struct am_pst_block_trailer trailer = {
		.stored = (uint16_t)block->len,
		.sig = am_pst_sig(block->at, block->bid),
		.crc = am_pst_crc(block->bytes, block->len),
		.bid = block->bid};
	am_pst_block_trailer_encode(g, &trailer,
	                            block->bytes + room_of(block->len) -
	                                    g->block_trailer);
	am_put_le64(record, block->at | internal);
	am_put_le16(record + 8, (uint16_t)block->len);
	out->next_block += BLOCK_STEP;
	/* FNV-1a of their checksums */
	out->digest = (out->digest ^ trailer.crc) * UINT64_C(0x100000001b3);
	return am_pst_records_add(&out->blocks, record, err);
}

bool am_pst_out_share(struct am_pst_out *out, am_pst_bid bid)
{
	enum { REFS_MAX = 0xfff0 }; /* of the 16 bits of a count */

	for (guint i = out->shared->len; i-- > 0;) {
		struct am_pst_shared *one =
			&g_array_index(out->shared, struct am_pst_shared, i);
		if (one->bid == bid)
			return one->refs < REFS_MAX && ++one->refs;
	}
	struct am_pst_shared one = {bid, 2};
	g_array_append_val(out->shared, one);
	return true;
}

static int put_block(struct am_pst_out *out, const void *data, size_t len,
                     bool internal, am_pst_bid *bid, struct am_error *err)
{
	struct am_pst_out_block block;
	int r = am_pst_out_block(out, len, internal, &block, err);

	if (r)
		return r;
	memcpy(block.bytes, data, len);
	*bid = block.bid;
	return am_pst_out_seal(out, &block, err);
}

/* ---- data ---- */

void am_pst_out_list_begin(struct am_pst_out_list *list)
{
	list->n = list->n_up = 0;
	list->total = list->below = 0;
}

/* An XBLOCK (level 1) or XXBLOCK (2). */
static int put_list(struct am_pst_out *out, unsigned level,
                    const am_pst_bid *bids, size_t n, uint64_t total,
                    am_pst_bid *bid, struct am_error *err)
{
	const struct am_pst_geometry *g = geometry();
	const struct am_pst_list_head head = {1, (uint8_t)level, (uint16_t)n,
	                                      (uint32_t)total};
	struct am_pst_out_block block;
	int r = am_pst_out_block(out, 8 + n * g->x_entry, true, &block, err);

	if (r)
		return r;
	am_pst_list_head_encode(g, &head, block.bytes);
	for (size_t i = 0; i < n; i++)
		am_pst_x_entry_encode(g, bids[i],
		                      block.bytes + 8 + i * g->x_entry);
	*bid = block.bid;
	return am_pst_out_seal(out, &block, err);
}

static int close_x(struct am_pst_out *out, struct am_pst_out_list *list,
                   struct am_error *err)
{
	if (list->n_up == AM_PST_X_MAX)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "a value of more than %u blocks",
		               AM_PST_X_MAX * AM_PST_X_MAX);
	int r = put_list(out, 1, list->bids, list->n, list->below,
	                 &list->up[list->n_up], err);
	list->n_up++;
	list->n = 0;
	list->below = 0;
	return r;
}

int am_pst_out_list_add(struct am_pst_out *out, struct am_pst_out_list *list,
                        am_pst_bid bid, size_t len, struct am_error *err)
{
	if (list->n == AM_PST_X_MAX) {
		int r = close_x(out, list, err);
		if (r)
			return r;
	}
	list->bids[list->n++] = bid;
	list->total += len;
	list->below += len;
	return AM_OK;
}

int am_pst_out_list_end(struct am_pst_out *out, struct am_pst_out_list *list,
                        am_pst_bid *bid, struct am_error *err)
{
	int r;

	*bid = 0;
	if (!list->n)
		return AM_OK;
	if (!list->n_up && list->n == 1) {
		*bid = list->bids[0];
		return AM_OK;
	}
	r = close_x(out, list, err);
	if (!r && list->n_up == 1)
		*bid = list->up[0];
	else if (!r)
		r = put_list(out, 2, list->up, list->n_up, list->total, bid,
		             err);
	return r;
}

int am_pst_out_data(struct am_pst_out *out, const void *data, size_t len,
                    am_pst_bid *bid, struct am_error *err)
{
	struct am_pst_out_list list;
	const uint8_t *from = data;
	int r = AM_OK;

	am_pst_out_list_begin(&list);
	for (size_t at = 0; !r && at < len; at += AM_PST_BLOCK_MAX) {
		size_t n = MIN(len - at, (size_t)AM_PST_BLOCK_MAX);
		am_pst_bid one = 0;
		r = put_block(out, from + at, n, false, &one, err);
		if (!r)
			r = am_pst_out_list_add(out, &list, one, n, err);
	}
	return r ? r : am_pst_out_list_end(out, &list, bid, err);
}

/* Straight from the blob to where it stays. */
int am_pst_out_blob(struct am_pst_out *out, const struct am_blob *blob,
                    am_pst_bid *bid, struct am_error *err)
{
	uint64_t size = am_blob_size(blob);
	struct am_pst_out_list list;
	int r = AM_OK;

	if (size > AM_PST_DATA_MAX)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "a value of %" PRIu64
		               " bytes: a PST holds up to %" PRIu64,
		               size, AM_PST_DATA_MAX);
	am_pst_out_list_begin(&list);
	for (uint64_t at = 0; !r && at < size; at += AM_PST_BLOCK_MAX) {
		struct am_pst_out_block block;
		size_t len = AM_PST_BLOCK_MAX, got = 0;
		if (am_ctx_cancelled(out->ctx))
			return am_ctx_fail_cancelled(err);
		if (len > size - at)
			len = (size_t)(size - at);
		r = am_pst_out_block(out, len, false, &block, err);
		if (r)
			break;
		r = am_blob_read(blob, at, block.bytes, len, &got, err);
		if (!r && got != len)
			r = am_fail(err, AM_FAILED, AM_E_IO,
			            "a value of %" PRIu64
			            " bytes ended after %" PRIu64,
			            size, at + got);
		else if (r)
			r = AM_FAILED; /* the source's trouble, not ours */
		if (!r)
			r = am_pst_out_seal(out, &block, err);
		if (!r)
			r = am_pst_out_list_add(out, &list, block.bid, len,
			                        err);
	}
	return r ? r : am_pst_out_list_end(out, &list, bid, err);
}

/* ---- subnodes ---- */

static int by_nid(const void *a, const void *b)
{
	am_pst_nid x = *(const am_pst_nid *)a, y = *(const am_pst_nid *)b;

	return x < y ? -1 : x > y;
}

static int put_sl(struct am_pst_out *out, const struct am_pst_sl_entry *list,
                  size_t n, am_pst_bid *bid, struct am_error *err)
{
	const struct am_pst_geometry *g = geometry();
	const struct am_pst_list_head head = {2, 0, (uint16_t)n, 0};
	struct am_pst_out_block block;
	int r = am_pst_out_block(out, g->sl_header + n * g->sl_entry, true,
	                         &block, err);

	if (r)
		return r;
	am_pst_list_head_encode(g, &head, block.bytes);
	for (size_t i = 0; i < n; i++)
		am_pst_sl_entry_encode(g, &list[i],
		                       block.bytes + g->sl_header +
		                               i * g->sl_entry);
	*bid = block.bid;
	return am_pst_out_seal(out, &block, err);
}

static int put_si(struct am_pst_out *out, const struct am_pst_si_entry *list,
                  size_t n, am_pst_bid *bid, struct am_error *err)
{
	const struct am_pst_geometry *g = geometry();
	const struct am_pst_list_head head = {2, 1, (uint16_t)n, 0};
	struct am_pst_out_block block;
	int r = am_pst_out_block(out, g->sl_header + n * g->si_entry, true,
	                         &block, err);

	if (r)
		return r;
	am_pst_list_head_encode(g, &head, block.bytes);
	for (size_t i = 0; i < n; i++)
		am_pst_si_entry_encode(g, &list[i],
		                       block.bytes + g->sl_header +
		                               i * g->si_entry);
	*bid = block.bid;
	return am_pst_out_seal(out, &block, err);
}

int am_pst_out_subs(struct am_pst_out *out, GArray *entries, am_pst_bid *bid,
                    struct am_error *err)
{
	struct am_pst_si_entry up[AM_PST_SI_MAX];
	const struct am_pst_sl_entry *list;
	size_t n = entries->len, n_up = 0;
	int r = AM_OK;

	*bid = 0;
	if (!n)
		return AM_OK;
	g_array_sort(entries, by_nid);
	list = &g_array_index(entries, struct am_pst_sl_entry, 0);
	if (n <= AM_PST_SL_MAX)
		return put_sl(out, list, n, bid, err);
	if (n > AM_PST_SL_MAX * AM_PST_SI_MAX)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "%zu parts in one node: a PST holds up to %u", n,
		               AM_PST_SL_MAX * AM_PST_SI_MAX);
	for (size_t at = 0; !r && at < n; at += AM_PST_SL_MAX, n_up++) {
		up[n_up].nid = list[at].nid;
		r = put_sl(out, list + at, MIN(n - at, (size_t)AM_PST_SL_MAX),
		           &up[n_up].child, err);
	}
	return r ? r : put_si(out, up, n_up, bid, err);
}

/* ---- nodes ---- */

void am_pst_out_node(struct am_pst_out *out, am_pst_nid nid, am_pst_nid parent,
                     am_pst_bid data, am_pst_bid sub)
{
	struct am_pst_nbt_entry node = {nid, parent, data, sub};

	g_array_append_val(out->nodes, node);
}

int am_pst_out_message(struct am_pst_out *out, bool associated,
                       const struct am_pst_nbt_entry *node,
                       struct am_error *err)
{
	uint8_t record[NODE_RECORD];

	am_put_le32(record, node->nid);
	am_put_le32(record + 4, node->parent);
	am_put_le64(record + 8, node->data);
	am_put_le64(record + 16, node->sub);
	return am_pst_records_add(&out->messages[associated], record, err);
}
