/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst/heap.h"

#include "base/bytes.h"

#include <glib.h>

#include <string.h>

int am_pst_heap_open(struct am_pst_heap *out, struct am_pst_ndb *ndb,
                     am_pst_bid data, struct am_error *err)
{
	memset(out, 0, sizeof(*out));
	int r = am_pst_data_open(&out->data, ndb, data, err);
	if (!r)
		r = am_pst_data_block(&out->data, 0, &out->block, err);
	if (!r && out->block->len < AM_PST_HEAP_HEADER)
		r = am_fail(err, AM_FAILED, AM_E_FORMAT,
		            "block 0x%" PRIx64 " is too short for a heap",
		            out->block->bid);
	if (!r)
		am_pst_heap_header_decode(&out->header, out->block->bytes);
	if (!r && out->header.sig != AM_PST_HEAP_SIG)
		r = am_fail(err, AM_FAILED, AM_E_FORMAT,
		            "block 0x%" PRIx64 " is no heap (%02x)",
		            out->block->bid, out->header.sig);
	if (r)
		am_pst_heap_close(out);
	return r;
}

void am_pst_heap_close(struct am_pst_heap *heap)
{
	am_pst_block_unref(&heap->block);
	am_pst_data_close(&heap->data);
}

static int fail_id(const struct am_pst_heap *heap, uint32_t hid,
                   struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_FORMAT,
	               "heap of block 0x%" PRIx64
	               ": there is nothing at 0x%" PRIx32,
	               heap->data.bid, hid);
}

static int find_block(struct am_pst_heap *heap, size_t number,
                      struct am_error *err)
{
	struct am_pst_block *block = NULL;

	if (heap->block && heap->block_number == number)
		return AM_OK;
	int r = am_pst_data_block(&heap->data, number, &block, err);
	if (r)
		return r;
	am_pst_block_unref(&heap->block);
	heap->block = block;
	heap->block_number = number;
	return AM_OK;
}

int am_pst_heap_get(struct am_pst_heap *heap, uint32_t hid, const uint8_t **out,
                    size_t *len, struct am_error *err)
{
	unsigned shift = am_pst_ndb_geometry(heap->data.ndb)->hid_block_shift;
	uint32_t index = hid >> 5 & ((1u << (shift - 5)) - 1);
	struct am_pst_heap_map map;

	*out = (const uint8_t *)"";
	*len = 0;
	if (!hid)
		return AM_OK;
	if (hid & 0x1f || !index)
		return fail_id(heap, hid, err);
	int r = find_block(heap, hid >> shift, err);
	if (r)
		return r;
	const uint8_t *bytes = heap->block->bytes;
	size_t size = heap->block->len;
	struct am_cursor c = am_cursor(bytes, size);
	size_t at = am_get_le16(&c);
	if (c.bad || at + AM_PST_HEAP_MAP > size)
		return fail_id(heap, hid, err);
	am_pst_heap_map_decode(&map, bytes + at);
	if (index > map.n)
		return fail_id(heap, hid, err);
	at += AM_PST_HEAP_MAP + 2 * ((size_t)index - 1);
	if (at + 4 > size)
		return fail_id(heap, hid, err);
	c = am_cursor(bytes + at, 4);
	size_t from = am_get_le16(&c), to = am_get_le16(&c);
	if (from > to || to > size)
		return fail_id(heap, hid, err);
	*out = bytes + from;
	*len = to - from;
	return AM_OK;
}

/* A node of the tree: a copy, for the heap moves on meanwhile. */
struct step {
	uint8_t *bytes;
	size_t len, at;
};

enum { LEVELS = 8 };

static int fail_tree(const struct am_pst_heap *heap, const char *what,
                     struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_FORMAT,
	               "heap of block 0x%" PRIx64 ": %s", heap->data.bid, what);
}

static int enter(struct am_pst_heap *heap, uint32_t hid, struct step *to,
                 uint64_t *left, struct am_error *err)
{
	const uint8_t *bytes;
	int r = am_pst_heap_get(heap, hid, &bytes, &to->len, err);

	if (r)
		return r;
	/* Each node has bytes of its own: more of them than data means that
	 * they name each other. */
	if (to->len > *left)
		return fail_tree(heap, "its tree is larger than it", err);
	*left -= to->len;
	to->at = 0;
	to->bytes = g_memdup2(bytes, to->len);
	return AM_OK;
}

/* How many bytes the node's data has. */
static uint64_t heap_room(const struct am_pst_heap *heap)
{
	return (uint64_t)heap->data.n_blocks *
	       am_pst_ndb_geometry(heap->data.ndb)->block_max;
}

static int walk(struct am_pst_heap *heap, const struct am_pst_bth_header *tree,
                int (*one)(void *user, const uint8_t *record,
                           struct am_error *err),
                void *user, struct am_error *err)
{
	struct step path[LEVELS + 1];
	uint64_t left = heap_room(heap);
	size_t leaf = (size_t)tree->key + tree->entry;
	unsigned depth = 0;
	int r = enter(heap, tree->root, &path[0], &left, err);

	if (!r)
		depth = 1;
	while (!r && depth) {
		struct step *at = &path[depth - 1];
		bool is_leaf = depth > tree->levels;
		size_t size = is_leaf ? leaf : (size_t)tree->key + 4;
		if (at->len - at->at < size) {
			g_free(at->bytes);
			depth--;
			continue;
		}
		const uint8_t *record = at->bytes + at->at;
		at->at += size;
		if (is_leaf) {
			r = one(user, record, err);
			continue;
		}
		struct am_cursor c = am_cursor(record + tree->key, 4);
		r = enter(heap, am_get_le32(&c), &path[depth], &left, err);
		if (!r)
			depth++;
	}
	while (depth)
		g_free(path[--depth].bytes);
	return r;
}

int am_pst_bth_each(struct am_pst_heap *heap, uint32_t hid, unsigned key,
                    unsigned entry,
                    int (*one)(void *user, const uint8_t *record,
                               struct am_error *err),
                    void *user, struct am_error *err)
{
	struct am_pst_bth_header tree;
	const uint8_t *bytes;
	size_t len;
	int r = am_pst_heap_get(heap, hid, &bytes, &len, err);

	if (r)
		return r;
	if (len < AM_PST_BTH_HEADER)
		return fail_tree(heap, "no tree where one should be", err);
	am_pst_bth_header_decode(&tree, bytes);
	if (tree.type != AM_PST_HEAP_BTH || tree.key != key ||
	    tree.entry != entry || tree.levels >= LEVELS)
		return fail_tree(heap, "a tree of another kind", err);
	return tree.root ? walk(heap, &tree, one, user, err) : AM_OK;
}
