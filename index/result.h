/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_RESULT_H
#define AM_INDEX_RESULT_H

#include "index/index.h"

/*
 * All messages that match a query, without order: asked once, then counted in
 * several ways (facets.h, collapse.h).  A bit for each message of the index.
 *
 *   struct am_result *result = NULL;
 *   r = am_result_find(&result, index, archive, query, err);
 *   r = am_facets_count(lists, result, facets, n, 10, err);
 *   am_result_free(&result);
 *
 * It is of the index as it was opened: free it before the index is updated or
 * closed.  The thread of the index.
 */
struct am_result;

AM_MUST_USE int am_result_find(struct am_result **out, struct am_index *index,
                               struct am_archive *archive,
                               const struct am_query *query,
                               struct am_error *err);
void am_result_free(struct am_result **result);
uint64_t am_result_count(const struct am_result *result);
bool am_result_has(const struct am_result *result, int64_t id);

#endif
