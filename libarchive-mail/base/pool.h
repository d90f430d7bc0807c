/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_POOL_H
#define AM_BASE_POOL_H

#include "base/error.h"

#include <signal.h>

/*
 * Workers that run jobs.  A job is a member of the struct it works on; the
 * one who submits it waits for it, usually in the order of submission, which
 * is how parallel compression writes its results in sequence.
 *
 * run() gets a worker number below n_workers, good for indexing per-thread
 * scratch memory.  With no workers at all, submit() runs the job at once as
 * worker 0: tests and small machines take the same road.
 */
struct am_job {
	void (*run)(struct am_job *job, unsigned worker);
	bool done;           /* the pool's */
	struct am_job *next; /* the pool's */
};

struct am_pool;

AM_MUST_USE int am_pool_new(struct am_pool **out, unsigned n_workers,
                            struct am_error *err);
void am_pool_free(struct am_pool **pool); /* finishes what was submitted */
unsigned am_pool_slots(const struct am_pool *pool); /* at least 1 */
void am_pool_submit(struct am_pool *pool, struct am_job *job);
void am_pool_wait(struct am_pool *pool, struct am_job *job);

/*
 * Signals are the main thread's business: threads that are started between this
 * and setting the mask `before` again do not hear them.  All but those which a
 * thread causes itself: blocked, a SIGBUS of a map (base/map.h) ends the
 * program instead of reaching its handler.
 */
void am_signals_elsewhere(sigset_t *before);

#endif
