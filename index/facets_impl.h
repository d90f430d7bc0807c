/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_FACETS_IMPL_H
#define AM_INDEX_FACETS_IMPL_H

#include "index/facets.h"
#include "index/result_impl.h"

#include <glib.h>

/* The largest `most` of what is offered; equal ones in the order of their
 * texts, which must outlive it (or be put into `owned`). */
struct am_ranked {
	const char *text;
	uint64_t count;
};
struct am_top {
	GArray *best; /* struct am_ranked, in order */
	size_t most;
	uint64_t distinct, without;
	GPtrArray *owned; /* NULL, or unreferenced in the end */
};
void am_top_offer(struct am_top *top, const char *text, uint64_t count);

/* facets_place.c: folders, from the catalog. */
AM_MUST_USE int am_folder_values(const struct am_result *result,
                                 struct am_top *top, struct am_error *err);

/* facets_time.c: how many on each day. */
struct am_days;
struct am_days *am_days_new(void);
void am_days_free(struct am_days **days);
/* room: for AM_STEP values. */
AM_MUST_USE int am_days_add(struct am_days *days, struct am_steps *steps,
                            int32_t *room, struct am_error *err);
void am_days_years(const struct am_days *days, struct am_facet_list *list,
                   size_t most);

/* facets_place.c: classes of sizes. */
#define AM_SIZE_CLASSES 6
unsigned am_size_class(uint32_t size);
void am_size_values(const uint64_t counts[AM_SIZE_CLASSES],
                    struct am_facet_list *list);

#endif
