/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/run_after.h"

#include "index/places.h"

#include <glib.h>

#include <string.h>

/* A document that has the words in front, in a row. */
struct behind {
	struct am_order order; /* what numbers its words, that is */
	uint32_t displace;     /* of it: where in the pool */
	uint32_t first, n;     /* numbers of what follows */
};

struct am_after {
	uint32_t first, last;
	uint16_t *counts; /* for each document: words in front that it has */
	uint32_t *at;     /* for each: behind + 1; 0: none */
	GArray *behind;
	GArray *numbers;
	GByteArray *pool;
};

struct counting {
	struct am_after *after;
	uint16_t so_far;
};

static void count(void *user, uint32_t document)
{
	struct counting *c = user;
	uint16_t *n = &c->after->counts[document - c->after->first];

	if (*n == c->so_far)
		++*n;
}

/* Documents with all words in front. */
static int count_all(struct am_after *a, struct am_index *index, size_t shard,
                     const struct am_front *front, struct am_error *err)
{
	int r = AM_OK;

	for (size_t i = 0; i < front->n && !r; i++) {
		struct counting c = {a, (uint16_t)i};
		char term[AM_WORD_MAX + 2] = {front->letter};
		size_t at = front->letter != '\0';
		memcpy(term + at, front->words[i].text, front->words[i].len);
		r = am_xapian_postings(index->xapian, shard, term,
		                       at + front->words[i].len, a->first,
		                       a->last, count, &c, err);
	}
	return r;
}

static int look(struct am_after *a, struct am_places *places, uint32_t document,
                const uint64_t *hashes, size_t n, uint32_t regions,
                struct am_error *err)
{
	struct behind b = {.first = a->numbers->len};
	struct am_place place;
	const uint8_t *data;
	int r = am_places_get(places, document, &place, err);

	if (!r)
		r = am_places_order(places, &place, &data, err);
	if (r)
		return r;
	if (!am_order_open(&b.order, data, place.len))
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "the index is damaged (message %" PRIu32
		               "): make it anew",
		               place.id);
	am_order_after(&b.order, hashes, n, regions, a->numbers);
	b.n = a->numbers->len - b.first;
	if (!b.n)
		return AM_OK;
	/* The window it was read into will move on. */
	b.displace = a->pool->len;
	g_byte_array_append(a->pool, b.order.displace, (guint)b.order.buckets);
	g_array_append_val(a->behind, b);
	a->at[document - a->first] = a->behind->len;
	return AM_OK;
}

int am_after_new(struct am_after **out, struct am_index *index, size_t shard,
                 uint32_t first, uint32_t last, const struct am_front *front,
                 uint32_t regions, struct am_error *err)
{
	struct am_after *a = g_new0(struct am_after, 1);
	uint64_t hashes[AM_PHRASE_MAX];
	size_t n = last >= first ? (size_t)last - first + 1 : 0;
	int r;

	*out = a;
	a->first = first;
	a->last = last;
	a->counts = g_new0(uint16_t, n + 1);
	a->at = g_new0(uint32_t, n + 1);
	a->behind = g_array_new(FALSE, FALSE, sizeof(struct behind));
	a->numbers = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	a->pool = g_byte_array_new();
	for (size_t i = 0; i < front->n; i++)
		hashes[i] =
			am_word_hash(front->words[i].text, front->words[i].len);
	r = count_all(a, index, shard, front, err);
	for (size_t i = 0; i < n && !r; i++)
		if (a->counts[i] == front->n)
			r = look(a, index->places[shard], first + (uint32_t)i,
			         hashes, front->n, regions, err);
	return r;
}

void am_after_free(struct am_after **after)
{
	struct am_after *a = *after;

	if (!a)
		return;
	g_byte_array_unref(a->pool);
	g_array_unref(a->behind);
	g_array_unref(a->numbers);
	g_free(a->counts);
	g_free(a->at);
	g_free(a);
	*after = NULL;
}

bool am_after_has(const struct am_after *a, uint32_t document, uint64_t hash)
{
	uint32_t at = a->at[document - a->first];

	if (!at)
		return false;
	const struct behind *b =
		&g_array_index(a->behind, struct behind, at - 1);
	struct am_order order = b->order;
	order.displace = a->pool->data + b->displace;
	uint32_t number = am_order_number(&order, hash);
	for (uint32_t i = 0; i < b->n; i++)
		if (g_array_index(a->numbers, uint32_t, b->first + i) == number)
			return true;
	return false;
}
