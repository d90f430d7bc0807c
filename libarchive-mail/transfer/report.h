/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TRANSFER_REPORT_H
#define AM_TRANSFER_REPORT_H

#include "model/ctx.h"
#include "model/sink.h"

struct am_json;

/*
 * The ledger of a copy in full: counts for the whole and for each folder, every
 * failure with its name, notes counted by code.  Memory is bounded: failures
 * beyond 10,000 are counted here ("failures_unnamed") and named by the notes
 * alone, of which each failure is one.
 *
 * One thread counts messages; am_report_note() may come from another, but no
 * two notes at once, which is what ctx->on_note promises.
 */
struct am_report_folder {
	const struct am_folder *folder; /* NULL: of messages without one */
	struct am_ledger ledger;
	uint64_t pending, pending_bytes; /* stored, not committed yet */
};

struct am_report;

struct am_report *am_report_new(void);
void am_report_free(struct am_report **report);

struct am_ledger *am_report_total(struct am_report *report);
/* A folder was seen, with or without messages in it. */
void am_report_folder(struct am_report *report, const struct am_folder *folder);
/* Counting one message; folder may be NULL for what has none. */
void am_report_found(struct am_report *report, const struct am_folder *folder);
void am_report_stored(struct am_report *report, const struct am_folder *folder,
                      uint64_t bytes);
/* What was stored so far is safe in the target. */
void am_report_committed(struct am_report *report);
/* The target took no more commits: what was stored since the last one is not
 * in it, and counts as failed for this reason. */
void am_report_not_committed(struct am_report *report, const char *code,
                             const struct am_error *err);
void am_report_duplicate(struct am_report *report,
                         const struct am_folder *folder);
/* Counted as stored, and then it was not. */
void am_report_late(struct am_report *report, const struct am_late *what,
                    const char *code, const struct am_error *err);
/* n messages that were not even looked at: the target is known to have them. */
void am_report_already(struct am_report *report, const struct am_folder *folder,
                       uint64_t n);
/* One that was counted as stored or a duplicate lacks something. */
void am_report_incomplete(struct am_report *report,
                          const struct am_folder *folder);
void am_report_filtered(struct am_report *report,
                        const struct am_folder *folder);
void am_report_failed(struct am_report *report, const struct am_folder *folder,
                      const char *origin, const char *code,
                      const struct am_error *err);
/* So many more, for the same reason. */
void am_report_failed_too(struct am_report *report,
                          const struct am_folder *folder, uint64_t n);
/* A note by its code; call it from ctx->on_note. */
void am_report_note(struct am_report *report, const char *code, uint64_t n);
/* All notes, by code in alphabetical order. */
typedef void am_report_note_fn(void *user, const char *code, uint64_t n);
void am_report_notes(const struct am_report *report, am_report_note_fn *fn,
                     void *user);

/* found == stored + duplicates + filtered + failed, in all and per folder. */
bool am_report_adds_up(const struct am_report *report);
/* The JSON of design/cli.md, "--report FILE". */
void am_report_json(const struct am_report *report, struct am_json *json,
                    const char *source, const char *target, int64_t started,
                    int64_t ended);
/* The same without its braces, for an object that says more. */
void am_report_json_members(const struct am_report *report,
                            struct am_json *json, const char *source,
                            const char *target, int64_t started, int64_t ended);
/* Everything in `from` counted in `to` as well. */
void am_report_add(struct am_report *to, const struct am_report *from);

#endif
