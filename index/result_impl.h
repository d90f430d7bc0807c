/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_RESULT_IMPL_H
#define AM_INDEX_RESULT_IMPL_H

#include "index/columns.h"
#include "index/query_run.h"
#include "index/result.h"

/* Messages of one shard, a bit each. */
struct am_id_bits {
	uint32_t first;
	size_t n;
	uint64_t *words;
};
static inline bool am_id_bits_has(const struct am_id_bits *bits, uint32_t id)
{
	size_t i = id - bits->first;

	return id >= bits->first && i < bits->n &&
	       (bits->words[i / 64] >> (i % 64) & 1);
}

struct am_result {
	struct am_index *index;
	struct am_archive *archive;
	struct am_id_bits *bits; /* one a shard */
	uint64_t n;
	int status; /* while it is filled */
	struct am_error *err;
};

/*
 * Rows of the columns in steps that fit a processor's cache.  Which of a step
 * are asked for stands in `rows`, counted from its first.
 *
 *   am_steps_begin(&steps, index, result);
 *   while (!(r = am_steps_next(&steps, err))) {
 *           r = am_steps_read(&steps, AM_COLUMN_DAY, days, err);
 *           for (size_t i = 0; i < steps.n_rows; i++)
 *                   … days[steps.rows[i]] …
 *   }
 * AM_END at the end.  Steps without such a row are passed over.
 */
#define AM_STEP 8192

struct am_steps {
	struct am_index *index;
	const struct am_result *result; /* NULL: all rows that are not hidden */
	size_t shard;
	struct am_columns *columns;
	uint64_t at; /* the first row of this step */
	size_t n;    /* rows in it */
	size_t n_rows;
	uint16_t rows[AM_STEP];
	uint32_t ids[AM_STEP]; /* of all n */
	bool begun;
};

void am_steps_begin(struct am_steps *steps, struct am_index *index,
                    const struct am_result *result);
AM_MUST_USE int am_steps_next(struct am_steps *steps, struct am_error *err);
/* out: room for AM_STEP values. */
AM_MUST_USE int am_steps_read(struct am_steps *steps, enum am_column column,
                              void *out, struct am_error *err);

#endif
