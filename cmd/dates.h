/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_DATES_H
#define MAILARK_DATES_H

#include "model/dates.h"

struct am_arena;
struct am_archive;
struct am_archive_placement;
struct am_blob;
struct am_json;
struct am_limits;
struct session;

/* Everything that says when a message came: what is kept beside it and what its
 * header says; and what follows from it (model/dates.h).  In the arena. */
struct dates {
	struct am_date_candidate present;
	struct am_date_candidate *all;
	size_t n;
	struct am_dates_choice choice;
};
AM_MUST_USE int dates_read(struct dates *out, const struct am_message *meta,
                           const struct am_blob *raw,
                           const struct am_limits *limits,
                           struct am_arena *arena, struct am_error *err);

/* mailark show --dates. */
AM_MUST_USE int dates_show(struct am_archive *archive, int64_t message,
                           bool as_json, struct am_error *err);

/* mailark repair --dates: the plan, what is done, and undoing it; the exit
 * status. */
struct dates_options {
	bool apply, runs, json, all;
	const char *undo;
};
int dates_repair(struct session *s, const char *path,
                 const struct dates_options *options);

#endif
