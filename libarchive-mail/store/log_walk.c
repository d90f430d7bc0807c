/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The committed records in order (FORMAT.md, section 4), for all who read the
 * log as a whole: the catalog, verify, compact, repair.
 */
#include "store/log_impl.h"

#include <glib.h>

#include <string.h>

enum { CHUNK = 256 * 1024 };

struct walker {
	struct am_log *log;
	struct am_log_walk *walk;
	struct am_sha256 *hash; /* with walk->payloads */
	uint8_t *chunk;
	bool chained; /* the commit before the first is known: */
	uint8_t chain[AM_SHA256_LEN];
	uint64_t number;
	bool damaged; /* something of the present commit is */
};

static void tell_damage(void *user, uint64_t pos, uint64_t len, const char *why)
{
	struct walker *w = user;

	w->damaged = true;
	if (w->walk->damage)
		w->walk->damage(w->walk->user, pos, len, why);
}

/* Header and payload through the chain's hash and the payload's CRC. */
static bool payload_holds(struct walker *w, const struct am_record *rec)
{
	uint8_t header[AM_RECORD_HEADER];
	uint64_t at = rec->pos + AM_RECORD_HEADER;
	uint64_t left = rec->stored_len;
	uint32_t crc = 0;

	if (am_log_pread(w->log, rec->pos, header, sizeof header, NULL))
		return false;
	am_sha256_update(w->hash, header, sizeof header);
	while (left) {
		size_t n = left < CHUNK ? (size_t)left : CHUNK;
		if (am_log_pread(w->log, at, w->chunk, n, NULL))
			return false;
		am_sha256_update(w->hash, w->chunk, n);
		crc = am_crc32(crc, w->chunk, n);
		at += n;
		left -= n;
	}
	return crc == rec->crc;
}

/* The records of [from, to): all of them count. */
static int deliver(struct walker *w, uint64_t from, uint64_t to,
                   struct am_error *err)
{
	struct am_log_scan scan = {
		.log = w->log,
		.pos = from,
		.limit = to,
		.gap = tell_damage,
		.user = w,
	};
	struct am_record rec;
	int r;

	while (!(r = am_log_scan_next(&scan, &rec, err))) {
		if (rec.type == AM_REC_COMMIT) {
			/* A commit that did not count, between two that do. */
			tell_damage(w, rec.pos,
			            AM_RECORD_HEADER + rec.stored_len,
			            "a damaged commit; what it covers is taken "
			            "as it stands");
			continue;
		}
		r = am_log_check_type(&rec, err);
		if (r)
			return r;
		if (w->walk->payloads && !payload_holds(w, &rec)) {
			tell_damage(w, rec.pos,
			            AM_RECORD_HEADER + rec.stored_len,
			            "the payload does not match its checksum");
			continue;
		}
		if (w->walk->record)
			r = w->walk->record(w->walk->user, &rec, err);
		if (r)
			return r;
	}
	return r == AM_END ? AM_OK : r;
}

static void check_chain(struct walker *w, const struct am_commit *commit,
                        bool lost)
{
	uint8_t chain[AM_SHA256_LEN];

	am_sha256_final(w->hash, chain);
	if (w->chained && !lost && !w->damaged &&
	    memcmp(chain, commit->chain, sizeof chain))
		tell_damage(w, commit->pos, commit->end - commit->pos,
		            "the chain of hashes does not lead to this commit");
	memcpy(w->chain, commit->chain, sizeof w->chain);
	w->chained = true;
}

/* One commit and what it covers.  prev_end: where the one before ended. */
static int take_commit(struct walker *w, const struct am_commit *commit,
                       uint64_t prev_end, bool lost, struct am_error *err)
{
	uint64_t from = commit->since > prev_end ? commit->since : prev_end;

	w->damaged = false;
	if (lost)
		from = prev_end;
	else
		w->walk->void_bytes += am_log_distance(w->log, prev_end, from);
	if (w->walk->payloads)
		am_sha256_update(w->hash, w->chain, sizeof w->chain);
	int r = deliver(w, from, commit->pos, err);
	if (r)
		return r;
	if (w->walk->payloads)
		check_chain(w, commit, lost);
	if (w->walk->commit)
		r = w->walk->commit(w->walk->user, commit, err);
	return r;
}

/* A commit that counted once and is not where it was. */
static void tell_moved(void *user, const struct am_record *rec, uint64_t here)
{
	struct walker *w = user;
	char *why;

	if (rec->type != AM_REC_COMMIT || rec->id <= w->number)
		return;
	if (am_log_pos_segment(rec->pos) != am_log_pos_segment(here))
		why = g_strdup_printf("commit %" PRIu64
		                      " belongs to another segment",
		                      rec->id);
	else
		why = g_strdup_printf(
			"commit %" PRIu64 " stands %" PRIu64
			" bytes %s its place: bytes were %s before it",
			rec->id,
			here > rec->pos ? here - rec->pos : rec->pos - here,
			here > rec->pos ? "behind" : "before",
			here > rec->pos ? "inserted" : "lost");
	tell_damage(w, here, AM_RECORD_HEADER + rec->stored_len, why);
	g_free(why);
}

/* Behind the last commit nothing counts, unless it did once. */
static int look_at_tail(struct walker *w, struct am_error *err)
{
	struct am_log_scan scan = {
		.log = w->log,
		.pos = w->log->last.end,
		.limit = am_log_files_end(w->log),
		.moved = tell_moved,
		.user = w,
	};
	struct am_record rec;
	int r;

	w->number = w->log->last.number;
	do
		r = am_log_scan_next(&scan, &rec, err);
	while (!r);
	return r == AM_END ? AM_OK : r;
}

static int walk_commits(struct walker *w, uint64_t from, struct am_error *err)
{
	uint64_t limit = w->log->last.end;
	struct am_log_scan scan = {
		.log = w->log,
		.pos = from,
		.limit = limit,
		.moved = tell_moved,
		.user = w,
	};
	bool known = w->chained;
	bool bad = false; /* a commit that cannot be read came by */
	struct am_record rec;
	int r;

	while (!(r = am_log_scan_next(&scan, &rec, err))) {
		struct am_commit commit;
		if (rec.type != AM_REC_COMMIT)
			continue;
		if (am_log_read_commit(w->log, &rec, &commit, NULL)) {
			bad = true;
			continue;
		}
		/* One was lost: its record is gone, what it covered is not. */
		bool lost = bad || (known && commit.number != w->number + 1);
		r = take_commit(w, &commit, from, lost, err);
		if (r)
			return r;
		from = commit.end;
		w->number = commit.number;
		known = true;
		bad = false;
	}
	if (r != AM_END)
		return r;
	if (w->walk->tail)
		return deliver(w, from, am_log_files_end(w->log), err);
	return w->walk->damage ? look_at_tail(w, err) : AM_OK;
}

static int check_features(const struct am_log *log, struct am_error *err)
{
	for (size_t i = 0; i < log->head.n_features; i++)
		if (log->head.features[i].bits & AM_FEATURE_VERIFY &&
		    strcmp(log->head.features[i].name, am_log_elsewhere.name))
			return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
			               "%s: a program that checks it must know "
			               "the feature \"%s\"",
			               log->path, log->head.features[i].name);
	return AM_OK;
}

int am_log_walk(struct am_log *log, uint64_t from, struct am_log_walk *walk,
                struct am_error *err)
{
	struct walker w = {.log = log, .walk = walk};
	int r = AM_OK;

	walk->void_bytes = 0;
	log->lenient |= walk->tail;
	if (from < AM_LOG_PREAMBLE)
		from = AM_LOG_PREAMBLE;
	w.chained = from == AM_LOG_PREAMBLE;
	if (log->known.number && from == log->known.end) {
		w.chained = true;
		w.number = log->known.number;
		memcpy(w.chain, log->known.chain, sizeof w.chain);
	}
	if (walk->payloads) {
		r = check_features(log, err);
		if (r)
			return r;
		w.hash = am_sha256_new();
		w.chunk = g_malloc(CHUNK);
	}
	r = walk_commits(&w, from, err);
	if (r < 0)
		am_wrap(err, r, "%s", log->path);
	am_sha256_free(&w.hash);
	g_free(w.chunk);
	return r;
}
