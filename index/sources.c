/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/places.h"
#include "index/query_run.h"

#include <glib.h>

#include <string.h>

/*
 * Leaves of a query that Xapian asks us about, document by document or for the
 * next one: see struct am_xsource_ops.
 */

enum kind { ORDER, DATES, SIZES, IDS, BITS };

struct source {
	struct am_sources *of;
	enum kind kind;
	uint64_t *hashes;
	size_t n;
	uint32_t regions;
	int64_t from, to;
	uint64_t least, most;
	uint32_t *ids;
	struct am_bits *bits;
};

/* A source at work on one shard. */
struct cursor {
	struct source *source;
	size_t shard, at; /* at: in ids */
};

struct am_sources {
	struct am_index *index;
	GPtrArray *all;
	bool ranking, weigh;
	int status;
	struct am_error error;
};

struct am_sources *am_sources_new(struct am_index *index, bool ranking)
{
	struct am_sources *s = g_new0(struct am_sources, 1);

	s->index = index;
	s->all = g_ptr_array_new();
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

void am_sources_free(struct am_sources **sources)
{
	struct am_sources *s = *sources;

	if (!s)
		return;
	for (guint i = 0; i < s->all->len; i++) {
		struct source *one = s->all->pdata[i];
		g_free(one->hashes);
		g_free(one->ids);
		am_bits_free(s->index, &one->bits);
		g_free(one);
	}
	g_ptr_array_unref(s->all);
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
		const struct am_shard *s = &index->state.shards[i];
		bits[i].first = s->first;
		bits[i].n_bits = (size_t)s->last - s->first + 1;
		bits[i].words = g_new0(uint64_t, bits[i].n_bits / 64 + 1);
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

void am_bits_set(struct am_bits *bits, uint32_t id)
{
	size_t i = id - bits->first;

	if (id >= bits->first && i < bits->n_bits)
		bits->words[i / 64] |= UINT64_C(1) << (i % 64);
}

bool am_bits_has(const struct am_bits *bits, uint32_t id)
{
	size_t i = id - bits->first;

	return id >= bits->first && i < bits->n_bits &&
	       (bits->words[i / 64] >> (i % 64) & 1);
}

static uint32_t bits_next(const struct am_bits *bits, uint32_t from)
{
	size_t i = from <= bits->first ? 0 : from - bits->first;

	while (i < bits->n_bits) {
		uint64_t word = bits->words[i / 64] >> (i % 64);
		if (word)
			return bits->first +
			       (uint32_t)(i + (size_t)__builtin_ctzll(word));
		i = (i / 64 + 1) * 64;
	}
	return 0;
}

/* ---- one document
 * ----------------------------------------------------------------- */

static int order_has(struct am_places *places, const struct am_place *place,
                     const uint64_t *hashes, size_t n, uint32_t regions,
                     bool *out, struct am_error *err)
{
	struct am_order order;
	const uint8_t *data;
	int r = am_places_order(places, place, &data, err);

	if (r)
		return r;
	if (!am_order_open(&order, data, place->len))
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "the index is damaged (message %" PRIu32
		               "): make it anew",
		               place->id);
	*out = am_order_has(&order, hashes, n, regions);
	return AM_OK;
}

int am_place_has(struct am_index *index, size_t shard, uint32_t id,
                 const uint64_t *hashes, size_t n, uint32_t regions, bool *out,
                 struct am_error *err)
{
	struct am_place place;
	int r = am_places_next(index->places[shard], id, &place, err);

	*out = false;
	if (r || place.id != id)
		return r == AM_END ? AM_OK : r;
	return order_has(index->places[shard], &place, hashes, n, regions, out,
	                 err);
}

static bool matches(struct cursor *c, const struct am_place *place)
{
	const struct source *s = c->source;
	struct am_sources *all = s->of;
	bool has = false;

	switch (s->kind) {
	case DATES:
		return place->dated && place->date >= s->from &&
		       place->date <= s->to;
	case SIZES:
		return place->size >= s->least && place->size <= s->most;
	case ORDER: {
		int r = order_has(all->index->places[c->shard], place,
		                  s->hashes, s->n, s->regions, &has,
		                  &all->error);
		if (r)
			all->status = r;
		return has;
	}
	case IDS:
	case BITS:
		break;
	}
	return true;
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

/* The next document that exists and matches; without a place there is none. */
static uint32_t next_place(struct cursor *c, uint32_t from)
{
	struct am_sources *all = c->source->of;
	struct am_places *places = all->index->places[c->shard];
	struct am_place place;
	int r = AM_OK;

	while (!all->status) {
		r = am_places_next(places, from, &place, &all->error);
		if (r)
			break;
		if (matches(c, &place))
			return place.id;
		if (place.id == UINT32_MAX)
			return 0;
		from = place.id + 1;
	}
	if (r < 0)
		all->status = r;
	return 0;
}

/* The place in ids of the first one not below id; c->at is a good guess. */
static size_t lower_bound(const struct source *s, size_t at, uint32_t id)
{
	size_t low = 0, high = s->n, step = 1;

	if (at < s->n && s->ids[at] < id) {
		low = at + 1;
		while (low + step < high && s->ids[low + step] < id) {
			low += step + 1;
			step *= 2;
		}
		high = MIN(high, low + step + 1);
	} else if (at < s->n && (at == 0 || s->ids[at - 1] < id)) {
		return at;
	}
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (s->ids[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint32_t next_id(struct cursor *c, uint32_t from)
{
	const struct source *s = c->source;
	struct am_sources *all = s->of;
	struct am_place place;

	/* An id of the catalog need not be in the index. */
	while (!all->status) {
		c->at = lower_bound(s, c->at, from);
		if (c->at == s->n)
			return 0;
		int r = am_places_next(all->index->places[c->shard],
		                       s->ids[c->at], &place, &all->error);
		if (r < 0)
			all->status = r;
		if (r)
			return 0;
		if (place.id == s->ids[c->at])
			return place.id;
		from = place.id;
	}
	return 0;
}

static uint32_t next(void *state, uint32_t from)
{
	struct cursor *c = state;

	if (c->source->kind == IDS)
		return next_id(c, from);
	if (c->source->kind == BITS)
		return bits_next(&c->source->bits[c->shard], from);
	return next_place(c, from);
}

static bool check(void *state, uint32_t id)
{
	struct cursor *c = state;
	struct source *s = c->source;
	struct am_place place;

	if (s->kind == BITS)
		return am_bits_has(&s->bits[c->shard], id);
	if (s->kind == IDS) {
		c->at = lower_bound(s, c->at, id);
		return c->at < s->n && s->ids[c->at] == id;
	}
	if (s->of->status)
		return false;
	int r = am_places_next(s->of->index->places[c->shard], id, &place,
	                       &s->of->error);
	if (r < 0)
		s->of->status = r;
	return r == AM_OK && place.id == id && matches(c, &place);
}

static struct am_xquery *add(struct am_sources *sources, struct source source)
{
	static const struct am_xsource_ops ops = {
		.start = start, .check = check, .next = next, .stop = stop};
	struct source *s = g_memdup2(&source, sizeof(source));

	s->of = sources;
	g_ptr_array_add(sources->all, s);
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

struct am_xquery *am_source_dates(struct am_sources *sources, int64_t from,
                                  int64_t to)
{
	return add(sources,
	           (struct source){.kind = DATES, .from = from, .to = to});
}

struct am_xquery *am_source_sizes(struct am_sources *sources, uint64_t least,
                                  uint64_t most)
{
	return add(
		sources,
		(struct source){.kind = SIZES, .least = least, .most = most});
}

struct am_xquery *am_source_ids(struct am_sources *sources, uint32_t *ids,
                                size_t n)
{
	return add(sources, (struct source){.kind = IDS, .ids = ids, .n = n});
}

struct am_xquery *am_source_bits(struct am_sources *sources,
                                 struct am_bits *bits)
{
	return add(sources, (struct source){.kind = BITS, .bits = bits});
}
