/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hits of a page, out of one archive or several, copies left out. */
#include "cmd/search_impl.h"

#include "base/arena.h"
#include "cmd/cmd.h"
#include "cmd/session.h"
#include "index/result.h"
#include "index/result_order.h"
#include "index/row.h"
#include "store/archive.h"

#include <string.h>

int search_result(struct search *q, struct search_in *in, struct am_error *err)
{
	return in->result ? AM_OK
	                  : am_result_find(&in->result, in->in.index,
	                                   in->in.archive, q->query, err);
}

void search_found_clear(gpointer p)
{
	struct found *f = p;

	g_free(f->key);
	am_matched_clear(&f->matched);
}

/* What results of several archives are merged by. */
static int fill_keys(const struct search *q, struct found *f,
                     struct am_error *err)
{
	struct am_archive_message m;

	if (q->n_in == 1 || q->sort == SORT_RELEVANCE)
		return AM_OK;
	int r = am_archive_message(f->in->in.archive, f->id, &m, err);
	if (r)
		return r < 0 && err->kind != AM_E_NOTFOUND ? r : AM_OK;
	f->date = m.date.known ? m.date.sec : INT64_MIN;
	f->size = m.size;
	struct am_arena *arena = am_arena_new();
	if (q->sort == SORT_FROM)
		f->key = g_strdup(am_row_sender(arena, m.from));
	else if (q->sort == SORT_SUBJECT)
		f->key = g_strdup(am_row_subject(arena, m.subject));
	am_arena_free(&arena);
	return AM_OK;
}

static gint compare_found(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct found *x = a, *y = b;
	const struct search *q = user;

	switch (q->sort) {
	case SORT_RELEVANCE:
		return x->score > y->score ? -1 : x->score < y->score;
	case SORT_DATE:
		return x->date > y->date ? -1 : x->date < y->date;
	case SORT_DATE_ASC:
		return x->date < y->date ? -1 : x->date > y->date;
	case SORT_SIZE:
		return x->size > y->size ? -1 : x->size < y->size;
	case SORT_FROM:
	case SORT_SUBJECT:
		return g_strcmp0(x->key, y->key);
	}
	return 0;
}

/* ---- one archive -----------------------------------------------------------
 */

/* Takes hits in order, the first of each group of copies, up to `room`. */
struct taking {
	struct search *q;
	struct search_in *in;
	uint64_t room;
	GHashTable *groups; /* that have been seen */
};

static int take(struct taking *t, int64_t id, double score,
                struct am_error *err)
{
	struct found f = {.in = t->in, .id = id, .score = score};
	uint32_t group, size;

	if (t->in->collapse &&
	    am_collapse_group(t->in->collapse, id, &group, &size)) {
		if (!g_hash_table_add(t->groups, GUINT_TO_POINTER(group + 1)))
			return AM_OK;
		f.copies = size - 1;
	}
	int r = fill_keys(t->q, &f, err);
	g_array_append_val(t->q->found, f);
	t->room--;
	return r;
}

static enum am_sort engine_sort(enum search_sort sort)
{
	switch (sort) {
	case SORT_DATE:
		return AM_SORT_DATE;
	case SORT_DATE_ASC:
		return AM_SORT_DATE_ASC;
	case SORT_SIZE:
		return AM_SORT_SIZE;
	case SORT_RELEVANCE:
	case SORT_FROM:
	case SORT_SUBJECT:
		break;
	}
	return AM_SORT_RELEVANCE;
}

/* So many hits from the engine; *got 0: there are no more. */
static int take_some(struct taking *t, uint64_t skip, uint64_t n, size_t *got,
                     uint64_t *total, struct am_error *err)
{
	struct am_hit *hits = g_new(struct am_hit, n + 1);
	int r = am_index_search(t->in->in.index, t->in->in.archive, t->q->query,
	                        engine_sort(t->q->sort), (size_t)skip,
	                        (size_t)n, hits, got, total, err);

	for (size_t i = 0; i < *got && !r && t->room; i++)
		r = take(t, hits[i].id, hits[i].score, err);
	g_free(hits);
	return r;
}

/* One page, and how many there are as far as that comes with it. */
static int take_page(struct taking *t, struct am_error *err)
{
	uint64_t n = t->room, total = 0;
	size_t got = 0;
	int r = AM_OK;

	if (n == UINT64_MAX)
		r = am_index_count(t->in->in.index, t->in->in.archive,
		                   t->q->query, &n, err);
	t->room = n;
	if (!r && n)
		r = take_some(t, 0, n, &got, &total, err);
	t->q->total += MAX(total, got);
	t->q->estimated = t->q->estimated ||
	                  (!r && n && !am_index_total_exact(t->in->in.index));
	return r;
}

/* Pages until enough of them are no copies.  A second look is dear, so more is
 * taken at once than will be shown. */
static int take_pages(struct taking *t, uint64_t matches, struct am_error *err)
{
	size_t got = 1;
	int r = AM_OK;

	for (uint64_t skip = 0; !r && t->room && got && skip < matches;
	     skip += got) {
		uint64_t n = MAX(4 * MIN(t->room, UINT32_MAX), 1000), total;
		r = take_some(t, skip, MIN(n, matches - skip), &got, &total,
		              err);
	}
	return r;
}

static int take_ordered(struct taking *t, struct am_error *err)
{
	enum am_text_order order =
		t->q->sort == SORT_FROM ? AM_ORDER_FROM : AM_ORDER_SUBJECT;
	uint32_t *ids = NULL;
	size_t n;
	int r = search_result(t->q, t->in, err);

	if (!r)
		r = am_result_order(t->in->result, order, &ids, &n, err);
	for (size_t i = 0; !r && i < n && t->room; i++)
		r = take(t, ids[i], 0, err);
	g_free(ids);
	return r;
}

static int find_copies(struct search *q, struct search_in *in,
                       struct am_error *err)
{
	enum am_collapse_by by = !strcmp(q->o->collapse, "near")
	                                 ? AM_COLLAPSE_NEAR
	                                 : AM_COLLAPSE_EXACT;
	int r = search_result(q, in, err);

	if (!r)
		r = am_collapse_find(&in->collapse, in->result, by, err);
	if (!r)
		q->hidden += am_collapse_hidden(in->collapse);
	return r;
}

static int find_in(struct search *q, struct search_in *in, uint64_t room,
                   struct am_error *err)
{
	struct taking t = {.q = q, .in = in, .room = room};
	bool ordered = q->sort == SORT_FROM || q->sort == SORT_SUBJECT;
	int r = AM_OK;

	if (q->o->collapse)
		r = find_copies(q, in, err);
	t.groups = g_hash_table_new(NULL, NULL);
	if (!r && ordered)
		r = take_ordered(&t, err);
	else if (!r && in->collapse)
		r = take_pages(&t, am_result_count(in->result), err);
	else if (!r)
		r = take_page(&t, err);
	if (!r && (ordered || in->collapse))
		q->total += am_result_count(in->result);
	g_hash_table_unref(t.groups);
	return r;
}

int search_find(struct search *q)
{
	uint64_t room = q->limit;

	if (q->limit != UINT64_MAX && q->o->offset < UINT32_MAX)
		room += q->o->offset;
	for (size_t i = 0; i < q->n_in; i++) {
		struct am_error err = {0};
		if (find_in(q, &q->in[i], room, &err))
			return session_error(q->s, q->in[i].in.name, &err);
	}
	if (q->n_in > 1)
		g_array_sort_with_data(q->found, compare_found, q);
	return EXIT_DONE;
}
