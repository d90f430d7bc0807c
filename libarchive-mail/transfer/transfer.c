/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pump: what happens to an entry behind the reader, and the run as a whole.
 * The inside is drawn in pump.h.
 */
#include "transfer/transfer.h"

#include "base/blob.h"
#include "model/folder.h"
#include "transfer/digest.h"
#include "transfer/known.h"
#include "transfer/loss.h"
#include "transfer/pump.h"
#include "transfer/report.h"
#include "transfer/state.h"
#include "transfer/tally.h"

#include <glib.h>

#include <pthread.h>
#include <string.h>

#define PROGRESS_USEC (G_USEC_PER_SEC / 10)
#define WORKERS_MAX   64

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

static bool needs_hash(const struct pump *p)
{
	return p->opts->known != NULL;
}

static bool needs_workers(const struct pump *p)
{
	return needs_hash(p) || (p->sink && p->sink->ops->prepare) ||
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
	if (needs_hash(p)) {
		e->status = am_digest_text(e->hash, e->msg->raw, &err);
		if (e->status) {
			am_entry_fail(e, AM_STAGE_SOURCE, &err);
			return;
		}
		e->skipped = am_known_has(p->opts->known, e->folder, e->hash);
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

/* ---- putting: one thread, in order -----------------------------------------
 */

/* "source.format", "target.io": what a failure is counted by. */
static const char *failure_code(enum am_stage stage, enum am_kind kind)
{
#define ROW(k, word) [k] = { "source." word, "target." word }
	static const char *const codes[][2] = {
		ROW(AM_E_NONE, "error"),
		ROW(AM_E_IO, "io"),
		ROW(AM_E_MEMORY, "memory"),
		ROW(AM_E_FORMAT, "format"),
		ROW(AM_E_CORRUPT, "corrupt"),
		ROW(AM_E_LIMIT, "limit"),
		ROW(AM_E_ARGUMENT, "argument"),
		ROW(AM_E_UNSUPPORTED, "unsupported"),
		ROW(AM_E_NOTFOUND, "notfound"),
		ROW(AM_E_EXISTS, "exists"),
		ROW(AM_E_BUSY, "busy"),
		ROW(AM_E_AUTH, "auth"),
		ROW(AM_E_PROTOCOL, "protocol"),
		ROW(AM_E_CANCELLED, "cancelled"),
	};
#undef ROW
	size_t i = (size_t)kind < AM_COUNT(codes) ? (size_t)kind : 0;

	return codes[i][stage == AM_STAGE_TARGET];
}

static void count_failure(struct pump *p, struct am_entry *e)
{
	const char *origin = e->msg ? e->msg->origin : e->origin;
	const char *code = failure_code(e->stage, e->err->kind);

	am_report_found(p->report, e->folder);
	am_report_failed(p->report, e->folder, origin, code, e->err);
	am_ctx_note_error(p->src->ctx, code, e->folder, origin, e->err);
	p->progress.failed++;
}

static void take_placed(void *user, const struct am_placed *what)
{
	struct pump *p = user;

	if (p->opts->state)
		am_state_placed(p->opts->state, p->src->identity, what);
}

/* The sink was told later that it cannot have one it took. */
static void take_late(void *user, const struct am_late *what,
                      const struct am_error *err)
{
	struct pump *p = user;
	const char *code = failure_code(AM_STAGE_TARGET, err->kind);

	am_report_late(p->report, what, code, err);
	if (p->opts->state)
		am_state_lost(p->opts->state, p->src->identity, what->folder,
		              what->uidvalidity, what->uid);
	am_ctx_note_error(p->src->ctx, code, what->folder, what->origin, err);
	p->progress.failed++;
}

/* A status of the sink: only what is fatal leaves, and with what is left of
 * the sink then. */
static int end_of_sink(struct pump *p, int r, const struct am_error *err)
{
	/* Being asked to stop kills no sink; anything else fatal does. */
	if (r == AM_FATAL && err->kind != AM_E_CANCELLED)
		p->sink_dead = true;
	return r == AM_FATAL ? AM_FATAL : AM_OK;
}

static int put_folder(struct pump *p, struct am_entry *e, struct am_error *err)
{
	unsigned tries = 0;

	if (e->folder)
		am_report_folder(p->report, e->folder);
	if (!p->sink || !e->folder)
		return AM_OK;
	int r = am_sink_folder(p->sink, e->folder, err);
	while (am_pump_again(p->src->ctx, &tries, &r))
		r = am_sink_folder(p->sink, e->folder, err);
	if (r == AM_FAILED)
		am_ctx_note_error(p->src->ctx,
		                  failure_code(AM_STAGE_TARGET, err->kind),
		                  e->folder, NULL, err);
	return end_of_sink(p, r, err);
}

static int put_bytes(struct pump *p, struct am_entry *e,
                     enum am_outcome *outcome, struct am_error *err)
{
	unsigned tries = 0;

	*outcome = AM_STORED;
	if (needs_hash(p) &&
	    am_known_take(p->opts->known, e->folder, e->hash)) {
		*outcome = AM_DUPLICATE;
		return AM_OK;
	}
	if (e->skipped) {
		/* It was there when a worker looked; another copy took it. */
		e->skipped = false;
		int r = p->sink ? am_sink_prepare(p->sink, e->msg, &e->prepared,
		                                  err)
		                : AM_OK;
		if (r)
			return r;
	}
	if (!p->sink)
		return AM_OK;
	int r = am_sink_put(p->sink, e->msg, &e->prepared, outcome, err);
	/* What was prepared is gone with the first try. */
	while (am_pump_again(p->src->ctx, &tries, &r)) {
		r = am_sink_prepare(p->sink, e->msg, &e->prepared, err);
		if (!r)
			r = am_sink_put(p->sink, e->msg, &e->prepared, outcome,
			                err);
	}
	return r;
}

/* A file of the target became whole, with all that was put before. */
static void note_whole(struct pump *p)
{
	if (!p->sink || p->sink->n_whole == p->n_whole)
		return;
	p->n_whole = p->sink->n_whole;
	am_report_committed(p->report);
	if (p->opts->held)
		am_report_committed(p->opts->held);
}

static int put_message(struct pump *p, struct am_entry *e, struct am_error *err)
{
	enum am_outcome outcome = AM_STORED;
	int r = e->status;

	if (r) {
		*err = *e->err;
		/* Hashing reads the source: the sink has nothing to do with
		 * it. */
		if (e->stage == AM_STAGE_TARGET)
			r = end_of_sink(p, r, err);
		else if (r != AM_FATAL)
			r = AM_OK;
		if (!r)
			count_failure(p, e);
		return r;
	}
	r = put_bytes(p, e, &outcome, err);
	note_whole(p);
	if (r) {
		int fatal = end_of_sink(p, r, err);
		if (fatal)
			return fatal;
		am_entry_fail(e, AM_STAGE_TARGET, err);
		count_failure(p, e);
		return AM_OK;
	}
	if (p->opts->state && p->sink)
		am_state_stored(p->opts->state, p->src->identity, e->msg);
	uint64_t size = am_blob_size(e->msg->raw);
	am_report_found(p->report, e->folder);
	if (outcome == AM_DUPLICATE) {
		am_report_duplicate(p->report, e->folder);
		p->progress.duplicates++;
	} else {
		am_report_stored(p->report, e->folder, size);
		p->uncommitted += size + 1024;
		if (p->opts->count_losses)
			am_loss_count(p->src->ctx, p->opts->target_keeps,
			              e->msg);
	}
	if (e->msg->incomplete)
		am_report_incomplete(p->report, e->folder);
	p->progress.done_bytes += size;
	return AM_OK;
}

/*
 * A change or a cursor: no message, so nothing for the ledger.  A target that
 * fails to write one down is told of once; the source brings it up again.
 */
static int put_word(struct pump *p, struct am_entry *e, struct am_error *err)
{
	const char *source = p->src->identity;
	unsigned tries = 0;
	int r;

	if (!p->sink || !source)
		return AM_OK;
	if (p->opts->state && e->kind == AM_ENTRY_CHANGE)
		am_state_change(p->opts->state, source, e->change);
	else if (p->opts->state)
		am_state_remember(p->opts->state, source, e->folder, e->cursor);
	do {
		r = e->kind == AM_ENTRY_CHANGE
		            ? am_sink_change(p->sink, source, e->change, err)
		            : am_sink_remember(p->sink, source, e->folder,
		                               e->cursor, err);
	} while (am_pump_again(p->src->ctx, &tries, &r));
	if (r == AM_FAILED)
		am_ctx_note_error(p->src->ctx,
		                  failure_code(AM_STAGE_TARGET, err->kind),
		                  e->folder, NULL, err);
	p->uncommitted += 256;
	return end_of_sink(p, r, err);
}

static int put_entry(struct pump *p, struct am_entry *e, struct am_error *err)
{
	if (e->already) {
		am_report_already(p->report, e->folder, e->already);
		p->progress.done += e->already;
		p->progress.duplicates += e->already;
	}
	if (e->kind == AM_ENTRY_FOLDER)
		return put_folder(p, e, err);
	if (am_ctx_cancelled(p->src->ctx))
		return am_ctx_fail_cancelled(err);
	if (e->kind == AM_ENTRY_CHANGE || e->kind == AM_ENTRY_CURSOR)
		return put_word(p, e, err);
	int r = AM_OK;
	if (e->kind == AM_ENTRY_NOTHING) /* gone before it was loaded */
		return AM_OK;
	if (e->kind == AM_ENTRY_FILTERED) {
		am_report_found(p->report, e->folder);
		am_report_filtered(p->report, e->folder);
	} else if (e->kind == AM_ENTRY_FAILED) {
		count_failure(p, e);
	} else {
		r = put_message(p, e, err);
	}
	if (!r)
		p->progress.done++;
	return r;
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
		r = put_entry(p, &e, err);
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
			r = put_entry(p, &first[i], err);
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

static int run_threads(struct pump *p, unsigned n_workers, struct am_error *err)
{
	const struct am_transfer_opts *o = p->opts;
	pthread_t reader, workers[WORKERS_MAX];
	unsigned n_started = 0;
	bool reading = false;
	int r = AM_OK;

	p->ring = am_ring_new(
		o->queue_depth ? o->queue_depth : 256,
		o->queue_bytes ? o->queue_bytes : (uint64_t)8 << 20, n_workers);
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

/* The last words to the sink.  A failure here does not hide an earlier one. */
static int end_sink(struct pump *p, int r, struct am_error *err)
{
	struct am_error late = {0};
	int last = AM_OK;

	if (!p->sink || p->sink_dead)
		return r;
	if (p->opts->hold && p->sink->whole_at_end && r == AM_END)
		return r;
	last = am_sink_finish(p->sink, am_report_total(p->report), r == AM_END,
	                      &late);
	if (last == AM_FATAL && late.kind != AM_E_CANCELLED)
		p->sink_dead = true;
	if (!p->sink_dead) {
		int c = commit(p, &late);
		last = c ? c : last;
		if (!last && r == AM_END)
			save_state(p, true);
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
	const char *code = failure_code(AM_STAGE_TARGET, err->kind);

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
	info.identity = src->identity;
	p.committed_at = g_get_monotonic_time();
	if (p.sink) {
		p.n_whole = p.sink->n_whole;
		p.sink->late = take_late;
		p.sink->placed = take_placed;
		p.sink->late_user = &p;
		r = am_sink_begin(p.sink, &info, err);
	}
	if (!r && p.sink && (p.sink->memory || opts->state)) {
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
	if (!opts->workers)
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
	if (p.sink_dead && p.sink->settled)
		am_report_committed(report);
	else if (p.sink_dead)
		lose(&p, err);
	tell(&p, NULL);
	return r == AM_END ? AM_OK : AM_FATAL;
}
