/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pump: what happens to an entry behind the reader, and the run as a whole.
 * The inside is drawn in pump.h.
 */
#include "transfer/transfer.h"

#include "base/blob.h"
#include "transfer/digest.h"
#include "transfer/known.h"
#include "transfer/pump_impl.h"
#include "transfer/report.h"
#include "transfer/state.h"
#include "transfer/tally.h"

#include <glib.h>

#include <pthread.h>
#include <string.h>

#define PROGRESS_USEC (G_USEC_PER_SEC / 10)
#define WORKERS_MAX   64

static bool needs_workers(const struct pump *p)
{
	return am_pump_needs_hash(p) || (p->sink && p->sink->ops->prepare) ||
	       p->src->loads_anywhere;
}

/* ---- preparing: any thread ---------------------------------------------- */

static void prepare(const struct pump *p, struct am_entry *e)
{
	const struct am_ctx *ctx = p->src->ctx;
	struct am_error err = {0};
	unsigned tries = 0;

	if (e->kind != AM_ENTRY_MESSAGE)
		return;
	if (e->unloaded) {
		e->status = am_pump_load(p->src, e, &err);
		if (e->status)
			am_entry_fail(e, AM_STAGE_SOURCE, &err);
		if (e->status || e->kind != AM_ENTRY_MESSAGE)
			return;
		uint64_t cost = am_pump_weigh(e->msg);
		e->more_cost = cost > e->cost ? cost - e->cost : 0;
	}
	if (am_pump_needs_hash(p)) {
		e->status = am_digest_text(e->hash, e->msg->raw, &err);
		if (e->status) {
			am_entry_fail(e, AM_STAGE_SOURCE, &err);
			return;
		}
		e->skipped = p->opts->known &&
		             am_known_has(p->opts->known, e->folder, e->hash);
	}
	if (!p->sink || e->skipped)
		return;
	int r = am_sink_prepare(p->sink, e->msg, &e->prepared, &err);
	while (am_pump_again(ctx, &tries, &r))
		r = am_sink_prepare(p->sink, e->msg, &e->prepared, &err);
	e->status = r;
	if (r)
		am_entry_fail(e, AM_STAGE_TARGET, &err);
}

static void tell(struct pump *p, const struct am_folder *folder)
{
	p->progress.folder = folder;
	am_ctx_progress(p->src->ctx, &p->progress);
	p->progress.folder = NULL;
	p->told_at = g_get_monotonic_time();
}

/* A state that cannot be saved costs the next run time, and is told. */
static void save_state(struct pump *p, bool clean)
{
	const struct am_transfer_opts *o = p->opts;
	struct am_tally *tally = NULL;
	struct am_error err;
	uint64_t size = 0;
	int r = AM_OK;

	if (!o->state || !p->sink || !p->src->identity)
		return;
	if (clean && o->target_left)
		r = o->target_left(o->user, &size, &tally, &err);
	if (!r)
		r = am_state_save(o->state, clean, size, tally, &err);
	am_tally_free(&tally);
	if (r)
		am_ctx_note_error(p->src->ctx, "target.state", NULL, NULL,
		                  &err);
}

static int commit(struct pump *p, struct am_error *err)
{
	p->uncommitted = 0;
	p->committed_at = g_get_monotonic_time();
	if (!p->sink)
		return AM_OK;
	int r = am_sink_commit(p->sink, err);
	if (!r) {
		am_report_committed(p->report);
		if (p->opts->held)
			am_report_committed(p->opts->held);
		save_state(p, false);
		return AM_OK;
	}
	p->sink_dead = true;
	return AM_FATAL;
}

/* What is due between two messages; cheap enough to be asked after each. */
static int keep_time(struct pump *p, const struct am_folder *folder,
                     struct am_error *err)
{
	int64_t now = g_get_monotonic_time();

	if (now - p->told_at >= PROGRESS_USEC)
		tell(p, folder);
	if (p->sink && p->sink->whole_at_end)
		return AM_OK;
	if (p->uncommitted >= p->commit_bytes ||
	    (p->uncommitted && now - p->committed_at >= p->commit_usec))
		return commit(p, err);
	return AM_OK;
}

/* ---- the run
 * ------------------------------------------------------------------ */

static int run_alone(struct pump *p, struct am_error *err)
{
	for (;;) {
		struct am_entry e = {0};
		int r = am_pump_reader_next(p->reader, &e, err);
		if (r)
			return r;
		prepare(p, &e);
		r = am_pump_put(p, &e, err);
		if (!r)
			r = keep_time(p, e.folder, err);
		am_entry_clear(p->sink, &e);
		if (r)
			return r;
	}
}

static void *read_all(void *arg)
{
	struct pump *p = arg;
	struct am_error err = {0};
	int r;

	for (;;) {
		struct am_entry e = {0};
		r = am_pump_reader_next(p->reader, &e, &err);
		if (r)
			break;
		if (!am_ring_push(p->ring, p->sink, &e)) {
			am_entry_clear(NULL, &e);
			break;
		}
	}
	am_ring_end(p->ring, r, &err);
	return NULL;
}

static void *prepare_all(void *arg)
{
	struct pump *p = arg;
	struct am_entry *first;
	size_t n;

	while ((n = am_ring_claim(p->ring, &first))) {
		if (p->sink && p->sink->hashes)
			am_pump_hash(first, n);
		for (size_t i = 0; i < n; i++)
			prepare(p, &first[i]);
		am_ring_done(p->ring, first, n);
	}
	return NULL;
}

/* This thread's loop while the others run. */
static int write_all(struct pump *p, struct am_error *err)
{
	for (;;) {
		struct am_entry *first;
		uint64_t cost = 0;
		size_t n = 0;
		int64_t until = p->told_at + PROGRESS_USEC;
		int64_t soon = g_get_monotonic_time() + 10000;
		int r = am_ring_take(p->ring, until > soon ? until : soon,
		                     &first, &n, err);
		if (r)
			return r;
		for (size_t i = 0; i < n && !r; i++) {
			r = am_pump_put(p, &first[i], err);
			if (!r)
				r = keep_time(p, first[i].folder, err);
			cost += first[i].cost;
			/* Made by a worker, not by the reader, who frees the
			 * rest when it next has something. */
			if (first[i].unloaded && first[i].msg)
				am_blob_unref(&first[i].msg->raw);
			if (r)
				n = i + 1;
		}
		if (n)
			am_ring_release(p->ring, n, cost);
		else
			r = keep_time(p, NULL, err);
		if (!r && am_ctx_cancelled(p->src->ctx))
			r = am_ctx_fail_cancelled(err);
		if (r)
			return r;
	}
}

static int start_thread(pthread_t *thread, void *(*run)(void *), void *arg,
                        struct am_error *err)
{
	int sys = pthread_create(thread, NULL, run, arg);

	if (sys)
		return am_fail(err, AM_FATAL, AM_E_MEMORY,
		               "cannot start a thread: %s", g_strerror(sys));
	return AM_OK;
}

/*
 * What is between the stages.  Messages that the workers compose are made in
 * memory that is new to the process until the first ones are written: the less
 * is under way, the sooner it is used again, and the more of it is in caches.
 */
static unsigned queue_depth(const struct pump *p)
{
	if (p->opts->queue_depth)
		return p->opts->queue_depth;
	return p->src->loads_anywhere ? 64 : 256;
}

static uint64_t queue_bytes(const struct pump *p, unsigned n_workers)
{
	const uint64_t most = (uint64_t)8 << 20, each = (uint64_t)1 << 20;

	if (p->opts->queue_bytes)
		return p->opts->queue_bytes;
	return p->src->loads_anywhere ? MIN(most, (n_workers + 1) * each)
	                              : most;
}

static int run_threads(struct pump *p, unsigned n_workers, struct am_error *err)
{
	pthread_t reader, workers[WORKERS_MAX];
	unsigned n_started = 0;
	bool reading = false;
	int r = AM_OK;

	p->ring = am_ring_new(queue_depth(p), queue_bytes(p, n_workers),
	                      n_workers);
	while (!r && n_started < n_workers) {
		r = start_thread(&workers[n_started], prepare_all, p, err);
		n_started += !r;
	}
	if (!r)
		r = start_thread(&reader, read_all, p, err);
	reading = !r;
	if (!r)
		r = write_all(p, err);
	am_ring_stop(p->ring);
	if (reading)
		pthread_join(reader, NULL);
	while (n_started)
		pthread_join(workers[--n_started], NULL);
	am_ring_drain(p->ring, p->sink);
	am_ring_free(&p->ring);
	return r;
}

/* Everything the source has was compared with what was in the target before:
 * what failed or was left out may be there, and the next run must look. */
static bool is_settled(const struct pump *p)
{
	const struct am_ledger *l = am_report_total(p->report);

	return !p->opts->known || !am_known_count(p->opts->known) ||
	       (!l->failed && !l->filtered);
}

/* The last words to the sink.  A failure here does not hide an earlier one. */
static int end_sink(struct pump *p, int r, struct am_error *err)
{
	struct am_error late = {0};
	int last = AM_OK;

	if (!p->sink || p->sink_dead)
		return r;
	if (p->opts->hold && p->sink->whole_at_end && r == AM_END)
		return r;
	last = am_pump_put_rest(p, &late);
	if (!last)
		last = am_sink_finish(p->sink, am_report_total(p->report),
		                      r == AM_END, &late);
	if (last == AM_FATAL && late.kind != AM_E_CANCELLED)
		p->sink_dead = true;
	if (!p->sink_dead) {
		int c = commit(p, &late);
		last = c ? c : last;
		if (!last && r == AM_END)
			save_state(p, is_settled(p));
	}
	if (last && r == AM_END) {
		*err = late;
		return AM_FATAL;
	}
	return r;
}

/* What was put since the last commit is not in the target. */
static void lose(const struct pump *p, const struct am_error *err)
{
	const char *code = am_pump_failure_code(AM_STAGE_TARGET, err->kind);

	am_report_not_committed(p->report, code, err);
	if (p->opts->held)
		am_report_not_committed(p->opts->held, code, err);
}

int am_transfer_run(struct am_source *src, struct am_sink *sink,
                    const struct am_transfer_opts *opts,
                    struct am_report *report, struct am_error *err)
{
	static const struct am_job_info nobody = {.command = "",
	                                          .source = "",
	                                          .format = "",
	                                          .program = "mailark"};
	struct am_error own = {0};
	struct pump p = {
		.src = src,
		.sink = opts->dry_run ? NULL : sink,
		.opts = opts,
		.report = report,
		.progress = {.phase = opts->phase ? opts->phase : "copying",
	                     .total = src->total,
	                     .total_bytes = src->total_bytes},
		.commit_bytes = opts->commit_bytes ? opts->commit_bytes
	                                           : (uint64_t)256 << 20,
		.commit_usec =
			(int64_t)(opts->commit_secs ? opts->commit_secs : 10) *
			G_USEC_PER_SEC,
	};
	int r = AM_OK;

	struct am_job_info info = opts->info ? *opts->info : nobody;

	err = err ? err : &own;
	bool local = am_source_is_local(src->identity);
	info.identity = local ? NULL : src->identity;
	p.committed_at = g_get_monotonic_time();
	if (p.sink) {
		p.n_whole = p.sink->n_whole;
		p.sink->late = am_pump_take_late;
		p.sink->placed = opts->state ? am_pump_take_placed : NULL;
		p.sink->late_user = &p;
		r = am_sink_begin(p.sink, &info, err);
	}
	if (!r && p.sink &&
	    (local ? opts->whole && p.sink->memory
	           : p.sink->memory || opts->state)) {
		struct am_memory *memory =
			p.sink->memory ? p.sink->memory
				       : am_state_memory(opts->state);
		r = am_source_resume(src, memory, err);
	}
	if (r) {
		lose(&p, err);
		return AM_FATAL;
	}
	p.reader = am_pump_reader_new(src, opts);
	if (!opts->workers || src->brief)
		r = run_alone(&p, err);
	else
		r = run_threads(&p,
		                !needs_workers(&p)            ? 0
		                : opts->workers < WORKERS_MAX ? opts->workers
		                                              : WORKERS_MAX,
		                err);
	am_pump_reader_free(&p.reader);
	r = end_sink(&p, r, err);
	if (p.sink) {
		p.sink->late = NULL;
		p.sink->placed = NULL;
	}
	if (p.sink_dead && p.sink && p.sink->settled)
		am_report_committed(report);
	else if (p.sink_dead)
		lose(&p, err);
	tell(&p, NULL);
	return r == AM_END ? AM_OK : AM_FATAL;
}
