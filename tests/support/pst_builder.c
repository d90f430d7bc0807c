/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/pst_builder.h"

#include "outlook/pst/crypt.h"

#include <zlib.h>

#include <string.h>

enum { START = 1024 };

struct am_test_pst {
	const struct am_pst_geometry *g;
	enum am_pst_crypt crypt;
	bool deflate;
	GByteArray *file;
	GArray *blocks; /* struct am_pst_bbt_entry */
	GArray *nodes;  /* struct am_pst_nbt_entry */
	am_pst_bid next_block, next_page;
};

struct am_test_pst *am_test_pst_new(enum am_pst_kind kind,
                                    enum am_pst_crypt crypt)
{
	struct am_test_pst *p = g_new0(struct am_test_pst, 1);

	p->g = am_pst_geometry(kind);
	p->crypt = crypt;
	p->deflate = kind == AM_PST_OST4K;
	p->file = g_byte_array_new();
	g_byte_array_set_size(p->file, kind == AM_PST_OST4K ? 4096 : START);
	memset(p->file->data, 0, p->file->len);
	p->blocks = g_array_new(FALSE, FALSE, sizeof(struct am_pst_bbt_entry));
	p->nodes = g_array_new(FALSE, FALSE, sizeof(struct am_pst_nbt_entry));
	p->next_block = 4;
	p->next_page = 1;
	return p;
}

void am_test_pst_deflate(struct am_test_pst *pst, bool yes)
{
	pst->deflate = yes;
}

const struct am_pst_geometry *am_test_pst_geometry(const struct am_test_pst *p)
{
	return p->g;
}

uint64_t am_test_pst_size(const struct am_test_pst *p)
{
	return p->file->len;
}

/* len zero bytes at the end, aligned; where they are. */
static uint64_t grow(struct am_test_pst *p, size_t align, size_t len)
{
	guint from = p->file->len;
	guint at = (guint)((from + align - 1) / align * align);

	g_byte_array_set_size(p->file, (guint)(at + len));
	memset(p->file->data + from, 0, p->file->len - from);
	return at;
}

am_pst_bid am_test_pst_block(struct am_test_pst *p, const void *data,
                             size_t len, bool internal)
{
	const struct am_pst_geometry *g = p->g;
	am_pst_bid bid = p->next_block | (internal ? 2 : 0);
	uLongf packed_len = compressBound(len);
	uint8_t *packed = g_malloc(packed_len);
	size_t stored = len;

	g_assert(len <= g->block_max);
	p->next_block += 4;
	if (p->deflate && compress(packed, &packed_len, data, len) == Z_OK &&
	    packed_len < len)
		stored = packed_len;
	size_t room = (stored + g->block_trailer + g->block_align - 1) /
	              g->block_align * g->block_align;
	uint64_t at = grow(p, g->block_align, room);
	uint8_t *to = p->file->data + at;
	memcpy(to, stored < len ? packed : data, stored);
	if (!internal)
		am_pst_encrypt(p->crypt, bid, to, stored);
	struct am_pst_block_trailer trailer = {
		(uint16_t)stored, am_pst_sig(at, bid), am_pst_crc(to, stored),
		bid, (uint16_t)len};
	am_pst_block_trailer_encode(g, &trailer, to + room - g->block_trailer);
	struct am_pst_bbt_entry entry = {
		{bid, at}, (uint16_t)stored, (uint16_t)len, 2};
	g_array_append_val(p->blocks, entry);
	g_free(packed);
	return bid;
}

/* An XBLOCK (level 1) or XXBLOCK (2) over these. */
static am_pst_bid list_block(struct am_test_pst *p, unsigned level,
                             const am_pst_bid *bids, size_t n, size_t total)
{
	size_t len = 8 + n * p->g->x_entry;
	uint8_t *bytes = g_malloc0(len);
	struct am_pst_list_head head = {1, (uint8_t)level, (uint16_t)n,
	                                (uint32_t)total};

	am_pst_list_head_encode(p->g, &head, bytes);
	for (size_t i = 0; i < n; i++)
		am_pst_x_entry_encode(p->g, bids[i],
		                      bytes + 8 + i * p->g->x_entry);
	am_pst_bid bid = am_test_pst_block(p, bytes, len, true);
	g_free(bytes);
	return bid;
}

am_pst_bid am_test_pst_data(struct am_test_pst *p, const void *data, size_t len)
{
	const uint8_t *bytes = data;
	size_t most = p->g->block_max, per = (most - 8) / p->g->x_entry;
	GArray *bids = g_array_new(FALSE, FALSE, sizeof(am_pst_bid));
	GArray *lists = g_array_new(FALSE, FALSE, sizeof(am_pst_bid));
	am_pst_bid bid = 0;

	for (size_t at = 0; at < len; at += most) {
		bid = am_test_pst_block(p, bytes + at, MIN(most, len - at),
		                        false);
		g_array_append_val(bids, bid);
	}
	if (bids->len > 1) {
		for (size_t at = 0; at < bids->len; at += per) {
			size_t n = MIN(per, bids->len - at);
			bid = list_block(p, 1,
			                 &g_array_index(bids, am_pst_bid, at),
			                 n, MIN(len - at * most, n * most));
			g_array_append_val(lists, bid);
		}
		if (lists->len > 1)
			bid = list_block(p, 2,
			                 &g_array_index(lists, am_pst_bid, 0),
			                 lists->len, len);
	}
	g_array_free(bids, TRUE);
	g_array_free(lists, TRUE);
	return bid;
}

static int by_nid(const void *a, const void *b)
{
	am_pst_nid x = *(const am_pst_nid *)a, y = *(const am_pst_nid *)b;

	return x < y ? -1 : x > y;
}

static am_pst_bid sub_leaf(struct am_test_pst *p,
                           const struct am_pst_sl_entry *list, size_t n)
{
	const struct am_pst_geometry *g = p->g;
	size_t len = MAX(8, g->sl_header + n * g->sl_entry);
	uint8_t *bytes = g_malloc0(len);
	struct am_pst_list_head head = {2, 0, (uint16_t)n, 0};

	am_pst_list_head_encode(g, &head, bytes);
	for (size_t i = 0; i < n; i++)
		am_pst_sl_entry_encode(g, &list[i],
		                       bytes + g->sl_header + i * g->sl_entry);
	am_pst_bid bid = am_test_pst_block(p, bytes, len, true);
	g_free(bytes);
	return bid;
}

am_pst_bid am_test_pst_sub(struct am_test_pst *p, GArray *entries)
{
	const struct am_pst_geometry *g = p->g;
	size_t per = (g->block_max - g->sl_header) / g->sl_entry;
	const struct am_pst_sl_entry *list;
	struct am_pst_list_head head = {2, 1, 0, 0};

	if (!entries->len)
		return 0;
	g_array_sort(entries, by_nid);
	list = &g_array_index(entries, struct am_pst_sl_entry, 0);
	if (entries->len <= per)
		return sub_leaf(p, list, entries->len);
	uint8_t *bytes = g_malloc0(g->block_max);
	for (size_t at = 0; at < entries->len; at += per, head.n++) {
		struct am_pst_si_entry one = {
			list[at].nid,
			sub_leaf(p, list + at, MIN(per, entries->len - at))};
		am_pst_si_entry_encode(g, &one,
		                       bytes + g->sl_header +
		                               (size_t)head.n * g->si_entry);
	}
	am_pst_list_head_encode(g, &head, bytes);
	am_pst_bid bid = am_test_pst_block(
		p, bytes, g->sl_header + (size_t)head.n * g->si_entry, true);
	g_free(bytes);
	return bid;
}

void am_test_pst_node(struct am_test_pst *p, am_pst_nid nid, am_pst_nid parent,
                      am_pst_bid data, am_pst_bid sub)
{
	struct am_pst_nbt_entry node = {nid, parent, data, sub};

	g_array_append_val(p->nodes, node);
}

/* ---- the trees ---- */

/* One page of entries that are encoded already. */
static struct am_pst_bref put_page(struct am_test_pst *p,
                                   enum am_pst_page_type type, unsigned level,
                                   const uint8_t *entries, unsigned size,
                                   size_t n)
{
	const struct am_pst_geometry *g = p->g;
	struct am_pst_bref where = {p->next_page++, grow(p, g->page, g->page)};
	uint8_t *page = p->file->data + where.at;
	struct am_pst_bt_counts counts = {(uint16_t)n,
	                                  (uint16_t)(g->bt_counts / size),
	                                  (uint8_t)size, (uint8_t)level};

	memcpy(page, entries, n * size);
	am_pst_bt_counts_encode(g, &counts, page + g->bt_counts);
	struct am_pst_page_trailer trailer = {
		(uint8_t)type, (uint8_t)type, am_pst_sig(where.at, where.bid),
		am_pst_crc(page, g->page_trailer), where.bid};
	am_pst_page_trailer_encode(g, &trailer, page + g->page_trailer);
	return where;
}

/* A level of the tree over encoded entries whose keys are given. */
static struct am_pst_bref put_tree(struct am_test_pst *p,
                                   enum am_pst_page_type type, uint8_t *entries,
                                   uint64_t *keys, unsigned size, size_t n)
{
	const struct am_pst_geometry *g = p->g;

	for (unsigned level = 0;; level++) {
		size_t per = g->bt_counts / size, n_up = 0;
		struct am_pst_bref last = {0, 0};
		uint8_t *up = g_malloc((n / per + 2) * g->bt_index);
		for (size_t at = 0; at < n || !at; at += per, n_up++) {
			last = put_page(p, type, level, entries + at * size,
			                size, MIN(per, n - at));
			struct am_pst_bt_index index = {keys[at], last};
			keys[n_up] = keys[at];
			am_pst_bt_index_encode(g, &index,
			                       up + n_up * g->bt_index);
		}
		g_free(entries);
		entries = up;
		size = g->bt_index;
		n = n_up;
		if (n == 1) {
			g_free(entries);
			g_free(keys);
			return last;
		}
	}
}

am_pst_bid am_test_pst_next(const struct am_test_pst *p)
{
	return p->next_block;
}

void am_test_pst_forget(struct am_test_pst *p, am_pst_nid nid, am_pst_bid from)
{
	const struct am_pst_geometry *g = p->g;
	uint8_t *entry = g_malloc0(g->bt_nbt);

	for (guint i = p->nodes->len; i-- > 0;) {
		const struct am_pst_nbt_entry *node =
			&g_array_index(p->nodes, struct am_pst_nbt_entry, i);
		if (node->nid != nid)
			continue;
		am_pst_nbt_entry_encode(g, node, entry);
		(void)put_page(p, AM_PST_PAGE_NBT, 0, entry, g->bt_nbt, 1);
		g_array_remove_index(p->nodes, i);
	}
	g_free(entry);
	while (p->blocks->len &&
	       g_array_index(p->blocks, struct am_pst_bbt_entry,
	                     p->blocks->len - 1)
	                       .block.bid >= from)
		g_array_set_size(p->blocks, p->blocks->len - 1);
}

GByteArray *am_test_pst_finish(struct am_test_pst *p)
{
	const struct am_pst_geometry *g = p->g;
	struct am_pst_header header = {.kind = g->kind,
	                               .client = 'S' | 'M' << 8,
	                               .version = g->kind == AM_PST_ANSI ? 14
	                                          : g->kind == AM_PST_UNICODE
	                                                  ? 23
	                                                  : 36,
	                               .client_version = 19,
	                               .crypt = (uint8_t)p->crypt,
	                               .unique = 1,
	                               .amap_valid = 2,
	                               .next_block = p->next_block};
	guint n_blocks = p->blocks->len, n_nodes = p->nodes->len;
	uint8_t *blocks = g_malloc0((size_t)(n_blocks + 1) * g->bt_bbt);
	uint8_t *nodes = g_malloc0((size_t)(n_nodes + 1) * g->bt_nbt);
	uint64_t *block_keys = g_new0(uint64_t, n_blocks + 1);
	uint64_t *node_keys = g_new0(uint64_t, n_nodes + 1);

	g_array_sort(p->nodes, by_nid);
	for (guint i = 0; i < n_blocks; i++) {
		const struct am_pst_bbt_entry *e =
			&g_array_index(p->blocks, struct am_pst_bbt_entry, i);
		am_pst_bbt_entry_encode(g, e, blocks + (size_t)i * g->bt_bbt);
		block_keys[i] = e->block.bid;
	}
	for (guint i = 0; i < n_nodes; i++) {
		const struct am_pst_nbt_entry *e =
			&g_array_index(p->nodes, struct am_pst_nbt_entry, i);
		am_pst_nbt_entry_encode(g, e, nodes + (size_t)i * g->bt_nbt);
		node_keys[i] = e->nid;
	}
	header.bbt = put_tree(p, AM_PST_PAGE_BBT, blocks, block_keys, g->bt_bbt,
	                      n_blocks);
	header.nbt = put_tree(p, AM_PST_PAGE_NBT, nodes, node_keys, g->bt_nbt,
	                      n_nodes);
	header.next_page = p->next_page;
	header.eof = p->file->len;
	am_pst_header_encode(&header, p->file->data);
	GByteArray *file = p->file;
	g_array_free(p->blocks, TRUE);
	g_array_free(p->nodes, TRUE);
	g_free(p);
	return file;
}
