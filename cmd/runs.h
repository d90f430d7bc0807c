/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_RUNS_H
#define MAILARK_RUNS_H

#include "base/error.h"

struct am_archive;
struct session;

/*
 * Runs of decisions about an archive's mail (store/archive_runs.h), as commands
 * make, list and undo them.  `kind`: "dedup", "dates".
 */

/* What a run says of itself when it begins and when it ended.  g_free(). */
char *runs_begun(const struct session *s, const char *kind, const char *how);
char *runs_ended(uint64_t decisions);

/* The runs of a kind and those that undid one; the exit status. */
int runs_list(struct session *s, const char *path, const char *kind,
              bool as_json);

/*
 * Undoes a run, "12" or "last", of this kind; without `apply` only tells what
 * that would do.  What somebody has decided anew since is left as it is, and
 * counted.  The exit status.
 */
struct runs_undo_options {
	const char *kind, *run;
	bool apply, json;
};
int runs_undo(struct session *s, const char *path,
              const struct runs_undo_options *options);

#endif
