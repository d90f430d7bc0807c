/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log told to the catalog, record by record: how a catalog is made anew
 * and how one that is behind catches up.  What is damaged is noted and passed
 * over; the catalog then knows what the log still tells.
 */
#include "store/archive_impl.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "mime/overview.h"

#include <glib.h>

#include <string.h>

/* So many rows in one transaction before the next commit of the log ends it:
 * a reader that is killed goes on from there. */
#define ROWS_A_TURN 50000

struct replay {
	struct am_archive *archive;
	struct am_skeleton *skeleton;
	struct am_coder *coder;
	struct am_progress progress;
	uint64_t seq, rows, start;
};

static void note_damage(struct replay *r, uint64_t pos,
                        const struct am_error *why)
{
	am_ctx_note(r->archive->ctx, AM_NOTE_ERROR, "archive.damage", NULL,
	            r->archive->path, "record at %" PRIu64 ": %s", pos,
	            why->text);
}

/* Is it only this piece that is bad? */
static bool is_damage(int r, const struct am_error *why)
{
	return r == AM_FAILED && why->kind != AM_E_UNSUPPORTED &&
	       why->kind != AM_E_MEMORY && why->kind != AM_E_CANCELLED;
}

/* Can it be read whole? */
static bool holds(struct am_log *log, const struct am_record *rec)
{
	if (rec->stored_len > AM_BLOB_PREFIX + 2 * (uint64_t)AM_BLOCK_MOST)
		return false;
	uint8_t *bytes = g_malloc((size_t)rec->stored_len);
	bool good = !am_log_payload(log, rec, bytes, NULL);
	g_free(bytes);
	return good;
}

/*
 * Behind the last commit, where repair looks too, may lie a copy of what stands
 * in its place: a piece of the file that came in twice, as like as not cut
 * short.  It must not take the place of what can be read.
 */
static bool is_better(const struct replay *r, const struct am_record *rec,
                      uint64_t known)
{
	struct am_log *log = r->archive->log;
	struct am_record old;

	if (known < am_log_last(log)->end &&
	    !am_log_header(log, known, &old, NULL) && old.type == rec->type &&
	    old.id == rec->id && holds(log, &old))
		return false;
	return holds(log, rec);
}

static bool in_tail(const struct replay *r, const struct am_record *rec)
{
	return rec->pos >= am_log_last(r->archive->log)->end;
}

static int take_block(struct replay *r, const struct am_record *rec,
                      struct am_error *err)
{
	struct am_catalog *c = r->archive->catalog;
	uint64_t known;
	int s = AM_END;

	if (in_tail(r, rec))
		s = am_catalog_find_block(c, rec->id, &known, err);
	if (s < 0 || (!s && !is_better(r, rec, known)))
		return s;
	return am_catalog_add_block(c, rec->id, rec->pos, err);
}

static int take_blob(struct replay *r, const struct am_record *rec,
                     struct am_error *err)
{
	if (rec->id)
		return AM_OK;
	if (rec->stored_len < AM_BLOB_PREFIX ||
	    rec->stored_len > AM_BLOB_PREFIX + 2 * (uint64_t)AM_FRAME_MAX)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "an attachment of impossible length");
	uint8_t *bytes = g_malloc((size_t)rec->stored_len);
	int s = am_log_payload(r->archive->log, rec, bytes, err);
	if (!s) {
		struct am_cursor in = am_cursor(bytes + AM_SHA256_LEN, 8);
		uint64_t known;
		s = AM_END;
		if (in_tail(r, rec))
			s = am_catalog_find_blob(r->archive->catalog, bytes,
			                         &known, err);
		if (s == AM_END || (!s && is_better(r, rec, known)))
			s = am_catalog_add_blob(r->archive->catalog, bytes,
			                        am_get_le64(&in), rec->pos,
			                        err);
	}
	g_free(bytes);
	return s;
}

/* The recipe of a message, also of one that shares another's content. */
static int recipe_of(struct replay *r, const struct am_item_message *m,
                     struct am_arena *arena, struct am_recipe *out,
                     struct am_error *err)
{
	struct am_catalog_message owner;

	*out = m->recipe;
	if (m->content == m->id)
		return AM_OK;
	int s = am_catalog_message(r->archive->catalog, m->content, arena,
	                           &owner, err);
	if (s == AM_END)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "message %" PRIu64
		               " shares the bytes of %" PRIu64
		               ", which is not there",
		               m->id, m->content);
	*out = owner.item.recipe;
	return s;
}

static int take_message(struct replay *r, const struct am_item_message *m,
                        struct am_arena *arena, struct am_error *err)
{
	struct am_overview overview = {0};
	struct am_recipe recipe;
	struct am_error why;

	if (m->shown) {
		r->progress.done++;
		return am_catalog_add_message(r->archive->catalog, m, m->shown,
		                              err);
	}
	int s = recipe_of(r, m, arena, &recipe, &why);
	if (!s && recipe.n_steps)
		s = am_skeleton_overview(r->skeleton, &recipe, arena, &overview,
		                         &why);
	if (s && is_damage(s, &why)) {
		/* It stays in the list: so that somebody misses it. */
		am_ctx_note(r->archive->ctx, AM_NOTE_ERROR, "archive.damage",
		            NULL, r->archive->path, "message %" PRIu64 ": %s",
		            m->id, why.text);
		overview = (struct am_overview){0};
	} else if (s) {
		if (err)
			*err = why;
		return s;
	}
	r->progress.done++;
	return am_catalog_add_message(r->archive->catalog, m, &overview, err);
}

static int take_item(struct replay *r, const struct am_item_any *item,
                     struct am_arena *arena, struct am_error *err)
{
	struct am_catalog *c = r->archive->catalog;

	r->rows++;
	switch (item->type) {
	case AM_ITEM_FOLDER:
		return am_catalog_add_folder(c, &item->folder, err);
	case AM_ITEM_MESSAGE:
		return take_message(r, &item->message, arena, err);
	case AM_ITEM_PLACEMENT:
		return am_catalog_add_placement(c, &item->placement, ++r->seq,
		                                err);
	case AM_ITEM_CHANGE:
		return am_catalog_add_change(c, &item->change, ++r->seq, err);
	case AM_ITEM_CURSOR:
		return am_catalog_add_cursor(c, &item->cursor, err);
	case AM_ITEM_ACCESSION:
		return am_catalog_add_accession(c, &item->accession, err);
	}
	return AM_OK;
}

static int take_items(struct replay *r, const struct am_record *rec,
                      struct am_error *err)
{
	uint8_t prefix[AM_BLOB_PREFIX];
	uint8_t *bytes = NULL;
	struct am_arena *arena = NULL;
	struct am_item_any item;

	int s = am_log_unpack(r->archive->log, r->coder, rec, &bytes, prefix,
	                      err);
	struct am_items_reader in = {bytes, bytes};
	if (!s)
		in.end = bytes + rec->raw_len;
	while (!s) {
		/* One a message: what it needs is small and soon forgotten. */
		am_arena_free(&arena);
		arena = am_arena_new();
		s = am_items_next(&in, arena, &item, err);
		if (s)
			break;
		struct am_error why;
		s = take_item(r, &item, arena, &why);
		if (s && is_damage(s, &why)) {
			note_damage(r, rec->pos, &why);
			s = AM_OK;
		} else if (s && err) {
			*err = why;
		}
	}
	am_arena_free(&arena);
	g_free(bytes);
	return s == AM_END ? AM_OK : s;
}

static int take_record(void *user, const struct am_record *rec,
                       struct am_error *err)
{
	struct replay *r = user;
	struct am_error why;
	int s = AM_OK;

	if (am_ctx_cancelled(r->archive->ctx))
		return am_ctx_fail_cancelled(err);
	if (rec->type == AM_REC_BLOCK)
		s = take_block(r, rec, &why);
	else if (rec->type == AM_REC_BLOB)
		s = take_blob(r, rec, &why);
	else if (rec->type == AM_REC_ITEMS)
		s = take_items(r, rec, &why);
	r->progress.done_bytes += AM_RECORD_HEADER + rec->stored_len;
	am_ctx_progress(r->archive->ctx, &r->progress);
	if (s && is_damage(s, &why)) {
		note_damage(r, rec->pos, &why);
		return AM_OK;
	}
	if (s && err)
		*err = why;
	return s;
}

static int take_commit(void *user, const struct am_commit *commit,
                       struct am_error *err)
{
	struct replay *r = user;

	if (r->rows < ROWS_A_TURN)
		return AM_OK;
	r->rows = 0;
	int s = am_catalog_end(r->archive->catalog,
	                       am_log_archive_id(r->archive->log), commit, err);
	return s ? s : am_catalog_begin(r->archive->catalog, err);
}

static void take_damage(void *user, uint64_t pos, uint64_t len, const char *why)
{
	struct replay *r = user;

	am_ctx_note(r->archive->ctx, AM_NOTE_ERROR, "archive.damage", NULL,
	            r->archive->path, "%" PRIu64 " bytes at %" PRIu64 ": %s",
	            len, pos, why);
}

int am_replay_log(struct am_archive *a, uint64_t from, bool tail,
                  struct am_error *err)
{
	struct replay r = {.archive = a, .start = from};
	struct am_log_walk walk = {
		.record = take_record,
		.commit = take_commit,
		.damage = take_damage,
		.user = &r,
		.tail = tail,
	};

	int s = am_catalog_seq(a->catalog, &r.seq, err);
	if (s)
		return s;
	r.skeleton = am_skeleton_new(a);
	r.coder = am_coder_new();
	r.progress = (struct am_progress){
		.phase = from ? "catching up the catalog"
	                      : "rebuilding the catalog",
		.total_bytes = am_log_size(a->log),
		.total = am_log_last(a->log)->messages,
	};
	if (from) {
		/* Only what is behind it. */
		r.progress.total = 0;
		r.progress.total_bytes = 0;
	}
	s = am_log_walk(a->log, from, &walk, err);
	am_coder_free(&r.coder);
	am_skeleton_free(&r.skeleton);
	return s;
}
