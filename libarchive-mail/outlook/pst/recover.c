/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Three passes: what the two trees use is marked; the rest of the file is
 * searched for trailers of blocks ([MS-PST] 2.2.2.8.1) and of pages of the node
 * tree (2.2.2.7.1); then what those pages name and the tree does not is looked
 * through to its last block.
 */
#include "outlook/pst/recover.h"

#include "base/file.h"
#include "model/ctx.h"
#include "outlook/pst/ndb_impl.h"
#include "outlook/pst/store_impl.h"

#include <glib.h>

#include <assert.h>
#include <string.h>

enum {
	TYPE_MESSAGE = 4,
	FOUND_MAX = 1 << 20, /* blocks, and nodes */
	PIECES = 100000,     /* nodes within a message */
	CHUNK = 1 << 20
};

struct am_pst_recovery {
	GArray *freed;   /* struct am_pst_bbt_entry, by id */
	GArray *deleted; /* struct am_pst_deleted */
	size_t n_lost;
};

struct search {
	struct am_pst_ndb *ndb;
	struct am_ctx *ctx;
	struct am_pst_recovery *out;
	uint8_t *used; /* a bit for each unit */
	uint64_t n_units;
	bool full;
};

/* ---- what is in use ---- */

static void mark(struct search *s, uint64_t at, uint64_t len)
{
	const uint64_t unit = s->ndb->g->block_align;
	uint64_t i = at / unit, end = (at + len + unit - 1) / unit;

	for (; i < end && i < s->n_units; i++)
		s->used[i / 8] |= (uint8_t)(1u << i % 8);
}

static bool is_used(const struct search *s, uint64_t unit)
{
	return s->used[unit / 8] & 1u << unit % 8;
}

static int mark_page(void *user, uint64_t at, const struct am_pst_bt_page *page,
                     struct am_error *err)
{
	struct search *s = user;

	(void)page;
	(void)err;
	mark(s, at, s->ndb->g->page);
	return AM_OK;
}

static int mark_blocks(void *user, uint64_t at,
                       const struct am_pst_bt_page *page, struct am_error *err)
{
	struct search *s = user;
	struct am_pst_bbt_entry entry;

	mark(s, at, s->ndb->g->page);
	for (unsigned i = 0; !page->counts.level && i < page->counts.n; i++) {
		am_pst_bbt_entry_decode(s->ndb->g, &entry,
		                        page->bytes +
		                                (size_t)i * page->counts.entry);
		if (entry.block.at < s->ndb->size)
			mark(s, entry.block.at,
			     (uint64_t)entry.stored + s->ndb->g->block_trailer);
	}
	return am_ctx_cancelled(s->ctx) ? am_ctx_fail_cancelled(err) : AM_OK;
}

static int pass_bad(void *user, uint64_t at, const struct am_error *why)
{
	(void)user;
	(void)at;
	(void)why;
	return AM_OK; /* told when the store was opened */
}

static int mark_all(struct search *s, struct am_error *err)
{
	const struct am_pst_page_visitor nodes = {mark_page, pass_bad, s};
	const struct am_pst_page_visitor blocks = {mark_blocks, pass_bad, s};

	mark(s, 0, s->ndb->g->header);
	int r = am_pst_bt_each(s->ndb, AM_PST_PAGE_NBT, &nodes, err);
	return r ? r : am_pst_bt_each(s->ndb, AM_PST_PAGE_BBT, &blocks, err);
}

/* ---- what is in the rest ---- */

/* Does a block end where this trailer does?  The signature tells nearly all of
 * the others; the checksum is asked when it fits. */
static void look_at_block(struct search *s, uint64_t end,
                          const uint8_t *trailer)
{
	const struct am_pst_geometry *g = s->ndb->g;
	struct am_pst_block_trailer t;

	am_pst_block_trailer_decode(g, &t, trailer);
	if (!t.stored || t.stored > g->block_max || t.size > g->block_max ||
	    !(t.bid & ~UINT64_C(3)))
		return;
	uint64_t room = (uint64_t)t.stored + g->block_trailer;
	room = (room + g->block_align - 1) / g->block_align * g->block_align;
	if (room > end || am_pst_sig(end - room, t.bid) != t.sig)
		return;
	for (uint64_t u = (end - room) / g->block_align;
	     u < end / g->block_align; u++)
		if (is_used(s, u))
			return;
	uint8_t *bytes = g_malloc(t.stored);
	struct am_pst_bbt_entry found = {{t.bid & ~UINT64_C(1), end - room},
	                                 t.stored,
	                                 t.size ? t.size : t.stored,
	                                 0};
	if (!am_file_read_all(s->ndb->file, end - room, bytes, t.stored,
	                      NULL) &&
	    am_pst_crc(bytes, t.stored) == t.crc) {
		if (s->out->freed->len < FOUND_MAX)
			g_array_append_val(s->out->freed, found);
		else
			s->full = true;
	}
	g_free(bytes);
}

/* A leaf of the node tree, as it was once? */
static void look_at_page(struct search *s, uint64_t at, const uint8_t *page)
{
	const struct am_pst_geometry *g = s->ndb->g;
	struct am_pst_page_trailer t;
	struct am_pst_bt_counts counts;

	am_pst_page_trailer_decode(g, &t, page + g->page_trailer);
	if (t.type != AM_PST_PAGE_NBT || t.type_again != t.type ||
	    t.sig != am_pst_sig(at, t.bid) ||
	    t.crc != am_pst_crc(page, g->page_trailer))
		return;
	am_pst_bt_counts_decode(g, &counts, page + g->bt_counts);
	if (counts.level || counts.entry < g->bt_nbt ||
	    (unsigned)counts.n * counts.entry > g->bt_counts)
		return;
	for (unsigned i = 0; i < counts.n; i++) {
		struct am_pst_deleted one = {.page = at, .page_id = t.bid};
		am_pst_nbt_entry_decode(g, &one.node,
		                        page + (size_t)i * counts.entry);
		if ((one.node.nid & 0x1f) != TYPE_MESSAGE || !one.node.parent ||
		    !one.node.data)
			continue;
		if (s->out->deleted->len < FOUND_MAX)
			g_array_append_val(s->out->deleted, one);
		else
			s->full = true;
	}
}

static void look_at_chunk(struct search *s, uint64_t at, const uint8_t *bytes,
                          size_t len)
{
	const struct am_pst_geometry *g = s->ndb->g;
	const size_t unit = g->block_align;

	assert(unit);
	for (size_t i = 0; i + unit <= len; i += unit)
		if (!is_used(s, (at + i) / unit))
			look_at_block(s, at + i + unit,
			              bytes + i + unit - g->block_trailer);
	for (size_t i = 0; i + g->page <= len; i += g->page)
		if (!is_used(s, (at + i) / unit))
			look_at_page(s, at + i, bytes + i);
}

static int search_file(struct search *s, struct am_error *err)
{
	uint8_t *bytes = g_malloc(CHUNK);
	int r = AM_OK;

	for (uint64_t at = 0; !r && at < s->ndb->size; at += CHUNK) {
		size_t got = 0;
		r = am_ctx_cancelled(s->ctx)
		            ? am_ctx_fail_cancelled(err)
		            : am_file_read(s->ndb->file, at, bytes, CHUNK, &got,
		                           err);
		if (!r)
			look_at_chunk(s, at, bytes, got);
	}
	g_free(bytes);
	return r;
}

/* ---- what it is ---- */

static int by_bid(const void *a, const void *b)
{
	const struct am_pst_bbt_entry *x = a, *y = b;

	if (x->block.bid != y->block.bid)
		return x->block.bid < y->block.bid ? -1 : 1;
	return x->block.at < y->block.at ? -1 : x->block.at > y->block.at;
}

/* By node, the latest first. */
static int by_node(const void *a, const void *b)
{
	const struct am_pst_deleted *x = a, *y = b;

	if (x->node.nid != y->node.nid)
		return x->node.nid < y->node.nid ? -1 : 1;
	return x->page_id > y->page_id ? -1 : x->page_id < y->page_id;
}

/* Every block of a node and of those in it. */
static bool is_whole(struct am_pst_ndb *ndb, am_pst_bid data, am_pst_bid sub)
{
	GArray *todo =
		g_array_new(FALSE, FALSE, sizeof(struct am_pst_sl_entry));
	struct am_pst_sl_entry next = {0, data, sub};
	bool good = true;

	g_array_append_val(todo, next);
	for (unsigned pieces = 0; good && todo->len; pieces++) {
		struct am_pst_sl_entry *list = NULL;
		struct am_pst_data from = {0};
		size_t n = 0;
		next = g_array_index(todo, struct am_pst_sl_entry,
		                     todo->len - 1);
		g_array_set_size(todo, todo->len - 1);
		good = pieces < PIECES &&
		       !am_pst_data_open(&from, ndb, next.data, NULL);
		for (size_t i = 0; good && i < from.n_blocks; i++) {
			struct am_pst_block *block = NULL;
			good = !am_pst_data_block(&from, i, &block, NULL);
			am_pst_block_unref(&block);
		}
		am_pst_data_close(&from);
		good = good && !am_pst_sub_list(ndb, next.sub, AM_PST_SUB_ANY,
		                                &list, &n, NULL);
		if (good && n)
			g_array_append_vals(todo, list, (guint)n);
		good = good && todo->len < PIECES;
		g_free(list);
	}
	g_array_free(todo, TRUE);
	return good;
}

/* What messages that are there are made of. */
static int see_live(void *user, const struct am_pst_nbt_entry *entry,
                    struct am_error *err)
{
	(void)err;
	if ((entry->nid & 0x1f) == TYPE_MESSAGE) {
		gint64 bid = (gint64)(entry->data & ~UINT64_C(1));
		(void)g_hash_table_remove(user, &bid);
	}
	return AM_OK;
}

/* The data of what may be deleted: that of a message that is there is not. */
static GHashTable *candidates(struct search *s, struct am_error *err)
{
	GHashTable *data = g_hash_table_new_full(g_int64_hash, g_int64_equal,
	                                         g_free, NULL);
	const struct am_pst_node_visitor visitor = {see_live, pass_bad, data};

	for (guint i = 0; i < s->out->deleted->len; i++) {
		gint64 bid = (gint64)(g_array_index(s->out->deleted,
		                                    struct am_pst_deleted, i)
		                              .node.data &
		                      ~UINT64_C(1));
		g_hash_table_add(data, g_memdup2(&bid, sizeof(bid)));
	}
	(void)!am_pst_ndb_each(s->ndb, &visitor, err);
	return data;
}

/* Leave what is deleted and whole, each once. */
static void choose(struct search *s, struct am_error *err)
{
	GArray *list = s->out->deleted;
	GHashTable *data = candidates(s, err);
	am_pst_nid last = 0;
	guint kept = 0;

	g_array_sort(list, by_node);
	for (guint i = 0; i < list->len; i++) {
		struct am_pst_deleted one =
			g_array_index(list, struct am_pst_deleted, i);
		gint64 bid = (gint64)(one.node.data & ~UINT64_C(1));
		struct am_pst_nbt_entry live;
		if (one.node.nid == last)
			continue;
		last = one.node.nid;
		if (!am_pst_ndb_node(s->ndb, last, &live, NULL) ||
		    !g_hash_table_remove(data, &bid))
			continue;
		if (is_whole(s->ndb, one.node.data, one.node.sub))
			g_array_index(list, struct am_pst_deleted, kept++) =
				one;
		else
			s->out->n_lost++;
	}
	g_array_set_size(list, kept);
	g_hash_table_destroy(data);
}

int am_pst_recover(struct am_pst_recovery **out,
                   const struct am_pst_store *store, struct am_ctx *ctx,
                   struct am_error *err)
{
	struct am_pst_recovery *found = g_new0(struct am_pst_recovery, 1);
	struct search s = {
		.ndb = am_pst_ndb_again(store->ndb), .ctx = ctx, .out = found};

	s.ndb->ctx = NULL; /* nothing to tell of what is not there */
	found->freed =
		g_array_new(FALSE, FALSE, sizeof(struct am_pst_bbt_entry));
	found->deleted =
		g_array_new(FALSE, FALSE, sizeof(struct am_pst_deleted));
	s.n_units = s.ndb->size / s.ndb->g->block_align + 1;
	s.used = g_malloc0(s.n_units / 8 + 1);
	int r = mark_all(&s, err);
	if (!r)
		r = search_file(&s, err);
	g_free(s.used);
	if (!r) {
		g_array_sort(found->freed, by_bid);
		s.ndb->freed = found->freed;
		choose(&s, err);
	}
	am_pst_ndb_close(&s.ndb);
	if (s.full)
		am_ctx_note(ctx, AM_NOTE_WARN, "pst.much-deleted", NULL, NULL,
		            "more in free space than is looked at: %d blocks "
		            "and nodes each",
		            FOUND_MAX);
	if (r)
		am_pst_recovery_free(&found);
	*out = found;
	return r;
}

void am_pst_recovery_free(struct am_pst_recovery **recovery)
{
	struct am_pst_recovery *r = *recovery;

	*recovery = NULL;
	if (!r)
		return;
	g_array_free(r->freed, TRUE);
	g_array_free(r->deleted, TRUE);
	g_free(r);
}

size_t am_pst_recovery_n(const struct am_pst_recovery *recovery)
{
	return recovery->deleted->len;
}

const struct am_pst_deleted *
am_pst_recovery_at(const struct am_pst_recovery *recovery, size_t i)
{
	return &g_array_index(recovery->deleted, struct am_pst_deleted, i);
}

size_t am_pst_recovery_n_lost(const struct am_pst_recovery *recovery)
{
	return recovery->n_lost;
}

void am_pst_store_see_freed(struct am_pst_store *store,
                            const struct am_pst_recovery *recovery)
{
	const GArray *freed = recovery ? recovery->freed : NULL;

	/* What is in the cache may have come from there. */
	for (size_t i = 0; freed != store->ndb->freed && i < AM_PST_BLOCK_SLOTS;
	     i++)
		am_pst_block_unref(&store->ndb->blocks[i]);
	store->ndb->freed = freed;
}
