/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/behind.h"

#include "base/pool.h"
#include "index/order_number.h"
#include "index/places.h"

#include <glib.h>

#include <string.h>

struct seen {
	struct am_numbering numbering; /* of its words */
	uint32_t displace;             /* of its order: where in the pool */
	uint32_t first, n;             /* numbers of what is behind the row */
	uint32_t document;
};

struct am_behind {
	const struct am_behind_row *row;
	GArray *seen;    /* struct seen */
	GArray *numbers; /* uint32_t */
	GByteArray *pool;
	uint64_t hash;     /* of the word that is asked of */
	uint64_t unseeded; /* the same with seed 0, which most orders have */
};

struct am_behind *am_behind_new(const struct am_behind_row *row)
{
	struct am_behind *b = g_new0(struct am_behind, 1);

	b->row = row;
	b->seen = g_array_new(FALSE, FALSE, sizeof(struct seen));
	b->numbers = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	b->pool = g_byte_array_new();
	return b;
}

void am_behind_free(struct am_behind **behind)
{
	struct am_behind *b = *behind;

	*behind = NULL;
	if (!b)
		return;
	g_array_unref(b->seen);
	g_array_unref(b->numbers);
	g_byte_array_unref(b->pool);
	g_free(b);
}

/* ---- looking --------------------------------------------------------------
 */

/* Of what is behind the row, what may be asked for; from `first` on. */
static void keep_fitting(struct am_behind *b, const struct am_order *order,
                         guint first)
{
	uint32_t *numbers = (uint32_t *)(void *)b->numbers->data;
	guint n = first;

	for (guint i = first; i < b->numbers->len; i++)
		if (am_order_begins(order, numbers[i], b->row->head,
		                    b->row->mask))
			numbers[n++] = numbers[i];
	g_array_set_size(b->numbers, n);
}

static int open_order(struct am_behind *b, uint32_t document,
                      struct am_order *order, struct am_error *err)
{
	struct am_place place;
	const uint8_t *data;
	int r = am_places_get(b->row->places, document, &place, err);

	if (!r)
		r = am_places_order(b->row->places, &place, &data, err);
	if (r)
		return r;
	if (!am_order_open(order, data, place.len))
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "the index is damaged (message %" PRIu32
		               "): mailark index --rebuild makes it anew",
		               place.id);
	return AM_OK;
}

static int look(struct am_behind *b, uint32_t document, struct am_error *err)
{
	struct seen s = {.first = b->numbers->len, .document = document};
	struct am_order order;
	int r = open_order(b, document, &order, err);

	if (r) /* no such document: nothing is behind anything */
		return r == AM_END ? AM_OK : r;
	am_order_after(&order, b->row->hashes, b->row->n, b->row->regions,
	               b->numbers);
	keep_fitting(b, &order, s.first);
	s.n = b->numbers->len - s.first;
	if (!s.n)
		return AM_OK;
	/* The window it was read into will move on. */
	s.displace = b->pool->len;
	s.numbering = am_order_numbering(&order);
	g_byte_array_append(b->pool, order.displace, (guint)order.buckets);
	g_array_append_val(b->seen, s);
	return AM_OK;
}

#define PLACES_AHEAD 24 /* documents: until one of them is in the cache */
#define ORDERS_AHEAD 12

static uint32_t ahead_of(const uint32_t *documents, size_t n, size_t i)
{
	return i < n ? documents[i] : 0;
}

static int look_through(struct am_behind *b, const uint32_t *documents,
                        size_t n, struct am_error *err)
{
	const struct am_places *places = b->row->places;
	int r = AM_OK;

	for (size_t i = 0; i < n && !r; i++) {
		am_places_ahead(places,
		                ahead_of(documents, n, i + PLACES_AHEAD));
		am_places_order_ahead(places,
		                      ahead_of(documents, n, i + ORDERS_AHEAD));
		r = look(b, documents[i], err);
	}
	return r;
}

/* ---- in several threads ---------------------------------------------------
 */

#define THREADS_MAX 8
#define EACH_LEAST                                                \
	2048 /* documents: a thread is started in the time of 100 \
	      */

struct share {
	struct am_job base;
	struct am_behind *behind;
	const uint32_t *documents;
	size_t n;
	struct am_error err;
	int status;
};

static void look_through_share(struct am_job *job, unsigned worker)
{
	struct share *s = AM_CONTAINER(job, struct share, base);

	(void)worker;
	s->status = look_through(s->behind, s->documents, s->n, &s->err);
}

/* What another has seen, behind what this one has. */
static void append(struct am_behind *b, const struct am_behind *other)
{
	guint from = b->seen->len;

	g_array_append_vals(b->seen, other->seen->data, other->seen->len);
	for (guint i = from; i < b->seen->len; i++) {
		struct seen *s = &g_array_index(b->seen, struct seen, i);
		s->first += b->numbers->len;
		s->displace += b->pool->len;
	}
	g_array_append_vals(b->numbers, other->numbers->data,
	                    other->numbers->len);
	g_byte_array_append(b->pool, other->pool->data, other->pool->len);
}

static size_t shares_of(const struct am_behind *b, size_t n)
{
	if (!am_places_mapped(b->row->places))
		return 1;
	return CLAMP(n / EACH_LEAST, 1,
	             MIN(g_get_num_processors(), THREADS_MAX));
}

int am_behind_look_at(struct am_behind *b, const uint32_t *documents, size_t n,
                      struct am_error *err)
{
	struct share shares[THREADS_MAX] = {0};
	size_t n_shares = shares_of(b, n);
	struct am_pool *pool;
	/* The first share is this thread's; where no other can be had, all. */
	int r = am_pool_new(&pool, (unsigned)n_shares - 1, NULL);

	if (r)
		r = am_pool_new(&pool, 0, err);
	if (r)
		return r;
	g_array_set_size(b->seen, 0);
	g_array_set_size(b->numbers, 0);
	g_byte_array_set_size(b->pool, 0);
	for (size_t i = n_shares; i-- > 0;) {
		struct share *s = &shares[i];
		size_t from = n * i / n_shares;
		s->base.run = look_through_share;
		s->behind = i ? am_behind_new(b->row) : b;
		s->documents = documents + from;
		s->n = n * (i + 1) / n_shares - from;
		if (i)
			am_pool_submit(pool, &s->base);
		else
			look_through_share(&s->base, 0);
	}
	for (size_t i = 0; i < n_shares; i++) {
		struct share *s = &shares[i];
		if (i)
			am_pool_wait(pool, &s->base);
		if (s->status && !r) {
			r = s->status;
			if (err)
				*err = s->err;
		}
		if (!i)
			continue;
		append(b, s->behind);
		am_behind_free(&s->behind);
	}
	am_pool_free(&pool);
	return r;
}

/* ---- comparing ------------------------------------------------------------
 */

size_t am_behind_documents(const struct am_behind *b)
{
	return b->seen->len;
}

static const struct seen *seen_at(const struct am_behind *b, size_t i)
{
	return &g_array_index(b->seen, struct seen, i);
}

uint32_t am_behind_document(const struct am_behind *b, size_t i)
{
	return seen_at(b, i)->document;
}

void am_behind_word(struct am_behind *b, uint64_t hash)
{
	b->hash = hash;
	b->unseeded = am_order_seeded(hash, 0);
}

bool am_behind_has(const struct am_behind *b, size_t i)
{
	const struct seen *s = seen_at(b, i);
	const uint32_t *numbers =
		(const uint32_t *)(const void *)b->numbers->data + s->first;
	uint64_t seeded = s->numbering.seed
	                          ? am_order_seeded(b->hash, s->numbering.seed)
	                          : b->unseeded;
	uint32_t number = am_order_number(&s->numbering,
	                                  b->pool->data + s->displace, seeded);

	for (uint32_t k = 0; k < s->n; k++)
		if (numbers[k] == number)
			return true;
	return false;
}
