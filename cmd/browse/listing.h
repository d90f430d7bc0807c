/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_BROWSE_LISTING_H
#define MAILARK_BROWSE_LISTING_H

#include "index/index.h"

struct am_archive;

/* All messages of an archive in order, from its catalog: what there is to see
 * without an index.  Read once, then only sorted. */
struct listing;

struct listed {
	int64_t id, date;
	uint64_t size;
};

/* *listing is made at the first call.  stop() is asked now and then; when it
 * says so, the call fails with AM_E_CANCELLED and the next begins anew.  The
 * rows are the listing's until the next call. */
AM_MUST_USE int listing_rows(struct listing **listing,
                             struct am_archive *archive, enum am_sort sort,
                             bool (*stop)(void *user), void *user,
                             const struct listed **rows, size_t *n,
                             struct am_error *err);
size_t listing_length(const struct listing *listing);
void listing_free(struct listing **listing);

#endif
