/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/filed.h"
#include "index/near.h"
#include "index/places.h"
#include "index/query_run.h"
#include "index/run_expand.h"

#include <glib.h>

#include <string.h>

/*
 * Leaves of a query that Xapian asks us about, document by document or for the
 * next one: see struct am_xsource_ops.
 */

enum kind { ORDER, NEAR, DATES, SIZES, BITS, FILED, EXPANSION };

struct source {
	struct am_sources *of;
	enum kind kind;
	uint64_t *hashes;
	size_t n;
	uint32_t regions;
	uint8_t rows[AM_NEAR_MAX]; /* of NEAR, n rows */
	uint32_t distance;
	bool in_order;
	uint32_t *ends; /* of DATES: first and last document, shard by shard */
	uint64_t least, most;
	struct am_bits *bits;
	bool borrowed; /* the bits */
	struct am_expansion *expansion;
	struct am_filing filing;
	struct am_bits *changed; /* and those of them that fit: bits */
};

/* A source at work on one shard. */
struct cursor {
	struct source *source;
	size_t shard;
};

struct am_sources {
	struct am_index *index;
	GPtrArray *all;
	bool ranking, weigh;
	bool last;         /* what is made now is checked at the end */
	GPtrArray *checks; /* of those in `all` */
	int status;
	struct am_error error;
};

struct am_sources *am_sources_new(struct am_index *index, bool ranking)
{
	struct am_sources *s = g_new0(struct am_sources, 1);

	s->index = index;
	s->all = g_ptr_array_new();
	s->checks = g_ptr_array_new();
	s->ranking = ranking;
	s->weigh = true;
	return s;
}

bool am_sources_weigh(struct am_sources *sources, bool weigh)
{
	bool before = sources->weigh;

	sources->weigh = weigh;
	return before;
}

struct am_xquery *am_source_term(struct am_sources *sources, const char *term,
                                 size_t len)
{
	return am_xquery_term(term, len, sources->ranking && sources->weigh);
}

struct am_xquery *am_source_fact(struct am_sources *sources, const char *term,
                                 size_t len)
{
	(void)sources;
	return am_xquery_term(term, len, false);
}

bool am_sources_check_last(struct am_sources *sources, bool on)
{
	bool before = sources->last;

	sources->last = on;
	return before;
}

bool am_sources_look(const struct am_sources *sources)
{
	for (guint i = 0; i < sources->all->len; i++) {
		const struct source *s = sources->all->pdata[i];
		if (s->kind != DATES && s->kind != BITS && s->kind != FILED)
			return true;
	}
	return false;
}

bool am_sources_has_checks(const struct am_sources *sources)
{
	return sources->checks->len > 0;
}

void am_sources_free(struct am_sources **sources)
{
	struct am_sources *s = *sources;

	if (!s)
		return;
	for (guint i = 0; i < s->all->len; i++) {
		struct source *one = s->all->pdata[i];
		g_free(one->hashes);
		g_free(one->ends);
		am_expansion_free(&one->expansion);
		am_bits_free(s->index, &one->changed);
		g_free((gpointer)(uintptr_t)one->filing.folders);
		if (!one->borrowed)
			am_bits_free(s->index, &one->bits);
		g_free(one);
	}
	g_ptr_array_unref(s->all);
	g_ptr_array_unref(s->checks);
	g_free(s);
	*sources = NULL;
}

int am_sources_status(const struct am_sources *sources, struct am_error *err)
{
	if (sources->status && err)
		*err = sources->error;
	return sources->status;
}

/* ---- sets of bits
 * -------------------------------------------------------------- */

struct am_bits *am_bits_new(const struct am_index *index)
{
	size_t n = index->state.n_shards;
	struct am_bits *bits = g_new0(struct am_bits, n + 1);

	for (size_t i = 0; i < n; i++) {
		bits[i].n = index->state.shards[i].documents;
		bits[i].words = g_new0(uint64_t, bits[i].n / 64 + 1);
	}
	return bits;
}

void am_bits_free(const struct am_index *index, struct am_bits **bits)
{
	if (!*bits)
		return;
	for (size_t i = 0; i < index->state.n_shards; i++)
		g_free((*bits)[i].words);
	g_free(*bits);
	*bits = NULL;
}

void am_bits_set(struct am_bits *bits, uint32_t document)
{
	size_t i = document - 1;

	if (document && i < bits->n)
		bits->words[i / 64] |= UINT64_C(1) << (i % 64);
}

bool am_bits_has(const struct am_bits *bits, uint32_t document)
{
	size_t i = document - 1;

	return document && i < bits->n && (bits->words[i / 64] >> (i % 64) & 1);
}

uint32_t am_bits_next(const struct am_bits *bits, uint32_t from)
{
	size_t i = from ? from - 1 : 0;

	while (i < bits->n) {
		uint64_t word = bits->words[i / 64] >> (i % 64);
		if (word)
			return 1 +
			       (uint32_t)(i + (size_t)__builtin_ctzll(word));
		i = (i / 64 + 1) * 64;
	}
	return 0;
}

int am_bits_mark(struct am_bits *bits, struct am_index *index,
                 const uint32_t *ids, size_t n, struct am_error *err)
{
	size_t shard = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t document;
		while (shard < index->state.n_shards &&
		       index->state.shards[shard].last < ids[i])
			shard++;
		if (shard == index->state.n_shards)
			break;
		int r = am_places_find(index->places[shard], ids[i], &document,
		                       err);
		if (r)
			return r;
		am_bits_set(&bits[shard], document);
	}
	return AM_OK;
}

/* ---- one document
 * ----------------------------------------------------------------- */

static int open_order(struct am_order *order, struct am_places *places,
                      const struct am_place *place, struct am_error *err)
{
	const uint8_t *data;
	int r = am_places_order(places, place, &data, err);

	if (r)
		return r;
	if (!am_order_open(order, data, place->len))
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "the index is damaged (message %" PRIu32
		               "): mailark index --rebuild makes it anew",
		               place->id);
	return AM_OK;
}

int am_place_has(struct am_index *index, size_t shard, uint32_t document,
                 const uint64_t *hashes, size_t n, uint32_t regions, bool *out,
                 struct am_error *err)
{
	struct am_order order;
	struct am_place place;
	int r = am_places_get(index->places[shard], document, &place, err);

	*out = false;
	if (r)
		return r == AM_END ? AM_OK : r;
	r = open_order(&order, index->places[shard], &place, err);
	*out = !r && am_order_has(&order, hashes, n, regions);
	return r;
}

static bool is_filed(const struct cursor *c, uint32_t document)
{
	const struct source *s = c->source;
	struct am_sources *all = s->of;
	bool has = false;

	if (s->changed && am_bits_has(&s->changed[c->shard], document))
		return s->bits && am_bits_has(&s->bits[c->shard], document);
	int r = am_filed_has(all->index->filed, c->shard, document, &s->filing,
	                     &has, &all->error);
	if (r)
		all->status = r;
	return has;
}

/* Of the kinds that need to look at the document's place. */
static bool matches(const struct cursor *c, uint32_t document)
{
	const struct source *s = c->source;
	struct am_sources *all = s->of;
	struct am_places *places = all->index->places[c->shard];
	struct am_order order;
	struct am_place place;
	bool has = false;
	int r;

	if (s->kind == FILED)
		return is_filed(c, document);
	r = am_places_get(places, document, &place, &all->error);
	if (!r && s->kind == SIZES)
		has = place.size >= s->least && place.size <= s->most;
	else if (!r)
		r = open_order(&order, places, &place, &all->error);
	if (!r && s->kind == ORDER)
		has = am_order_has(&order, s->hashes, s->n, s->regions);
	else if (!r && s->kind == NEAR)
		has = am_order_near(&order, s->hashes, s->rows, s->n,
		                    s->distance, s->in_order, s->regions);
	if (r < 0)
		all->status = r;
	return has;
}

/* ---- what Xapian calls
 * ---------------------------------------------------------------- */

static void *start(void *self, size_t shard)
{
	struct cursor *c = g_new0(struct cursor, 1);

	c->source = self;
	c->shard = shard;
	return c;
}

static void stop(void *state)
{
	g_free(state);
}

static uint32_t next(void *state, uint32_t from)
{
	struct cursor *c = state;
	const struct source *s = c->source;
	uint32_t last = s->of->index->state.shards[c->shard].documents;

	if (s->kind == BITS)
		return am_bits_next(&s->bits[c->shard], from);
	if (s->kind == DATES) {
		from = MAX(from, s->ends[2 * c->shard]);
		return from <= s->ends[2 * c->shard + 1] ? from : 0;
	}
	if (s->kind == EXPANSION) {
		uint32_t found = 0;
		int r = s->of->status
		                ? s->of->status
		                : am_expansion_next(s->expansion, c->shard,
		                                    from, &found,
		                                    &s->of->error);
		if (r)
			s->of->status = r;
		return r ? 0 : found;
	}
	for (; from <= last && !s->of->status; from++)
		if (matches(c, from))
			return from;
	return 0;
}

static bool check(void *state, uint32_t document)
{
	struct cursor *c = state;
	const struct source *s = c->source;

	if (s->kind == BITS)
		return am_bits_has(&s->bits[c->shard], document);
	if (s->kind == DATES)
		return document >= s->ends[2 * c->shard] &&
		       document <= s->ends[2 * c->shard + 1];
	if (s->kind == EXPANSION) {
		bool has = false;
		int r = s->of->status ? s->of->status
		                      : am_expansion_has(s->expansion, c->shard,
		                                         document, &has,
		                                         &s->of->error);
		if (r)
			s->of->status = r;
		return has;
	}
	return !s->of->status && matches(c, document);
}

bool am_sources_check(void *user, size_t shard, uint32_t document)
{
	struct am_sources *sources = user;

	for (guint i = 0; i < sources->checks->len; i++) {
		struct cursor c = {sources->checks->pdata[i], shard};
		if (!check(&c, document))
			return false;
	}
	return true;
}

static struct am_xquery *add(struct am_sources *sources, struct source source)
{
	static const struct am_xsource_ops ops = {
		.start = start, .check = check, .next = next, .stop = stop};
	struct source *s = g_memdup2(&source, sizeof(source));

	s->of = sources;
	g_ptr_array_add(sources->all, s);
	if (sources->last && (s->kind == ORDER || s->kind == NEAR)) {
		g_ptr_array_add(sources->checks, s);
		return NULL;
	}
	return am_xquery_source(&ops, s);
}

struct am_xquery *am_source_order(struct am_sources *sources,
                                  const uint64_t *hashes, size_t n,
                                  uint32_t regions)
{
	return add(sources,
	           (struct source){
			   .kind = ORDER,
			   .hashes = g_memdup2(hashes, n * sizeof(*hashes)),
			   .n = n,
			   .regions = regions});
}

struct am_xquery *am_source_near(struct am_sources *sources,
                                 const uint64_t *hashes, const uint8_t *n,
                                 size_t rows, uint32_t distance, bool in_order,
                                 uint32_t regions)
{
	struct source s = {.kind = NEAR,
	                   .n = rows,
	                   .distance = distance,
	                   .in_order = in_order,
	                   .regions = regions};
	size_t words = 0;

	for (size_t i = 0; i < rows; i++) {
		s.rows[i] = n[i];
		words += n[i];
	}
	s.hashes = g_memdup2(hashes, words * sizeof(*hashes));
	return add(sources, s);
}

struct am_xquery *am_source_dates(struct am_sources *sources, int64_t from,
                                  int64_t to)
{
	struct am_index *index = sources->index;
	size_t n = index->state.n_shards;
	uint32_t *ends = g_new0(uint32_t, 2 * n + 2);

	for (size_t i = 0; i < n && !sources->status; i++)
		sources->status = am_places_dates(
			index->places[i], from, to, &ends[2 * i],
			&ends[2 * i + 1], &sources->error);
	return add(sources, (struct source){.kind = DATES, .ends = ends});
}

struct am_xquery *am_source_sizes(struct am_sources *sources, uint64_t least,
                                  uint64_t most)
{
	return add(
		sources,
		(struct source){.kind = SIZES, .least = least, .most = most});
}

struct am_xquery *am_source_ids(struct am_sources *sources, const uint32_t *ids,
                                size_t n)
{
	struct am_bits *bits = am_bits_new(sources->index);

	if (!sources->status)
		sources->status = am_bits_mark(bits, sources->index, ids, n,
		                               &sources->error);
	return am_source_bits(sources, bits);
}

struct am_xquery *am_source_bits(struct am_sources *sources,
                                 struct am_bits *bits)
{
	return add(sources, (struct source){.kind = BITS, .bits = bits});
}

struct am_xquery *am_source_lent_bits(struct am_sources *sources,
                                      struct am_bits *bits)
{
	return add(
		sources,
		(struct source){.kind = BITS, .bits = bits, .borrowed = true});
}

struct am_xquery *am_source_expansion(struct am_sources *sources,
                                      struct am_expansion *expansion)
{
	return add(sources,
	           (struct source){.kind = EXPANSION, .expansion = expansion});
}

struct am_xquery *am_source_filed(struct am_sources *sources,
                                  const struct am_filing *filing,
                                  struct am_bits *changed, struct am_bits *fits)
{
	return add(sources, (struct source){.kind = FILED,
	                                    .filing = *filing,
	                                    .changed = changed,
	                                    .bits = fits});
}
