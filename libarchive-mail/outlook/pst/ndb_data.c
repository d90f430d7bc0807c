/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Blocks that list blocks ([MS-PST] 2.2.2.8.3): XBLOCK and XXBLOCK for data
 * that is more than one block, SLBLOCK and SIBLOCK for the nodes in a node.
 * Both have two storeys at the most, which the level says, so that lists which
 * name each other are seen at once.
 */
#include "outlook/pst/ndb_impl.h"

#include <glib.h>

#include <string.h>

static int fail_list(struct am_error *err, const struct am_pst_block *block,
                     const char *what)
{
	return am_fail(err, AM_FAILED, AM_E_FORMAT, "block 0x%" PRIx64 ": %s",
	               block->bid, what);
}

/* Read a list block and its head; its n entries fit into it. */
static int read_list(struct am_pst_ndb *ndb, am_pst_bid bid, unsigned type,
                     struct am_pst_list_head *head, struct am_pst_block **out,
                     struct am_error *err)
{
	const struct am_pst_geometry *g = ndb->g;
	int r = am_pst_ndb_block(ndb, bid, out, err);

	if (r)
		return r;
	size_t start = type == 1 ? 8 : g->sl_header, entry;
	if ((*out)->len < start || (*out)->len < 8)
		r = fail_list(err, *out, "too short for a list of blocks");
	if (!r) {
		am_pst_list_head_decode(g, head, (*out)->bytes);
		entry = type == 1     ? g->x_entry
		        : head->level ? g->si_entry
		                      : g->sl_entry;
		if (head->type != type || head->level > 2)
			r = fail_list(err, *out, "not the list it should be");
		else if (head->n > ((*out)->len - start) / entry)
			r = fail_list(err, *out,
			              "names more blocks than it can hold");
	}
	if (r)
		am_pst_block_unref(out);
	return r;
}

static void add_entries(const struct am_pst_ndb *ndb, GArray *to,
                        const struct am_pst_block *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		am_pst_bid bid = am_pst_x_entry_decode(
			ndb->g, list->bytes + 8 + (size_t)i * ndb->g->x_entry);
		g_array_append_val(to, bid);
	}
}

static int by_bid(const void *a, const void *b)
{
	am_pst_bid x = *(const am_pst_bid *)a & ~UINT64_C(1);
	am_pst_bid y = *(const am_pst_bid *)b & ~UINT64_C(1);

	return x < y ? -1 : x > y;
}

/* Each block once and none of them a list? */
static bool all_different(const GArray *list)
{
	size_t n = list->len;
	bool good = true;

	if (!n)
		return true;
	am_pst_bid *sorted = g_memdup2(list->data, n * sizeof(am_pst_bid));
	qsort(sorted, n, sizeof(*sorted), by_bid);
	for (size_t i = 0; good && i < n; i++)
		good = !(sorted[i] & 2) &&
		       (!i || by_bid(&sorted[i - 1], &sorted[i]));
	g_free(sorted);
	return good;
}

/* The blocks below an XXBLOCK's children. */
static int add_children(struct am_pst_ndb *ndb, GArray *to,
                        const struct am_pst_block *list, unsigned n,
                        struct am_error *err)
{
	uint64_t most = ndb->size / ndb->g->block_align + 1;

	for (unsigned i = 0; i < n; i++) {
		am_pst_bid bid = am_pst_x_entry_decode(
			ndb->g, list->bytes + 8 + (size_t)i * ndb->g->x_entry);
		struct am_pst_block *child = NULL;
		struct am_pst_list_head head;
		int r = read_list(ndb, bid, 1, &head, &child, err);
		if (!r && head.level != 1)
			r = fail_list(err, child, "lists within lists");
		if (!r)
			add_entries(ndb, to, child, head.n);
		am_pst_block_unref(&child);
		if (!r && to->len > most)
			r = fail_list(err, list, "more blocks than the file");
		if (r)
			return r;
	}
	return AM_OK;
}

int am_pst_data_open(struct am_pst_data *out, struct am_pst_ndb *ndb,
                     am_pst_bid bid, struct am_error *err)
{
	struct am_pst_block *block = NULL;
	struct am_pst_list_head head;
	int r;

	*out = (struct am_pst_data){.ndb = ndb, .bid = bid};
	if (!(bid & ~UINT64_C(1)))
		return AM_OK;
	GArray *list = g_array_new(FALSE, FALSE, sizeof(am_pst_bid));
	if (!(bid & 2)) {
		r = am_pst_ndb_block(ndb, bid, &block, err);
		if (!r)
			out->total = block->len;
		g_array_append_val(list, bid);
	} else {
		r = read_list(ndb, bid, 1, &head, &block, err);
		if (!r)
			out->total = head.total;
		if (!r && head.level == 1)
			add_entries(ndb, list, block, head.n);
		else if (!r && head.level == 2)
			r = add_children(ndb, list, block, head.n, err);
		else if (!r)
			r = fail_list(err, block, "a list of no level");
		if (!r && !all_different(list))
			r = fail_list(err, block,
			              "names a block twice, or a list");
	}
	am_pst_block_unref(&block);
	out->n_blocks = list->len;
	out->blocks = (am_pst_bid *)(void *)g_array_free(list, FALSE);
	if (r)
		am_pst_data_close(out);
	return r;
}

void am_pst_data_close(struct am_pst_data *data)
{
	g_free(data->blocks);
	*data = (struct am_pst_data){.ndb = data->ndb};
}

int am_pst_data_block(const struct am_pst_data *data, size_t i,
                      struct am_pst_block **out, struct am_error *err)
{
	if (i >= data->n_blocks)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "no block %zu in data of %zu blocks", i,
		               data->n_blocks);
	return am_pst_ndb_block(data->ndb, data->blocks[i], out, err);
}

int am_pst_data_all(const struct am_pst_data *data, size_t max, uint8_t **out,
                    size_t *len, struct am_error *err)
{
	GByteArray *all = g_byte_array_new();
	int r = AM_OK;

	for (size_t i = 0; !r && i < data->n_blocks; i++) {
		struct am_pst_block *block = NULL;
		r = am_pst_data_block(data, i, &block, err);
		if (!r && block->len > max - all->len)
			r = am_fail(err, AM_FAILED, AM_E_LIMIT,
			            "data of more than %zu bytes", max);
		if (!r)
			g_byte_array_append(all, block->bytes,
			                    (unsigned)block->len);
		am_pst_block_unref(&block);
	}
	*len = all->len;
	*out = g_byte_array_free(all, r != 0);
	return r;
}

/* ---- subnodes ---- */

static struct am_pst_sl_entry sl_at(const struct am_pst_ndb *ndb,
                                    const struct am_pst_block *list, unsigned i)
{
	const struct am_pst_geometry *g = ndb->g;
	struct am_pst_sl_entry entry;

	am_pst_sl_entry_decode(g, &entry,
	                       list->bytes + g->sl_header +
	                               (size_t)i * g->sl_entry);
	return entry;
}

static struct am_pst_si_entry si_at(const struct am_pst_ndb *ndb,
                                    const struct am_pst_block *list, unsigned i)
{
	const struct am_pst_geometry *g = ndb->g;
	struct am_pst_si_entry entry;

	am_pst_si_entry_decode(g, &entry,
	                       list->bytes + g->sl_header +
	                               (size_t)i * g->si_entry);
	return entry;
}

/* A leaf that stands under an SIBLOCK. */
static int read_leaf(struct am_pst_ndb *ndb, am_pst_bid bid,
                     struct am_pst_list_head *head, struct am_pst_block **out,
                     struct am_error *err)
{
	int r = read_list(ndb, bid, 2, head, out, err);

	if (!r && head->level) {
		r = fail_list(err, *out, "lists of subnodes within lists");
		am_pst_block_unref(out);
	}
	return r;
}

int am_pst_sub_find(struct am_pst_ndb *ndb, am_pst_bid sub, am_pst_nid nid,
                    struct am_pst_sl_entry *out, struct am_error *err)
{
	struct am_pst_block *list = NULL;
	struct am_pst_list_head head = {0};
	bool found = false;
	int r = AM_OK;

	if (sub & ~UINT64_C(1))
		r = read_list(ndb, sub, 2, &head, &list, err);
	if (!r && list && head.level) {
		am_pst_bid child = 0;
		for (unsigned i = 0; i < head.n; i++) {
			struct am_pst_si_entry entry = si_at(ndb, list, i);
			if (entry.nid > nid && i)
				break;
			child = entry.child;
		}
		am_pst_block_unref(&list);
		if (child)
			r = read_leaf(ndb, child, &head, &list, err);
	}
	for (unsigned i = 0; !r && list && !found && i < head.n; i++) {
		*out = sl_at(ndb, list, i);
		found = out->nid == nid;
	}
	am_pst_block_unref(&list);
	if (!r && !found)
		r = am_fail(err, AM_FAILED, AM_E_NOTFOUND,
		            "there is no subnode 0x%x", nid);
	return r;
}

static void collect(const struct am_pst_ndb *ndb, GArray *to, unsigned type,
                    const struct am_pst_block *leaf, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct am_pst_sl_entry entry = sl_at(ndb, leaf, i);
		if (type == AM_PST_SUB_ANY || (entry.nid & 0x1f) == type)
			g_array_append_val(to, entry);
	}
}

int am_pst_sub_list(struct am_pst_ndb *ndb, am_pst_bid sub, unsigned type,
                    struct am_pst_sl_entry **out, size_t *n,
                    struct am_error *err)
{
	GArray *found = g_array_new(FALSE, FALSE, sizeof(**out));
	struct am_pst_block *list = NULL;
	struct am_pst_list_head head = {0};
	int r = AM_OK;

	if (sub & ~UINT64_C(1))
		r = read_list(ndb, sub, 2, &head, &list, err);
	if (!r && list && !head.level)
		collect(ndb, found, type, list, head.n);
	for (unsigned i = 0; !r && list && head.level && i < head.n; i++) {
		struct am_pst_block *leaf = NULL;
		struct am_pst_list_head below;
		r = read_leaf(ndb, si_at(ndb, list, i).child, &below, &leaf,
		              err);
		if (!r)
			collect(ndb, found, type, leaf, below.n);
		am_pst_block_unref(&leaf);
	}
	am_pst_block_unref(&list);
	*n = r ? 0 : found->len;
	*out = (struct am_pst_sl_entry *)(void *)g_array_free(found, r != 0);
	return r;
}
