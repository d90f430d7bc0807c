/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst/rescue.h"

#include "base/file.h"
#include "model/ctx.h"
#include "outlook/pst/ndb_impl.h"

#include <glib.h>

#include <pthread.h>
#include <string.h>

enum { FOUND_MAX = 1 << 20, CHUNK = 1 << 20 };

struct am_pst_rescue {
	pthread_mutex_t lock; /* of the search; then all is constant */
	bool searched;
	GArray *nodes;  /* struct found_node; then ascending, each once */
	GArray *blocks; /* struct found_block, likewise */
	GArray *leaves; /* struct leaf, of the node tree, while searching */
	bool full;
};

struct found_node {
	struct am_pst_nbt_entry entry;
	am_pst_bid page; /* the higher, the later */
};

struct found_block {
	struct am_pst_bbt_entry entry;
	am_pst_bid page;
};

/* From which to which node a page speaks for. */
struct leaf {
	am_pst_bid page;
	am_pst_nid low, high;
};

struct am_pst_rescue *am_pst_rescue_new(void)
{
	struct am_pst_rescue *r = g_new0(struct am_pst_rescue, 1);

	pthread_mutex_init(&r->lock, NULL);
	return r;
}

void am_pst_rescue_free(struct am_pst_rescue **rescue)
{
	struct am_pst_rescue *r = *rescue;

	*rescue = NULL;
	if (!r)
		return;
	if (r->searched) {
		g_array_free(r->nodes, TRUE);
		g_array_free(r->blocks, TRUE);
	}
	pthread_mutex_destroy(&r->lock);
	g_free(r);
}

/* ---- looking through the file ---- */

static bool is_leaf(const struct am_pst_geometry *g, uint64_t at,
                    const uint8_t *page, struct am_pst_page_trailer *t,
                    struct am_pst_bt_counts *counts)
{
	am_pst_page_trailer_decode(g, t, page + g->page_trailer);
	if ((t->type != AM_PST_PAGE_NBT && t->type != AM_PST_PAGE_BBT) ||
	    t->type_again != t->type || t->sig != am_pst_sig(at, t->bid) ||
	    t->crc != am_pst_crc(page, g->page_trailer))
		return false;
	am_pst_bt_counts_decode(g, counts, page + g->bt_counts);
	unsigned need = t->type == AM_PST_PAGE_NBT ? g->bt_nbt : g->bt_bbt;
	return !counts->level && counts->entry >= need &&
	       (unsigned)counts->n * counts->entry <= g->bt_counts;
}

static void take_leaf(struct am_pst_rescue *r, const struct am_pst_geometry *g,
                      const uint8_t *page, am_pst_bid id, bool nodes,
                      const struct am_pst_bt_counts *counts)
{
	struct leaf leaf = {id, UINT32_MAX, 0};

	if ((nodes ? r->nodes : r->blocks)->len + counts->n > FOUND_MAX) {
		r->full = true;
		return;
	}
	for (unsigned i = 0; i < counts->n; i++) {
		const uint8_t *entry = page + (size_t)i * counts->entry;
		struct found_node node = {.page = id};
		struct found_block block = {.page = id};
		if (nodes) {
			am_pst_nbt_entry_decode(g, &node.entry, entry);
			leaf.low = MIN(leaf.low, node.entry.nid);
			leaf.high = MAX(leaf.high, node.entry.nid);
			g_array_append_val(r->nodes, node);
		} else {
			am_pst_bbt_entry_decode(g, &block.entry, entry);
			block.entry.block.bid &= ~UINT64_C(1);
			g_array_append_val(r->blocks, block);
		}
	}
	if (nodes && counts->n)
		g_array_append_val(r->leaves, leaf);
}

static void look_through(struct am_pst_rescue *r, struct am_pst_ndb *ndb)
{
	const struct am_pst_geometry *g = ndb->g;
	uint8_t *bytes = g_malloc(CHUNK);

	for (uint64_t at = 0; at < ndb->size && !am_ctx_cancelled(ndb->ctx);
	     at += CHUNK) {
		size_t got = 0;
		if (am_file_read(ndb->file, at, bytes, CHUNK, &got, NULL))
			continue;
		for (size_t i = 0; i + g->page <= got; i += g->page) {
			struct am_pst_page_trailer t;
			struct am_pst_bt_counts counts;
			if (is_leaf(g, at + i, bytes + i, &t, &counts))
				take_leaf(r, g, bytes + i, t.bid,
				          t.type == AM_PST_PAGE_NBT, &counts);
		}
	}
	g_free(bytes);
}

/* ---- what of it holds ---- */

static int by_low(const void *a, const void *b)
{
	const struct leaf *x = a, *y = b;

	return x->low < y->low ? -1 : x->low > y->low;
}

static int by_high(const void *a, const void *b)
{
	const struct leaf *x = *(const struct leaf *const *)a;
	const struct leaf *y = *(const struct leaf *const *)b;

	return x->high < y->high ? -1 : x->high > y->high;
}

static int by_page(const void *a, const void *b)
{
	const struct leaf *x = a, *y = b;

	if (x->page != y->page)
		return x->page < y->page ? -1 : 1;
	return x < y ? -1 : x > y;
}

static int by_node(const void *a, const void *b)
{
	const struct found_node *x = a, *y = b;

	if (x->entry.nid != y->entry.nid)
		return x->entry.nid < y->entry.nid ? -1 : 1;
	return x->page > y->page ? -1 : x->page < y->page;
}

static int by_block(const void *a, const void *b)
{
	const struct found_block *x = a, *y = b;

	if (x->entry.block.bid != y->entry.block.bid)
		return x->entry.block.bid < y->entry.block.bid ? -1 : 1;
	return x->page > y->page ? -1 : x->page < y->page;
}

/* Leave each node once, and only where the latest leaf that speaks for its id
 * names it: a sweep over ids, with the leaves in whose range it is. */
static void choose_nodes(struct am_pst_rescue *r)
{
	guint n = r->leaves->len, kept = 0, begun = 0, over = 0;
	am_pst_nid last = 0;

	if (!n)
		return;
	GPtrArray *ends = g_ptr_array_sized_new(n);
	GTree *now = g_tree_new(by_page);
	g_array_sort(r->nodes, by_node);
	g_array_sort(r->leaves, by_low);
	for (guint i = 0; i < n; i++)
		g_ptr_array_add(ends,
		                &g_array_index(r->leaves, struct leaf, i));
	g_ptr_array_sort(ends, by_high);
	for (guint i = 0; i < r->nodes->len; i++) {
		struct found_node *all =
			&g_array_index(r->nodes, struct found_node, 0);
		am_pst_nid nid = all[i].entry.nid;
		struct leaf *leaf;
		if (i && nid == last)
			continue; /* an earlier word on it */
		last = nid;
		for (; begun < n; begun++) {
			leaf = &g_array_index(r->leaves, struct leaf, begun);
			if (leaf->low > nid)
				break;
			g_tree_insert(now, leaf, leaf);
		}
		for (; over < n; over++) {
			leaf = ends->pdata[over];
			if (leaf->high >= nid)
				break;
			g_tree_remove(now, leaf);
		}
		leaf = g_tree_node_key(g_tree_node_last(now));
		if (leaf->page == all[i].page)
			all[kept++] = all[i];
	}
	g_array_set_size(r->nodes, kept);
	g_tree_destroy(now);
	g_ptr_array_free(ends, TRUE);
}

/* Of several that name a block the latest. */
static void choose_blocks(struct am_pst_rescue *r)
{
	guint n = 0;

	g_array_sort(r->blocks, by_block);
	for (guint i = 0; i < r->blocks->len; i++) {
		struct found_block *all =
			&g_array_index(r->blocks, struct found_block, 0);
		if (!n || all[n - 1].entry.block.bid != all[i].entry.block.bid)
			all[n++] = all[i];
	}
	g_array_set_size(r->blocks, n);
}

static struct am_pst_rescue *searched(struct am_pst_ndb *ndb, const char *why)
{
	struct am_pst_rescue *r = ndb->rescue;

	pthread_mutex_lock(&r->lock);
	if (!r->searched) {
		r->nodes = g_array_new(FALSE, FALSE, sizeof(struct found_node));
		r->blocks =
			g_array_new(FALSE, FALSE, sizeof(struct found_block));
		r->leaves = g_array_new(FALSE, FALSE, sizeof(struct leaf));
		look_through(r, ndb);
		choose_nodes(r);
		choose_blocks(r);
		g_array_free(r->leaves, TRUE);
		r->searched = true;
		am_pst_ndb_damage(
			ndb, "pst.rescue",
			"its trees are damaged (%s): the whole file "
			"was looked through for what they name%s",
			why, r->full ? ", and there is more than is kept" : "");
	}
	pthread_mutex_unlock(&r->lock);
	return r;
}

bool am_pst_rescue_node(struct am_pst_ndb *ndb, am_pst_nid nid, const char *why,
                        struct am_pst_nbt_entry *out)
{
	const GArray *list = searched(ndb, why)->nodes;
	guint low = 0, high = list->len;

	while (low < high) {
		guint mid = low + (high - low) / 2;
		*out = g_array_index(list, struct found_node, mid).entry;
		if (out->nid == nid)
			return true;
		if (out->nid < nid)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

bool am_pst_rescue_block(struct am_pst_ndb *ndb, am_pst_bid bid,
                         const char *why, struct am_pst_bbt_entry *out)
{
	const GArray *list = searched(ndb, why)->blocks;
	guint low = 0, high = list->len;

	while (low < high) {
		guint mid = low + (high - low) / 2;
		*out = g_array_index(list, struct found_block, mid).entry;
		if (out->block.bid == bid)
			return true;
		if (out->block.bid < bid)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

int am_pst_rescue_each(struct am_pst_ndb *ndb, const char *why,
                       int (*node)(void *user,
                                   const struct am_pst_nbt_entry *entry,
                                   struct am_error *err),
                       void *user, struct am_error *err)
{
	const GArray *list = searched(ndb, why)->nodes;
	int r = AM_OK;

	for (guint i = 0; i < list->len && !r; i++) {
		const struct am_pst_nbt_entry *e =
			&g_array_index(list, struct found_node, i).entry;
		struct am_error no = {0};
		const uint8_t *bytes;
		if (am_pst_bt_find(ndb, AM_PST_PAGE_NBT, e->nid, &bytes, &no) &&
		    no.kind != AM_E_NOTFOUND)
			r = node(user, e, err);
	}
	return r;
}
