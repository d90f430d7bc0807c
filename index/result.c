/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/result_impl.h"

#include "index/places.h"

#include <glib.h>

static void on_match(void *user, size_t shard, uint32_t document)
{
	struct am_result *result = user;
	struct am_id_bits *bits = &result->bits[shard];
	struct am_place place;

	if (result->status)
		return;
	result->status = am_places_get(result->index->places[shard], document,
	                               &place, result->err);
	size_t i = place.id - bits->first;
	if (!result->status && place.id >= bits->first && i < bits->n) {
		bits->words[i / 64] |= UINT64_C(1) << (i % 64);
		result->n++;
	}
}

int am_result_find(struct am_result **out, struct am_index *index,
                   struct am_archive *archive, const struct am_query *query,
                   struct am_error *err)
{
	struct am_result *result = g_new0(struct am_result, 1);
	int r = am_index_load(index, err);
	size_t n = r ? 0 : index->state.n_shards;

	*out = NULL;
	*result = (struct am_result){
		.index = index, .archive = archive, .err = err};
	result->bits = g_new0(struct am_id_bits, n + 1);
	for (size_t i = 0; i < n; i++) {
		const struct am_shard *s = &index->state.shards[i];
		struct am_id_bits *bits = &result->bits[i];
		bits->first = s->first;
		bits->n = (size_t)s->last - s->first + 1;
		bits->words = g_new0(uint64_t, bits->n / 64 + 1);
	}
	if (!r)
		r = am_index_each(index, archive, query, on_match, result, err);
	if (!r && result->status)
		r = result->status == AM_END
		            ? am_fail(err, AM_FAILED, AM_E_CORRUPT,
		                      "the index is damaged: mailark index "
		                      "--rebuild makes it anew")
		            : result->status;
	result->err = NULL;
	if (r)
		am_result_free(&result);
	else
		*out = result;
	return r;
}

void am_result_free(struct am_result **result)
{
	struct am_result *x = *result;

	if (!x)
		return;
	for (size_t i = 0; x->bits && x->bits[i].words; i++)
		g_free(x->bits[i].words);
	g_free(x->bits);
	g_free(x);
	*result = NULL;
}

uint64_t am_result_count(const struct am_result *result)
{
	return result->n;
}

bool am_result_has(const struct am_result *result, int64_t id)
{
	const struct am_state *state = &result->index->state;

	for (size_t i = 0; i < state->n_shards; i++)
		if (id >= state->shards[i].first && id <= state->shards[i].last)
			return am_id_bits_has(&result->bits[i], (uint32_t)id);
	return false;
}

/* ---- steps -----------------------------------------------------------------
 */

void am_steps_begin(struct am_steps *s, struct am_index *index,
                    const struct am_result *result)
{
	s->index = index;
	s->result = result;
	s->shard = 0;
	s->columns = NULL;
	s->at = s->n = s->n_rows = 0;
	s->begun = false;
}

static void choose_rows(struct am_steps *s)
{
	const struct am_id_set *hidden = &s->index->hidden;
	size_t k = 0, n = 0;

	if (s->result) {
		const struct am_id_bits *bits = &s->result->bits[s->shard];
		for (size_t i = 0; i < s->n; i++)
			if (am_id_bits_has(bits, s->ids[i]))
				s->rows[n++] = (uint16_t)i;
		s->n_rows = n;
		return;
	}
	/* Both ascend. */
	for (size_t low = 0, high = hidden->n; s->n && low < high;) {
		size_t middle = low + (high - low) / 2;
		if (hidden->ids[middle] < s->ids[0])
			low = k = middle + 1;
		else
			high = middle;
	}
	for (size_t i = 0; i < s->n; i++) {
		while (k < hidden->n && hidden->ids[k] < s->ids[i])
			k++;
		if (k == hidden->n || hidden->ids[k] != s->ids[i])
			s->rows[n++] = (uint16_t)i;
	}
	s->n_rows = n;
}

int am_steps_next(struct am_steps *s, struct am_error *err)
{
	int r = AM_OK;

	do {
		s->at += s->n;
		s->n = 0;
		if (s->begun && s->at == am_columns_documents(s->columns)) {
			s->shard++;
			s->at = 0;
			s->begun = false;
		}
		if (s->shard == s->index->state.n_shards)
			return AM_END;
		if (!s->begun)
			r = am_index_columns(s->index, s->shard, &s->columns,
			                     err);
		if (r)
			return r;
		s->begun = true;
		s->n = (size_t)MIN(AM_STEP,
		                   am_columns_documents(s->columns) - s->at);
		r = am_columns_read(s->columns, AM_COLUMN_ID, s->at, s->n,
		                    s->ids, err);
		if (!r)
			choose_rows(s);
	} while (!r && !s->n_rows);
	return r;
}

int am_steps_read(struct am_steps *s, enum am_column column, void *out,
                  struct am_error *err)
{
	return am_columns_read(s->columns, column, s->at, s->n, out, err);
}
