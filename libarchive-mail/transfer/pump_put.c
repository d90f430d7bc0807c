/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Putting: what happens to an entry that is ready, on one thread, in the order
 * of the source.
 */
#include "transfer/pump_impl.h"

#include "base/blob.h"
#include "transfer/known.h"
#include "transfer/loss.h"
#include "transfer/state.h"

#include <glib.h>

#include <string.h>

/* "source.format", "target.io": what a failure is counted by. */
const char *am_pump_failure_code(enum am_stage stage, enum am_kind kind)
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
	const char *code = am_pump_failure_code(e->stage, e->err->kind);

	am_report_found(p->report, e->folder);
	am_report_failed(p->report, e->folder, origin, code, e->err);
	am_report_failed_too(p->report, e->folder, e->failed);
	am_ctx_note_error(p->src->ctx, code, e->folder, origin, e->err);
	p->progress.failed += 1 + e->failed;
}

void am_pump_take_placed(void *user, const struct am_placed *what)
{
	struct pump *p = user;

	struct am_known_key key;

	if (!p->opts->state)
		return;
	if (!what->name) {
		am_state_placed(p->opts->state, p->src->identity, what);
		return;
	}
	am_known_name(&key, what->name, what->size);
	am_state_proof(p->opts->state, p->src->identity, what->folder,
	               what->uidvalidity, what->uid, &key);
}

/* The sink was told later that it cannot have one it took. */
void am_pump_take_late(void *user, const struct am_late *what,
                       const struct am_error *err)
{
	struct pump *p = user;
	const char *code = am_pump_failure_code(AM_STAGE_TARGET, err->kind);

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
		am_ctx_note_error(
			p->src->ctx,
			am_pump_failure_code(AM_STAGE_TARGET, err->kind),
			e->folder, NULL, err);
	return end_of_sink(p, r, err);
}

static int put_bytes(struct pump *p, struct am_entry *e,
                     enum am_outcome *outcome, struct am_known_key *key,
                     struct am_error *err)
{
	unsigned tries = 0;

	*outcome = AM_STORED;
	if (p->opts->known &&
	    am_known_take(p->opts->known, e->folder, e->hash, key)) {
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

/* It is in the target, and by that key it will be known there. */
static void remember(struct pump *p, const struct am_entry *e,
                     enum am_outcome outcome, struct am_known_key *key)
{
	const struct am_message *msg = e->msg;

	if (!p->opts->state || !p->sink)
		return;
	am_state_stored(p->opts->state, p->src->identity, msg);
	if (outcome == AM_STORED && am_pump_needs_hash(p) && !p->sink->names)
		am_known_key(key, p->sink->one_folder ? NULL : e->folder,
		             e->hash);
	am_state_proof(p->opts->state, p->src->identity, msg->folder,
	               msg->uidvalidity, msg->uid, key);
}

static int put_message(struct pump *p, struct am_entry *e, struct am_error *err)
{
	enum am_outcome outcome = AM_STORED;
	struct am_known_key key = {0};
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
	r = put_bytes(p, e, &outcome, &key, err);
	note_whole(p);
	if (r) {
		int fatal = end_of_sink(p, r, err);
		if (fatal)
			return fatal;
		am_entry_fail(e, AM_STAGE_TARGET, err);
		count_failure(p, e);
		return AM_OK;
	}
	remember(p, e, outcome, &key);
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

	if (!p->sink || !source ||
	    (am_source_is_local(source) && !p->opts->whole))
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
		am_ctx_note_error(
			p->src->ctx,
			am_pump_failure_code(AM_STAGE_TARGET, err->kind),
			e->folder, NULL, err);
	p->uncommitted += 256;
	return end_of_sink(p, r, err);
}

int am_pump_put_rest(struct pump *p, struct am_error *err)
{
	struct am_entry rest = {.kind = AM_ENTRY_CURSOR,
	                        .folder = p->src->rest_folder};

	if (!p->src->rest)
		return AM_OK;
	rest.cursor = g_strdup(p->src->rest);
	int r = put_word(p, &rest, err);
	g_free(rest.cursor);
	return r;
}

int am_pump_put(struct pump *p, struct am_entry *e, struct am_error *err)
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
		p->progress.done += e->failed;
	} else {
		r = put_message(p, e, err);
	}
	if (!r)
		p->progress.done++;
	return r;
}
