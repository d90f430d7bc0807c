/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_BROWSE_DIVIDE_H
#define MAILARK_BROWSE_DIVIDE_H

#include "cmd/browse/worker.h"

struct searched;

/* How what was found divides, over several archives. */
struct divide;

struct divide *divide_new(void);
/* What matches in one of them (query NULL: that is all), and how many. */
AM_MUST_USE int divide_add(struct divide *divide, const struct searched *in,
                           const struct am_query *query, uint64_t *count,
                           struct am_error *err);
/* The values that are worth showing, facet by facet; g_free() the array when
 * each of them is cleared. */
void divide_end(struct divide **divide, struct division **out, size_t *n);
void division_clear(struct division *division);

#endif
