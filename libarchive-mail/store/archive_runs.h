/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_ARCHIVE_RUNS_H
#define AM_STORE_ARCHIVE_RUNS_H

#include "store/archive_edit.h"
#include "store/items.h"

/*
 * Decisions about mail that is in an archive: which of several copies is shown,
 * which date is believed.  They are made in runs, each an accession of its own,
 * and each decision is a change that names its run and what was before it, so a
 * run can be undone, also years later.
 *
 *   begin   {"run":"dedup",…}: who decided what, and how
 *   …       decisions
 *   end     their number
 *
 * All of it counts from am_archive_edit_commit() on.
 */
struct am_archive;

/* json: an object that begins with the member "run". */
AM_MUST_USE int am_archive_run_begin(struct am_archive_edit *edit,
                                     const char *json, uint64_t *run,
                                     struct am_error *err);
AM_MUST_USE int am_archive_run_end(struct am_archive_edit *edit, uint64_t run,
                                   const char *json, struct am_error *err);

/*
 * `placement` is not shown any more, `kept` stands for it and gets what it
 * lacks of its flags (but deleted, draft, junk), keywords and labels, and its
 * folder as a label when it is another.  AM_END: one of them is gone; nothing
 * was done then.
 */
AM_MUST_USE int am_archive_edit_replace(struct am_archive_edit *edit,
                                        int64_t placement, int64_t kept,
                                        uint64_t run, const char *why,
                                        struct am_error *err);
/*
 * The inverse of such a change: it is shown again in the folder where it was,
 * under that folder's next UID, and what the other one got of it is taken from
 * that.  AM_END: it is not put away (any more).  AM_FAILED, AM_E_NOTFOUND:
 * compact has given up its bytes since.
 */
AM_MUST_USE int am_archive_edit_restore(struct am_archive_edit *edit,
                                        const struct am_item_change *replaced,
                                        uint64_t run, struct am_error *err);
/* Another date of receipt.  AM_END: it is gone, or has this one. */
AM_MUST_USE int am_archive_edit_date(struct am_archive_edit *edit,
                                     int64_t placement,
                                     const struct am_item_date *now,
                                     uint64_t run, struct am_error *err);
/* Back to what was before this change.  AM_END: gone, or decided anew since. */
AM_MUST_USE int am_archive_edit_undate(struct am_archive_edit *edit,
                                       const struct am_item_change *dated,
                                       uint64_t run, struct am_error *err);

/* The decisions of a run (REPLACED, RESTORED, DATED) in order, read from the
 * log; AM_END from fn ends it well. */
typedef int am_decision_fn(void *user, const struct am_item_change *change,
                           struct am_error *err);
AM_MUST_USE int am_archive_decisions(struct am_archive *archive, uint64_t run,
                                     am_decision_fn *fn, void *user,
                                     struct am_error *err);
/* Runs in order: each once begun, and once more when it ended. */
typedef int am_run_fn(void *user, const struct am_item_accession *run,
                      struct am_error *err);
AM_MUST_USE int am_archive_runs(struct am_archive *archive, am_run_fn *fn,
                                void *user, struct am_error *err);

#endif
