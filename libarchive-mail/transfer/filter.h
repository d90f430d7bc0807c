/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TRANSFER_FILTER_H
#define AM_TRANSFER_FILTER_H

#include "model/message.h"

/* Which messages a copy takes: the filters of the command line. */
struct am_filter {
	size_t n_folders, n_exclude;
	const char *const *folders, *const *exclude; /* globs */
	struct am_when since, until; /* of the received date, else Date: */
	uint64_t larger, smaller;    /* bytes; 0: does not matter */
};

/* Of the folder alone: whether it is to be made at all. */
bool am_filter_wants_folder(const struct am_filter *filter,
                            const struct am_folder *folder);
/* Some answers need the bytes (size, Date:): those wait for loaded true. */
bool am_filter_wants(const struct am_filter *filter,
                     const struct am_message *msg, bool loaded);
/* "2020", "2020-05", "2020-05-01", ISO 8601, "3d", "2w", "6m", "1y" ago. */
AM_MUST_USE int am_filter_date(const char *text, bool end_of, int64_t now,
                               struct am_when *out, struct am_error *err);

#endif
