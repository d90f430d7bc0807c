/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TRANSFER_TRANSFER_H
#define AM_TRANSFER_TRANSFER_H

#include "model/sink.h"
#include "model/source.h"

struct am_known;
struct am_report;
struct am_state;
struct am_tally;

/*
 * The one place where mail moves:
 *
 *   reader thread               n workers         this thread
 *   next, want?, ask, load  -->  prepare, any  -->  put, in source order
 *
 * Queues are bounded by messages and by bytes held in memory, so a slow sink
 * slows the source.  A message that fails on any side is counted, named in the
 * report and left behind; the first AM_FATAL, or a cancel, stops all three;
 * what was put stays put and is committed.
 *
 * found = stored + duplicates + filtered + failed holds after every run, ended
 * well or not: what was read but not put when a run broke off is not "found".
 */
struct am_transfer_opts {
	unsigned workers;     /* 0: no threads at all, for tests */
	unsigned queue_depth; /* messages between reader and writer; 0: 256,
	                       * 64 where the workers compose them */
	uint64_t queue_bytes; /* raw bytes in memory between them; 0: 8 MiB,
	                          or 1 MiB a worker and one more where
	                          these compose them */
	unsigned ask_ahead; /* messages asked for but not yet loaded; 0: 1024 */
	uint64_t commit_bytes; /* between commits; 0: 256 MiB */
	unsigned commit_secs;  /* and at least this often; 0: 10 */
	bool dry_run;          /* everything but the sink */
	/* A folder that is not wanted is not made in the target; its messages
	 * are still asked for one by one.  NULL: all. */
	bool (*want_folder)(void *user, const struct am_folder *folder);
	/* AM_OK take it, AM_END leave it out (filtered), else an error; before
	 * the bytes are loaded, on the reader thread. */
	int (*want)(void *user, const struct am_message *msg,
	            struct am_error *err);
	/* The same with the bytes loaded; NULL when nothing needs them. */
	int (*want_loaded)(void *user, const struct am_message *msg,
	                   struct am_error *err);
	void *user;
	const char *phase; /* of progress; NULL: "copying" */
	uint64_t limit;    /* messages taken at most; 0: all */
	/* All of the source is taken: a file that was broken off may be gone on
	 * with. */
	bool whole;
	/* What is in the target already, when the sink does not know itself. */
	struct am_known *known;
	/* The target's memory of servers where the sink has none; saved with
	 * each commit, as clean when the source came to its end. */
	struct am_state *state;
	/* What the target is left with when a run ended, for the state: its
	 * size, or (may stay NULL) its tally; NULL: nothing is known. */
	int (*target_left)(void *user, uint64_t *size, struct am_tally **tally,
	                   struct am_error *err);
	/* Note, for each stored message, what a format that keeps only
	 * target_keeps (enum am_keeps) loses of it. */
	bool count_losses;
	uint32_t target_keeps;
	const struct am_job_info *info;
	/* Another run into the same sink follows: one that is whole only at its
	 * end (am_sink.whole_at_end) is not ended by this one when that came to
	 * its own end; what was stored is committed by the last. */
	bool hold;
	/* What such runs before this one reported, or NULL: it is committed,
	 * or not, with this one. */
	struct am_report *held;
};

/* AM_OK also when messages failed: the ledger tells.  AM_FATAL when the run
 * could not be ended; the report is right in either case. */
AM_MUST_USE int am_transfer_run(struct am_source *src, struct am_sink *sink,
                                const struct am_transfer_opts *opts,
                                struct am_report *report, struct am_error *err);

#endif
