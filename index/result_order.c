/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/result_order.h"

#include "index/result_impl.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

/*
 * Dictionaries are sorted, so within a shard numbers are compared; shards are
 * merged by the texts themselves.
 */

/* Rank in the upper half, message id in the lower. */
struct ranked {
	GArray *keys; /* uint64_t */
	struct am_columns *columns;
	size_t at;
};

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static enum am_dictionary dictionary_of(enum am_text_order order)
{
	return order == AM_ORDER_FROM ? AM_DICTIONARY_FROM
	                              : AM_DICTIONARY_SUBJECT;
}

static int collect(const struct am_result *result, enum am_dictionary d,
                   struct ranked *shards, struct am_error *err)
{
	struct am_steps *s = g_new(struct am_steps, 1);
	uint32_t *values = g_new(uint32_t, AM_STEP), n;
	int r;

	am_steps_begin(s, result->index, result);
	while (!(r = am_steps_next(s, err))) {
		struct ranked *to = &shards[s->shard];
		r = am_columns_texts(s->columns, d, &n, err);
		if (!r)
			r = am_steps_read(
				s, (enum am_column)((int)AM_COLUMN_FROM + d),
				values, err);
		if (r)
			break;
		to->columns = s->columns;
		for (size_t i = 0; i < s->n_rows; i++) {
			uint64_t key = (uint64_t)values[s->rows[i]] << 32 |
			               s->ids[s->rows[i]];
			g_array_append_val(to->keys, key);
		}
	}
	g_free(values);
	g_free(s);
	return r == AM_END ? AM_OK : r;
}

static uint64_t front(const struct ranked *r)
{
	return g_array_index(r->keys, uint64_t, r->at);
}

static const char *front_text(const struct ranked *r, enum am_dictionary d)
{
	return am_columns_text(r->columns, d, (uint32_t)(front(r) >> 32));
}

static void merge(struct ranked *shards, size_t n_shards, enum am_dictionary d,
                  uint32_t *ids)
{
	for (;;) {
		struct ranked *best = NULL;
		for (size_t i = 0; i < n_shards; i++) {
			if (shards[i].at == shards[i].keys->len)
				continue;
			if (!best || strcmp(front_text(&shards[i], d),
			                    front_text(best, d)) < 0)
				best = &shards[i];
		}
		if (!best)
			return;
		*ids++ = (uint32_t)front(best);
		best->at++;
	}
}

int am_result_order(const struct am_result *result, enum am_text_order order,
                    uint32_t **ids, size_t *n, struct am_error *err)
{
	size_t n_shards = result->index->state.n_shards;
	struct ranked *shards = g_new0(struct ranked, n_shards + 1);
	enum am_dictionary d = dictionary_of(order);

	*ids = NULL;
	*n = 0;
	for (size_t i = 0; i < n_shards; i++)
		shards[i].keys = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	int r = collect(result, d, shards, err);
	for (size_t i = 0; i < n_shards && !r; i++) {
		*n += shards[i].keys->len;
		g_array_sort(shards[i].keys, by_number);
	}
	if (!r) {
		*ids = g_new(uint32_t, *n + 1);
		merge(shards, n_shards, d, *ids);
	}
	for (size_t i = 0; i < n_shards; i++)
		g_array_unref(shards[i].keys);
	g_free(shards);
	return r;
}

uint32_t *am_result_ids(const struct am_result *result, size_t *n)
{
	uint32_t *ids = g_new(uint32_t, result->n + 1);

	*n = 0;
	for (size_t i = 0; i < result->index->state.n_shards; i++) {
		const struct am_id_bits *bits = &result->bits[i];
		for (size_t w = 0; w <= bits->n / 64; w++)
			for (uint64_t left = bits->words[w]; left;
			     left &= left - 1)
				ids[(*n)++] =
					bits->first +
					(uint32_t)(64 * w +
				                   (size_t)__builtin_ctzll(
							   left));
	}
	return ids;
}
