/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_FACETS_H
#define AM_INDEX_FACETS_H

#include "base/error.h"

struct am_result;

/*
 * How a result set divides: by year, sender, list … counted over all of it,
 * not over the page that is shown.
 *
 *   static const enum am_facet which[] = {AM_FACET_YEAR, AM_FACET_FROM};
 *   struct am_facet_list lists[2];
 *
 *   r = am_facets_count(lists, result, which, 2, 10, err);
 *   … lists[0].values[i].text, .count …
 *   am_facets_clear(lists, 2);
 *
 * Each value comes with the words that, added to the query, leave just the
 * messages it counts: what a click on it asks next.  Of a message with
 * attachments of two types, or in two folders, both count it.
 */
enum am_facet {
	AM_FACET_YEAR,   /* in order of time, the newest first; the others by
	                  * count, the largest first */
	AM_FACET_FROM,   /* address */
	AM_FACET_DOMAIN, /* of it */
	AM_FACET_LIST,
	AM_FACET_FOLDER,
	AM_FACET_TYPE, /* of attachments */
	AM_FACET_SIZE, /* in order of size */
	AM_FACET_COUNT
};

struct am_facet_value {
	char *text;  /* "2019", "alice@example.org", "10–100 KiB" */
	char *query; /* "date:2019", "from:alice@example.org" */
	uint64_t count;
};
struct am_facet_list {
	enum am_facet facet;
	size_t n; /* at most as many as were asked for */
	struct am_facet_value *values;
	uint64_t distinct; /* values in all */
	uint64_t without;  /* messages that have none */
};

/* "year", "from" …; the plural is understood.  false: no such. */
bool am_facet_find(const char *name, size_t len, enum am_facet *out);
const char *am_facet_name(enum am_facet facet);

AM_MUST_USE int am_facets_count(struct am_facet_list *out,
                                const struct am_result *result,
                                const enum am_facet *facets, size_t n,
                                size_t most, struct am_error *err);
void am_facets_clear(struct am_facet_list *lists, size_t n);

/*
 * The same in time: counts of equal periods, the finest that do not give more
 * than so many.  A few messages with a date far away from all others (a clock
 * that was wrong) do not stretch it: they count as `before` or `after`.
 */
enum am_period { AM_PERIOD_DAY, AM_PERIOD_MONTH, AM_PERIOD_YEAR };
struct am_timeline {
	enum am_period period;
	int32_t first; /* days since 1970; months since 1970; the year */
	size_t n;
	uint64_t *counts;
	uint64_t largest, total; /* of those in counts */
	uint64_t before, after, undated;
};
/* Of several results as if they were one. */
AM_MUST_USE int am_timeline_count(struct am_timeline *out,
                                  const struct am_result *const *results,
                                  size_t n, size_t most, struct am_error *err);
void am_timeline_clear(struct am_timeline *timeline);
/* "2019", "2019-07", "2019-07-30": of period i; also what follows "date:". */
#define AM_PERIOD_ROOM 16
void am_timeline_label(const struct am_timeline *timeline, size_t i,
                       char out[AM_PERIOD_ROOM]);

#endif
