/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TRANSFER_PUMP_IMPL_H
#define AM_TRANSFER_PUMP_IMPL_H

#include "transfer/pump.h"
#include "transfer/report.h"
#include "transfer/transfer.h"

/* The pump's writer, between transfer.c, which runs it, and pump_put.c, which
 * puts one entry. */
struct pump {
	struct am_source *src;
	struct am_sink *sink; /* NULL: dry run */
	const struct am_transfer_opts *opts;
	struct am_report *report;
	struct am_pump_reader *reader;
	struct am_ring *ring; /* NULL without threads */

	/* The writer's. */
	struct am_progress progress;
	uint64_t commit_bytes, uncommitted;
	int64_t commit_usec, committed_at, told_at;
	bool sink_dead;
	uint64_t n_whole; /* of the sink, as far as it is reported */
};

/* What the source wants remembered at its end. */
AM_MUST_USE int am_pump_put_rest(struct pump *p, struct am_error *err);

static inline bool am_pump_needs_hash(const struct pump *p)
{
	const struct am_sink *sink = p->sink;

	/* To be told from what is there, or to be known again there. */
	return p->opts->known ||
	       (p->opts->state && sink && !sink->names &&
	        !sink->knows_duplicates && !sink->ops->missing);
}

/* "source.format", "target.io": what a failure is counted by. */
const char *am_pump_failure_code(enum am_stage stage, enum am_kind kind);
/* What the sink says of messages it took earlier; user is the pump. */
void am_pump_take_placed(void *user, const struct am_placed *what);
void am_pump_take_late(void *user, const struct am_late *what,
                       const struct am_error *err);
/* One entry to the sink, or its failure into the report; on one thread, in
 * order. */
AM_MUST_USE int am_pump_put(struct pump *p, struct am_entry *e,
                            struct am_error *err);

#endif
