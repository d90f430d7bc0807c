/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/places.h"
#include "index/postings.h"
#include "index/query_run.h"
#include "index/threads.h"
#include "store/archive.h"

#include <glib.h>

#include <string.h>

/* ---- patterns --------------------------------------------------------------
 *
 * Addresses and subjects are asked of the catalog, message by message; names of
 * files are a vocabulary of the index.
 */

struct matching {
	struct am_run_query *run;
	const struct am_node *node;
	struct am_bits *bits;
	GArray *ids; /* uint32_t */
	size_t shard;
};

static int match_head(void *user, const struct am_archive_head *head,
                      struct am_error *err)
{
	struct matching *m = user;
	const struct {
		enum am_region region;
		const char *text;
	} fields[] = {{AM_REGION_SUBJECT, head->subject},
	              {AM_REGION_FROM, head->from},
	              {AM_REGION_TO, head->to},
	              {AM_REGION_CC, head->cc}};

	for (size_t i = 0; i < AM_COUNT(fields); i++) {
		bool yes = false;
		if (!(m->node->regions & AM_REGION_BIT(fields[i].region)) ||
		    !fields[i].text)
			continue;
		int r = am_regex_matches(m->node, fields[i].text, &yes, err);
		if (r)
			return r;
		uint32_t one = (uint32_t)head->id;
		if (yes)
			g_array_append_val(m->ids, one);
		if (yes)
			break;
	}
	return AM_OK;
}

static void mark(void *user, const uint32_t *documents, size_t n)
{
	struct matching *m = user;

	for (size_t i = 0; i < n; i++)
		am_bits_set(&m->bits[m->shard], documents[i]);
}

static int match_filename(void *user, const char *term, size_t len,
                          uint64_t documents, struct am_error *err)
{
	struct matching *m = user;
	char *name = g_strndup(term + 1, len - 1);
	bool yes = false;
	int r = am_regex_matches(m->node, name, &yes, err);

	(void)documents;
	for (m->shard = 0;
	     !r && yes && m->shard < m->run->index->state.n_shards;
	     m->shard++) {
		struct am_postings *postings;
		r = am_index_postings(m->run->index, m->shard, &postings, err);
		if (!r)
			r = am_postings_each(postings, term, len, 1, UINT32_MAX,
			                     mark, m, err);
	}
	g_free(name);
	return r;
}

int am_run_regex(struct am_run_query *run, const struct am_node *node,
                 struct am_xquery **out)
{
	struct am_index *index = run->index;
	struct matching m = {
		.run = run,
		.node = node,
		.bits = am_bits_new(index),
		.ids = g_array_new(FALSE, FALSE, sizeof(uint32_t))};
	uint32_t heads = ~AM_REGION_BIT(AM_REGION_FILENAME);
	int r = AM_OK;

	if (node->regions & heads)
		r = am_archive_each_head(run->archive, 0, INT64_MAX, match_head,
		                         &m, run->err);
	if (!r)
		r = am_bits_mark(m.bits, index,
		                 (const uint32_t *)(const void *)m.ids->data,
		                 m.ids->len, run->err);
	if (!r && (node->regions & ~heads))
		r = am_xapian_terms(index->xapian, AM_TERM_FILENAME, 1,
		                    match_filename, &m, run->err);
	if (r)
		am_bits_free(index, &m.bits);
	else
		*out = am_source_bits(run->sources, m.bits);
	g_array_unref(m.ids);
	return r;
}

/* ---- threads ---------------------------------------------------------------
 */

struct seeds {
	struct am_index *index;
	GArray *ids; /* int64_t */
	int status;
	struct am_error *err;
};

static void on_seed(void *user, size_t shard, uint32_t document)
{
	struct seeds *s = user;
	struct am_place place;

	if (s->status)
		return;
	s->status = am_places_get(s->index->places[shard], document, &place,
	                          s->err);
	int64_t id = place.id;
	if (!s->status)
		g_array_append_val(s->ids, id);
}

static int by_id(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static struct am_xquery *all_of(struct am_run_query *run,
                                const struct am_thread *threads, size_t n)
{
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	struct am_xquery *out;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < threads[i].n; k++) {
			uint32_t id = (uint32_t)threads[i].lines[k].id;
			if (id)
				g_array_append_val(ids, id);
		}
	g_array_sort(ids, by_id);
	out = am_source_ids(run->sources,
	                    (const uint32_t *)(const void *)ids->data,
	                    ids->len);
	g_array_unref(ids);
	return out;
}

int am_run_threads(struct am_run_query *run, const struct am_xquery *seed,
                   struct am_xquery **out)
{
	static const struct am_thread_options options = {.most = SIZE_MAX};
	struct seeds s = {.index = run->index,
	                  .ids = g_array_new(FALSE, FALSE, sizeof(int64_t)),
	                  .err = run->err};
	struct am_thread *threads = NULL;
	size_t n = 0;
	int r = am_xapian_each(run->index->xapian, seed, on_seed, &s, run->err);

	if (!r)
		r = s.status;
	if (!r)
		r = am_threads_find(&threads, &n, run->index, run->archive,
		                    (const int64_t *)(const void *)s.ids->data,
		                    s.ids->len, &options, run->err);
	if (!r)
		*out = all_of(run, threads, n);
	am_threads_free(&threads, n);
	g_array_unref(s.ids);
	return r;
}
