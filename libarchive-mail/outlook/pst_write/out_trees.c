/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two trees of a PST ([MS-PST] 2.2.2.7.7), when all that is in them is
 * known and comes in order: each level has one page at work.
 */
#include "base/bytes.h"
#include "model/ctx.h"
#include "outlook/pst_write/out.h"

#include <string.h>

enum { LEVELS = 8 };

struct level {
	uint8_t body[AM_PST_PAGE_BODY];
	uint64_t first;
	unsigned n, pages;
};

struct tree {
	struct am_pst_out *out;
	enum am_pst_page_type type;
	struct level levels[LEVELS];
};

static unsigned entry_size(const struct tree *tree, unsigned level)
{
	const struct am_pst_geometry *g = am_pst_geometry(AM_PST_UNICODE);

	if (level)
		return g->bt_index;
	return tree->type == AM_PST_PAGE_NBT ? g->bt_nbt : g->bt_bbt;
}

static int put_page(struct tree *tree, unsigned level,
                    struct am_pst_bref *where, struct am_error *err)
{
	const struct am_pst_geometry *g = am_pst_geometry(AM_PST_UNICODE);
	struct level *l = &tree->levels[level];
	unsigned size = entry_size(tree, level);
	const struct am_pst_bt_counts counts = {(uint16_t)l->n,
	                                        (uint16_t)(g->bt_counts / size),
	                                        (uint8_t)size, (uint8_t)level};
	uint8_t *page;
	int r = am_pst_space_take(&tree->out->space, AM_PST_PAGE, AM_PST_PAGE,
	                          &where->at, &page, err);

	if (r)
		return r;
	where->bid = tree->out->next_page++;
	memcpy(page, l->body, (size_t)l->n * size);
	am_pst_bt_counts_encode(g, &counts, page + g->bt_counts);
	am_pst_page_seal(page, (uint8_t)tree->type, where->at, where->bid);
	l->n = 0;
	l->pages++;
	return AM_OK;
}

/* An entry at its level; a page that is full goes to the one above first. */
static int add(struct tree *tree, unsigned level, uint64_t key,
               const uint8_t *entry, struct am_error *err)
{
	const struct am_pst_geometry *g = am_pst_geometry(AM_PST_UNICODE);
	uint8_t copy[32];
	int r = AM_OK;

	memcpy(copy, entry, entry_size(tree, level));
	for (;;) {
		struct level *l = &tree->levels[level];
		unsigned size = entry_size(tree, level);
		struct am_pst_bt_index up = {l->first, {0, 0}};
		bool full = l->n == g->bt_counts / size;
		if (full && level + 1 == LEVELS)
			return am_fail(err, AM_FATAL, AM_E_LIMIT,
			               "a tree of more than %u levels", LEVELS);
		if (full)
			r = put_page(tree, level, &up.child, err);
		if (r)
			return r;
		if (!l->n)
			l->first = key;
		memcpy(l->body + (size_t)l->n++ * size, copy, size);
		if (!full)
			return AM_OK;
		am_pst_bt_index_encode(g, &up, copy);
		key = up.key;
		level++;
	}
}

/* What is left of each level, up to the page that is alone on its own. */
static int end_tree(struct tree *tree, struct am_pst_bref *root,
                    struct am_error *err)
{
	const struct am_pst_geometry *g = am_pst_geometry(AM_PST_UNICODE);
	uint8_t entry[32];

	for (unsigned level = 0;; level++) {
		struct level *l = &tree->levels[level];
		struct am_pst_bt_index up = {l->first, {0, 0}};
		int r = put_page(tree, level, &up.child, err);
		if (r)
			return r;
		if (l->pages == 1) {
			*root = up.child;
			return AM_OK;
		}
		am_pst_bt_index_encode(g, &up, entry);
		r = add(tree, level + 1, up.key, entry, err);
		if (r)
			return r;
	}
}

static uint16_t refs_of(const struct am_pst_out *out, guint *next,
                        am_pst_bid bid)
{
	const GArray *shared = out->shared;

	while (*next < shared->len &&
	       g_array_index(shared, struct am_pst_shared, *next).bid < bid)
		++*next;
	if (*next < shared->len &&
	    g_array_index(shared, struct am_pst_shared, *next).bid == bid)
		return (uint16_t)(1 + g_array_index(shared,
		                                    struct am_pst_shared, *next)
		                              .refs);
	return 2;
}

static int by_bid(const void *a, const void *b)
{
	am_pst_bid x = ((const struct am_pst_shared *)a)->bid;
	am_pst_bid y = ((const struct am_pst_shared *)b)->bid;

	return x < y ? -1 : x > y;
}

static int put_blocks(struct am_pst_out *out, struct am_pst_bref *root,
                      struct am_error *err)
{
	const struct am_pst_geometry *g = am_pst_geometry(AM_PST_UNICODE);
	struct tree *tree = g_new0(struct tree, 1);
	am_pst_bid next = 4;
	guint shared = 0;
	int r = AM_OK;

	tree->out = out;
	tree->type = AM_PST_PAGE_BBT;
	g_array_sort(out->shared, by_bid);
	while (!r) {
		struct am_pst_bbt_entry entry = {.stored = 0};
		const uint8_t *record = NULL;
		uint8_t bytes[32];
		if (am_ctx_cancelled(out->ctx))
			r = am_ctx_fail_cancelled(err);
		else
			r = am_pst_records_next(&out->blocks, &record, err);
		if (r || !record)
			break;
		struct am_cursor c = am_cursor(record, out->blocks.width);
		uint64_t at = am_get_le64(&c);
		entry.block.at = at & ~UINT64_C(1);
		entry.block.bid = next | (at & 1) << 1;
		entry.stored = entry.size = am_get_le16(&c);
		entry.refs = refs_of(out, &shared, entry.block.bid);
		am_pst_bbt_entry_encode(g, &entry, bytes);
		r = add(tree, 0, entry.block.bid, bytes, err);
		next += 4;
	}
	if (!r)
		r = end_tree(tree, root, err);
	g_free(tree);
	return r;
}

/* One of the rows of nodes that are merged: messages, associated, others. */
struct row {
	struct am_pst_records *records;
	guint next;
	bool more;
	struct am_pst_nbt_entry node;
};

static int step(struct am_pst_out *out, struct row *row, struct am_error *err)
{
	const uint8_t *record;

	if (!row->records) {
		row->more = row->next < out->nodes->len;
		if (row->more)
			row->node = g_array_index(
				out->nodes, struct am_pst_nbt_entry, row->next);
		row->next++;
		return AM_OK;
	}
	int r = am_pst_records_next(row->records, &record, err);
	row->more = !r && record;
	if (!row->more)
		return r;
	struct am_cursor c = am_cursor(record, row->records->width);
	row->node.nid = am_get_le32(&c);
	row->node.parent = am_get_le32(&c);
	row->node.data = am_get_le64(&c);
	row->node.sub = am_get_le64(&c);
	return AM_OK;
}

static int by_nid(const void *a, const void *b)
{
	am_pst_nid x = ((const struct am_pst_nbt_entry *)a)->nid;
	am_pst_nid y = ((const struct am_pst_nbt_entry *)b)->nid;

	return x < y ? -1 : x > y;
}

static int put_nodes(struct am_pst_out *out, struct am_pst_bref *root,
                     struct am_error *err)
{
	const struct am_pst_geometry *g = am_pst_geometry(AM_PST_UNICODE);
	struct tree *tree = g_new0(struct tree, 1);
	struct row rows[3] = {{.records = &out->messages[0]},
	                      {.records = &out->messages[1]},
	                      {.records = NULL}};
	int r = AM_OK;

	tree->out = out;
	tree->type = AM_PST_PAGE_NBT;
	g_array_sort(out->nodes, by_nid);
	for (unsigned i = 0; !r && i < AM_COUNT(rows); i++)
		r = step(out, &rows[i], err);
	while (!r) {
		struct row *least = NULL;
		uint8_t bytes[32];
		for (unsigned i = 0; i < AM_COUNT(rows); i++)
			if (rows[i].more &&
			    (!least || rows[i].node.nid < least->node.nid))
				least = &rows[i];
		if (!least)
			break;
		am_pst_nbt_entry_encode(g, &least->node, bytes);
		r = add(tree, 0, least->node.nid, bytes, err);
		if (!r)
			r = step(out, least, err);
	}
	if (!r)
		r = end_tree(tree, root, err);
	g_free(tree);
	return r;
}

int am_pst_out_finish(struct am_pst_out *out, struct am_pst_header *header,
                      struct am_error *err)
{
	int r = put_nodes(out, &header->nbt, err);

	if (!r)
		r = put_blocks(out, &header->bbt, err);
	if (!r)
		r = am_pst_space_end(&out->space, header, err);
	memcpy(header->nids, out->nids, sizeof(header->nids));
	/* A folder's four nodes have one number. */
	header->nids[0xd] = header->nids[0xe] = header->nids[0xf] =
		header->nids[2];
	header->next_block = out->next_block;
	header->next_page = out->next_page;
	return r;
}
