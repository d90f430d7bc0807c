/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/run_after.h"

#include "index/fields.h"
#include "index/order_number.h"
#include "index/places.h"
#include "index/postings.h"

#include <glib.h>

#include <string.h>

/* A document that has the words in front, in a row. */
struct behind {
	struct am_numbering numbering; /* of its words */
	uint32_t displace;             /* of its order: where in the pool */
	uint32_t first, n;             /* numbers of what follows */
	uint32_t document;
};

#define NOT_LOOKED 0
#define NOTHING    UINT32_MAX

struct am_after {
	struct am_places *places;
	uint64_t hashes[AM_PHRASE_MAX]; /* of the words in front */
	size_t n;
	const struct am_front *front;
	uint32_t regions;
	uint32_t first, last;
	uint16_t *counts; /* for each document: terms in front that it has */
	size_t n_terms;
	uint32_t *at;      /* for each: behind + 1, or NOT_LOOKED, or NOTHING */
	uint64_t *mask;    /* documents that have them all */
	uint32_t n_front;  /* so many */
	bool looked;       /* at all of these */
	uint64_t unseeded; /* the word's hash with seed 0, which most have */
	GArray *behind;
	GArray *numbers;
	GByteArray *pool;
};

void am_front_begins(struct am_front *front, const char *text, size_t len,
                     bool any)
{
	size_t first = len ? MIN((size_t)g_utf8_skip[(uint8_t)*text], len) : 0;
	size_t n = 0;

	front->head = am_word_head(text, len);
	front->mask = !len ? 0 : first == len ? AM_HEAD_FIRST : UINT8_MAX;
	front->all = any && len == 1 && *text >= 'a' && *text <= 'z';
	front->beginning_len = 0;
	/* Scripts without spaces have no terms for beginnings. */
	if (!len || (first > 1 &&
	             am_char_class(g_utf8_get_char(text)) == AM_CHAR_SINGLE))
		return;
	for (unsigned i = 0; i < AM_BEGINNING_MAX && n < len; i++) {
		size_t next =
			MIN((size_t)g_utf8_skip[(uint8_t)text[n]], len - n);
		if (n + next > sizeof(uint64_t))
			break;
		n += next;
	}
	*front->beginning = *AM_TERM_BEGINNING;
	memcpy(front->beginning + 1, text, n);
	front->beginning_len = n + 1;
}

struct counting {
	struct am_after *after;
	uint16_t so_far;
};

static void count(void *user, const uint32_t *documents, size_t n)
{
	struct counting *c = user;
	uint16_t *counts = c->after->counts;
	bool last = c->so_far + 1u == c->after->n_terms;

	for (size_t i = 0; i < n; i++) {
		uint32_t at = documents[i] - c->after->first;
		if (counts[at] != c->so_far)
			continue;
		counts[at]++;
		c->after->n_front += last;
		c->after->mask[at / 64] |= (uint64_t)last << (at % 64);
	}
}

/* Documents with all words in front, and one that begins as the last. */
static int count_all(struct am_after *a, struct am_index *index, size_t shard,
                     struct am_error *err)
{
	const struct am_front *front = a->front;
	struct am_postings *postings;
	int r = am_index_postings(index, shard, &postings, err);

	for (size_t i = 0; i < a->n_terms && !r; i++) {
		struct counting c = {a, (uint16_t)i};
		char term[AM_WORD_MAX + 2] = {front->letter};
		size_t at = front->letter != '\0', len;
		if (i < front->n) {
			len = at + front->words[i].len;
			memcpy(term + at, front->words[i].text,
			       front->words[i].len);
		} else {
			len = front->beginning_len;
			memcpy(term, front->beginning, len);
		}
		r = am_postings_each(postings, term, len, a->first, a->last,
		                     count, &c, err);
	}
	return r;
}

/* Of what follows, what may be one of the words; from `first` on. */
static void keep_fitting(struct am_after *a, const struct am_order *order,
                         guint first)
{
	uint32_t *numbers = (uint32_t *)(void *)a->numbers->data;
	guint n = first;

	for (guint i = first; i < a->numbers->len; i++)
		if (am_order_begins(order, numbers[i], a->front->head,
		                    a->front->mask))
			numbers[n++] = numbers[i];
	g_array_set_size(a->numbers, n);
}

static int look(struct am_after *a, uint32_t document, struct am_error *err)
{
	struct behind b = {.first = a->numbers->len, .document = document};
	struct am_order order;
	struct am_place place;
	const uint8_t *data;
	int r = am_places_get(a->places, document, &place, err);

	a->at[document - a->first] = NOTHING;
	if (!r)
		r = am_places_order(a->places, &place, &data, err);
	if (r)
		return r;
	if (!am_order_open(&order, data, place.len))
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "the index is damaged (message %" PRIu32
		               "): mailark index --rebuild makes it anew",
		               place.id);
	am_order_after(&order, a->hashes, a->n, a->regions, a->numbers);
	keep_fitting(a, &order, b.first);
	b.n = a->numbers->len - b.first;
	if (!b.n)
		return AM_OK;
	/* The window it was read into will move on. */
	b.displace = a->pool->len;
	b.numbering = am_order_numbering(&order);
	g_byte_array_append(a->pool, order.displace, (guint)order.buckets);
	g_array_append_val(a->behind, b);
	a->at[document - a->first] = a->behind->len;
	return AM_OK;
}

int am_after_new(struct am_after **out, struct am_index *index, size_t shard,
                 uint32_t first, uint32_t last, const struct am_front *front,
                 uint32_t regions, struct am_error *err)
{
	struct am_after *a = g_new0(struct am_after, 1);
	size_t n = last >= first ? (size_t)last - first + 1 : 0;

	*out = a;
	a->places = index->places[shard];
	a->n = front->n;
	a->n_terms = front->n + (front->beginning_len > 0);
	a->front = front;
	a->regions = regions;
	a->first = first;
	a->last = last;
	a->counts = g_new0(uint16_t, n + 1);
	a->mask = g_new0(uint64_t, n / 64 + 1);
	a->at = g_new0(uint32_t, n + 1);
	a->behind = g_array_new(FALSE, FALSE, sizeof(struct behind));
	a->numbers = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	a->pool = g_byte_array_new();
	for (size_t i = 0; i < front->n; i++)
		a->hashes[i] =
			am_word_hash(front->words[i].text, front->words[i].len);
	return count_all(a, index, shard, err);
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
	g_free(a->mask);
	g_free(a->at);
	g_free(a);
	*after = NULL;
}

/* Is the word among what follows, if it is in the document? */
static bool follows(const struct am_after *a, const struct behind *b,
                    uint64_t hash)
{
	const uint32_t *numbers =
		(const uint32_t *)(const void *)a->numbers->data + b->first;
	uint64_t seeded = b->numbering.seed
	                          ? am_order_seeded(hash, b->numbering.seed)
	                          : a->unseeded;
	uint32_t number = am_order_number(&b->numbering,
	                                  a->pool->data + b->displace, seeded);

	for (uint32_t i = 0; i < b->n; i++)
		if (numbers[i] == number)
			return true;
	return false;
}

int am_after_has(struct am_after *a, uint32_t document, uint64_t hash,
                 bool *out, struct am_error *err)
{
	const uint32_t *at = &a->at[document - a->first];

	*out = false;
	if (!am_after_fits(a, document))
		return AM_OK;
	if (*at == NOT_LOOKED) {
		int r = look(a, document, err);
		if (r)
			return r == AM_END ? AM_OK : r;
	}
	a->unseeded = am_order_seeded(hash, 0);
	*out = *at != NOTHING &&
	       follows(a, &g_array_index(a->behind, struct behind, *at - 1),
	               hash);
	return AM_OK;
}

const uint64_t *am_after_mask(const struct am_after *a)
{
	return a->mask;
}

bool am_after_fits(const struct am_after *a, uint32_t document)
{
	uint32_t i = document - a->first;

	return a->mask[i / 64] >> (i % 64) & 1;
}

uint32_t am_after_fronts(const struct am_after *a)
{
	return a->n_front;
}

#define PLACES_AHEAD 24 /* documents: until one of them is in the cache */
#define ORDERS_AHEAD 12

static uint32_t ahead_of(const GArray *documents, guint i)
{
	return i < documents->len ? g_array_index(documents, uint32_t, i) : 0;
}

static void collect_fronts(const struct am_after *a, GArray *documents)
{
	size_t words = ((size_t)a->last - a->first) / 64 + 1;

	for (size_t w = 0; w < words; w++)
		for (uint64_t bits = a->mask[w]; bits; bits &= bits - 1) {
			uint32_t document = a->first + (uint32_t)(w * 64) +
			                    (uint32_t)__builtin_ctzll(bits);
			g_array_append_val(documents, document);
		}
}

/* In order, which those that were looked at before may not stand in. */
static int look_at_all(struct am_after *a, struct am_error *err)
{
	GArray *documents = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	int r = AM_OK;

	g_array_set_size(a->behind, 0);
	g_array_set_size(a->numbers, 0);
	g_byte_array_set_size(a->pool, 0);
	collect_fronts(a, documents);
	for (guint i = 0; i < documents->len && r >= 0; i++) {
		am_places_ahead(a->places,
		                ahead_of(documents, i + PLACES_AHEAD));
		am_places_order_ahead(a->places,
		                      ahead_of(documents, i + ORDERS_AHEAD));
		r = look(a, g_array_index(documents, uint32_t, i), err);
	}
	g_array_unref(documents);
	a->looked = r >= 0;
	return r < 0 ? r : AM_OK;
}

#define SIFTED 8 /* documents are looked at while a list is read */

int am_after_sift(struct am_after *a, size_t words, struct am_error *err)
{
	if (!a->front->mask || (!a->front->all && a->n_front / SIFTED > words))
		return AM_OK;
	int r = look_at_all(a, err);
	if (r)
		return r;
	memset(a->mask, 0,
	       (((size_t)a->last - a->first) / 64 + 1) * sizeof(*a->mask));
	for (guint i = 0; i < a->behind->len; i++) {
		uint32_t at =
			g_array_index(a->behind, struct behind, i).document -
			a->first;
		a->mask[at / 64] |= UINT64_C(1) << (at % 64);
	}
	a->n_front = a->behind->len;
	return AM_OK;
}

/* The first that is not in front of this document. */
static guint behind_from(const struct am_after *a, uint32_t document)
{
	guint low = 0, high = a->behind->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;
		if (g_array_index(a->behind, struct behind, middle).document <
		    document)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int am_after_may(struct am_after *a, uint64_t hash, uint32_t from,
                 GArray *documents, struct am_error *err)
{
	int r = a->looked ? AM_OK : look_at_all(a, err);

	a->unseeded = am_order_seeded(hash, 0);
	for (guint i = behind_from(a, from); i < a->behind->len && !r; i++) {
		const struct behind *b =
			&g_array_index(a->behind, struct behind, i);
		if (follows(a, b, hash))
			g_array_append_val(documents, b->document);
	}
	return r;
}
