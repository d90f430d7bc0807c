/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How often a block is named: once for each node, entry of subnodes or list of
 * blocks that does ([MS-PST] 2.2.2.7.7.3), and its count has one more.  Done
 * for a number of blocks after the other, so that memory does not grow.
 */
#include "outlook/pst_check/check_impl.h"

#include "base/bytes.h"

enum { BLOCKS = 1 << 20 };

struct refs {
	struct am_pst_checker *c;
	uint64_t skip; /* of the tree's entries */
	uint64_t seen; /* in this walk */
	size_t n;      /* in the lists */
	am_pst_bid *bids;
	uint16_t *said;
	uint32_t *found;
};

static int take_block(void *user, const uint8_t *bytes, struct am_error *err)
{
	struct refs *refs = user;
	struct am_pst_bbt_entry entry;

	(void)err;
	if (refs->seen++ < refs->skip || refs->n == BLOCKS)
		return AM_OK;
	am_pst_bbt_entry_decode(refs->c->g, &entry, bytes);
	refs->bids[refs->n] = entry.block.bid & ~UINT64_C(1);
	refs->said[refs->n] = entry.refs;
	refs->found[refs->n++] = 0;
	return AM_OK;
}

static void count(struct refs *refs, am_pst_bid bid)
{
	size_t low = 0, high = refs->n;

	bid &= ~UINT64_C(1);
	while (bid && low < high) {
		size_t mid = low + (high - low) / 2;
		if (refs->bids[mid] < bid)
			low = mid + 1;
		else
			high = mid;
	}
	if (bid && low < refs->n && refs->bids[low] == bid)
		refs->found[low]++;
}

static int count_node(void *user, const uint8_t *bytes, struct am_error *err)
{
	struct refs *refs = user;
	struct am_pst_nbt_entry node;

	(void)err;
	am_pst_nbt_entry_decode(refs->c->g, &node, bytes);
	count(refs, node.data);
	count(refs, node.sub);
	return AM_OK;
}

static void count_list(struct refs *refs, const struct am_pst_block *block)
{
	const struct am_pst_geometry *g = refs->c->g;
	struct am_pst_list_head head;
	struct am_pst_sl_entry sl;
	struct am_pst_si_entry si;

	if (block->len < g->sl_header)
		return;
	am_pst_list_head_decode(g, &head, block->bytes);
	size_t size = head.type == 1 ? g->x_entry
	              : head.level   ? g->si_entry
	                             : g->sl_entry;
	for (size_t i = 0; i < head.n; i++) {
		const uint8_t *at = block->bytes + g->sl_header + i * size;
		if (g->sl_header + (i + 1) * size > block->len)
			break;
		if (head.type == 1) {
			count(refs, am_pst_x_entry_decode(g, at));
		} else if (head.level) {
			am_pst_si_entry_decode(g, &si, at);
			count(refs, si.child);
		} else {
			am_pst_sl_entry_decode(g, &sl, at);
			count(refs, sl.data);
			count(refs, sl.sub);
		}
	}
}

static int count_block(void *user, const uint8_t *bytes, struct am_error *err)
{
	struct refs *refs = user;
	struct am_pst_bbt_entry entry;
	struct am_pst_block *block = NULL;

	(void)err;
	am_pst_bbt_entry_decode(refs->c->g, &entry, bytes);
	/* One that cannot be read has been told of. */
	if (entry.block.bid & 2 &&
	    !am_pst_ndb_block(refs->c->ndb, entry.block.bid, &block, NULL))
		count_list(refs, block);
	am_pst_block_unref(&block);
	return AM_OK;
}

static int check_some(struct refs *refs, struct am_error *err)
{
	struct am_pst_tree_visitor visitor = {
		.entry = take_block, .user = refs, .quiet = true};
	int r;

	refs->seen = 0;
	refs->n = 0;
	r = am_pst_check_tree(refs->c, AM_PST_PAGE_BBT, &visitor, err);
	visitor.entry = count_node;
	if (!r)
		r = am_pst_check_tree(refs->c, AM_PST_PAGE_NBT, &visitor, err);
	visitor.entry = count_block;
	if (!r)
		r = am_pst_check_tree(refs->c, AM_PST_PAGE_BBT, &visitor, err);
	for (size_t i = 0; !r && i < refs->n; i++)
		if (refs->said[i] != refs->found[i] + 1)
			am_pst_finding(refs->c, 0, "refs",
			               "block 0x%" PRIx64 " is named %" PRIu32
			               " times, its count is %u",
			               refs->bids[i], refs->found[i],
			               refs->said[i]);
	refs->skip += refs->n;
	return r;
}

int am_pst_check_refs(struct am_pst_checker *c, struct am_error *err)
{
	struct refs refs = {.c = c};
	int r;

	refs.bids = g_new(am_pst_bid, BLOCKS);
	refs.said = g_new(uint16_t, BLOCKS);
	refs.found = g_new(uint32_t, BLOCKS);
	do {
		r = check_some(&refs, err);
	} while (!r && refs.n == BLOCKS);
	g_free(refs.bids);
	g_free(refs.said);
	g_free(refs.found);
	return r;
}
