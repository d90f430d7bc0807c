/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/places.h"
#include "index/query_run.h"

#include <glib.h>

#include <string.h>

/*
 * The hits of one page, in order.  Newest first is the order of the documents
 * themselves: each shard gives its first ones and they are merged by date.
 */

/* So many matches are counted when the page would be full before: what is few
 * is told exactly, where counting is cheap. */
#define COUNTED 200

static int get_place(struct am_index *index, size_t shard, uint32_t document,
                     struct am_place *out, struct am_error *err)
{
	int r = am_places_get(index->places[shard], document, out, err);

	return r == AM_END ? am_fail(err, AM_FAILED, AM_E_CORRUPT,
	                             "the index is damaged (a document "
	                             "without a place): mailark index "
	                             "--rebuild makes it anew")
	                   : r;
}

/* ---- newest first ----------------------------------------------------------
 */

struct front {
	uint32_t *documents;
	size_t n, at;
	struct am_place place; /* of the one at `at` */
};

static int front_next(struct front *f, struct am_index *index, size_t shard,
                      struct am_error *err)
{
	if (++f->at >= f->n)
		return AM_OK;
	return get_place(index, shard, f->documents[f->at], &f->place, err);
}

static int merge_fronts(struct am_page *page, struct am_index *index,
                        struct front *fronts, struct am_error *err)
{
	size_t n = index->state.n_shards, passed = 0;
	int r = AM_OK;

	while (!r && page->got < page->room) {
		size_t best = n;
		for (size_t i = 0; i < n; i++)
			if (fronts[i].at < fronts[i].n &&
			    (best == n || am_place_before(&fronts[i].place,
			                                  &fronts[best].place)))
				best = i;
		if (best == n)
			break;
		if (passed++ >= page->skip)
			page->hits[page->got++] =
				(struct am_hit){.id = fronts[best].place.id};
		r = front_next(&fronts[best], index, best, err);
	}
	return r;
}

static int newest(struct am_page *page, struct am_index *index,
                  const struct am_xquery *query, struct am_error *err)
{
	size_t n = index->state.n_shards;
	struct front *fronts = g_new0(struct front, n + 1);
	size_t room = page->skip + page->room;
	int r = AM_OK;

	if (room < page->skip)
		room = SIZE_MAX;
	for (size_t i = 0; i < n && !r; i++) {
		struct front *f = &fronts[i];
		size_t some = MIN(room, index->state.shards[i].documents);
		uint64_t count =
			am_sources_look(page->sources) ? 0 : some + COUNTED;
		uint64_t total;
		bool exact;
		f->documents = g_new(uint32_t, some + 1);
		r = am_xapian_first(index->xapian, i, query, some,
		                    (uint32_t)MIN(count, UINT32_MAX),
		                    f->documents, &f->n, &total, &exact, err);
		page->total += total;
		page->exact &= exact;
		f->at = SIZE_MAX;
		if (!r)
			r = front_next(f, index, i, err);
	}
	if (!r)
		r = merge_fronts(page, index, fronts, err);
	for (size_t i = 0; i < n; i++)
		g_free(fronts[i].documents);
	g_free(fronts);
	return r;
}

/* ---- by date or size
 * --------------------------------------------------------- */

struct best {
	int64_t key;
	uint32_t id;
};

struct sorting {
	struct am_index *index;
	struct am_error *err;
	enum am_sort sort;
	GArray *heap; /* the worst on top, at most room */
	size_t room;
	uint64_t total;
	int status;
};

/* Does a come before b?  Of one key, the newer message stands where new ones
 * stand. */
static bool before(enum am_sort sort, const struct best *a,
                   const struct best *b)
{
	if (a->key != b->key)
		return sort == AM_SORT_DATE_ASC ? a->key < b->key
		                                : a->key > b->key;
	return sort == AM_SORT_DATE_ASC ? a->id < b->id : a->id > b->id;
}

static void sift_down(const struct sorting *s, size_t i, size_t n)
{
	struct best *h = (struct best *)(void *)s->heap->data;

	for (;;) {
		size_t worst = i;
		for (size_t k = 2 * i + 1; k <= 2 * i + 2 && k < n; k++)
			if (before(s->sort, &h[worst], &h[k]))
				worst = k;
		if (worst == i)
			return;
		struct best swap = h[i];
		h[i] = h[worst];
		h[worst] = swap;
		i = worst;
	}
}

static void sift_up(const struct sorting *s, size_t i)
{
	struct best *h = (struct best *)(void *)s->heap->data;

	while (i && before(s->sort, &h[(i - 1) / 2], &h[i])) {
		struct best swap = h[i];
		h[i] = h[(i - 1) / 2];
		h[(i - 1) / 2] = swap;
		i = (i - 1) / 2;
	}
}

static void on_match(void *user, size_t shard, uint32_t document)
{
	struct sorting *s = user;
	struct am_place place;
	struct best best = {0, 0};
	int r;

	s->total++;
	if (s->status || !s->room)
		return;
	r = get_place(s->index, shard, document, &place, s->err);
	if (r) {
		s->status = r;
		return;
	}
	best.id = place.id;
	if (s->sort == AM_SORT_SIZE)
		best.key = (int64_t)place.size;
	else if (place.dated)
		best.key = place.date;
	else
		best.key = INT64_MAX; /* the undated come last */
	if (s->heap->len < s->room) {
		g_array_append_val(s->heap, best);
		sift_up(s, s->heap->len - 1);
	} else if (before(s->sort, &best,
	                  (struct best *)(void *)s->heap->data)) {
		*(struct best *)(void *)s->heap->data = best;
		sift_down(s, 0, s->heap->len);
	}
}

static int sorted(struct am_page *page, struct am_index *index,
                  const struct am_xquery *query, struct am_error *err)
{
	size_t room = page->skip + page->room;
	struct sorting s = {
		.index = index,
		.err = err,
		.sort = page->sort,
		.heap = g_array_new(FALSE, FALSE, sizeof(struct best)),
		.room = room < page->skip ? SIZE_MAX : room};
	struct best *h;
	int r = am_xapian_each(index->xapian, query, on_match, &s, err);

	if (!r)
		r = s.status;
	/* A heap with the worst on top empties from its end. */
	h = (struct best *)(void *)s.heap->data;
	for (size_t n = s.heap->len; n > 1; n--) {
		struct best swap = h[0];
		h[0] = h[n - 1];
		h[n - 1] = swap;
		sift_down(&s, 0, n - 1);
	}
	for (size_t i = page->skip; !r && i < s.heap->len; i++)
		page->hits[page->got++] = (struct am_hit){.id = h[i].id};
	page->total = s.total;
	g_array_unref(s.heap);
	return r;
}

static int ranked(struct am_page *page, struct am_index *index,
                  const struct am_xquery *query, struct am_error *err)
{
	struct am_xapian *xapian = index->xapian;
	uint64_t documents = am_xapian_documents(xapian);
	size_t most = (size_t)MIN(page->room, documents), got = 0;
	struct am_xhit *found = g_new(struct am_xhit, most + 1);
	/* Counting all of few is cheap; of many, the best are found sooner
	 * without. */
	bool checks = am_sources_has_checks(page->sources);
	int r = am_xapian_rank(xapian, query, checks ? am_sources_check : NULL,
	                       page->sources, page->skip, most,
	                       documents <= (checks ? 10000 : 100000), found,
	                       &got, &page->total, &page->exact, err);

	for (size_t i = 0; i < got && !r; i++) {
		struct am_place place;
		r = get_place(index, found[i].shard, found[i].document, &place,
		              err);
		if (!r)
			page->hits[page->got++] =
				(struct am_hit){place.id, found[i].weight};
	}
	g_free(found);
	return r;
}

int am_page_fill(struct am_page *page, struct am_index *index,
                 const struct am_xquery *query, struct am_error *err)
{
	switch (page->sort) {
	case AM_SORT_RELEVANCE:
		return ranked(page, index, query, err);
	case AM_SORT_DATE:
		return newest(page, index, query, err);
	case AM_SORT_DATE_ASC:
	case AM_SORT_SIZE:
		break;
	}
	return sorted(page, index, query, err);
}
