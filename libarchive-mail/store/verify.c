/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checking an archive, from the outside in: every record's header, place and
 * checksum and the chain of commits; what the commits count; and in full, or
 * when something was found, every attachment, every message's bytes and the
 * catalog against a fresh one.
 */
#include "store/archive_impl.h"

#include "base/arena.h"
#include "base/blob.h"
#include "store/idset.h"

#include <glib.h>

#include <string.h>

struct check {
	struct am_archive *archive;
	struct am_coder *coder;
	struct am_verify_result *out;
	struct am_progress progress;
	uint64_t placements, blocks;
	struct am_idset *folders;
};

static void note_damage(struct check *c, uint64_t pos, const char *why)
{
	c->out->damaged_records++;
	am_ctx_note(c->archive->ctx, AM_NOTE_ERROR, "archive.damage", NULL,
	            c->archive->path, "at %" PRIu64 ": %s", pos, why);
}

/* ---- records ---- */

static int count_items(struct check *c, const uint8_t *bytes, size_t len,
                       struct am_error *err)
{
	struct am_items_reader in = {bytes, bytes + len};
	struct am_item_any item;
	int r = AM_OK;

	while (!r) {
		struct am_arena *arena = am_arena_new();
		r = am_items_next(&in, arena, &item, err);
		if (!r && item.type == AM_ITEM_MESSAGE) {
			c->out->messages++;
			c->out->bytes += item.message.size;
		} else if (!r && item.type == AM_ITEM_PLACEMENT) {
			c->placements++;
		} else if (!r && item.type == AM_ITEM_FOLDER) {
			am_idset_add(c->folders, item.folder.id);
		}
		am_arena_free(&arena);
	}
	return r == AM_END ? AM_OK : r;
}

static int check_items(struct check *c, const struct am_record *rec,
                       struct am_error *err)
{
	uint8_t prefix[AM_BLOB_PREFIX];
	uint8_t *bytes;
	struct am_error why;

	int r = am_log_unpack(c->archive->log, c->coder, rec, &bytes, prefix,
	                      &why);
	if (!r)
		r = count_items(c, bytes, (size_t)rec->raw_len, &why);
	g_free(bytes);
	if (r == AM_FAILED && why.kind != AM_E_UNSUPPORTED) {
		note_damage(c, rec->pos, why.text);
		return AM_OK;
	}
	if (r && err)
		*err = why;
	return r;
}

static int check_record(void *user, const struct am_record *rec,
                        struct am_error *err)
{
	struct check *c = user;

	if (am_ctx_cancelled(c->archive->ctx))
		return am_ctx_fail_cancelled(err);
	c->out->records++;
	c->progress.done_bytes += AM_RECORD_HEADER + rec->stored_len;
	am_ctx_progress(c->archive->ctx, &c->progress);
	if (rec->type == AM_REC_BLOCK)
		c->blocks++;
	if (rec->type == AM_REC_BLOB && !rec->id)
		c->out->blobs++;
	return rec->type == AM_REC_ITEMS ? check_items(c, rec, err) : AM_OK;
}

static int check_commit(void *user, const struct am_commit *commit,
                        struct am_error *err)
{
	struct check *c = user;

	(void)commit;
	(void)err;
	c->out->records++;
	c->out->commits++;
	return AM_OK;
}

static void on_damage(void *user, uint64_t pos, uint64_t len, const char *why)
{
	char *text = g_strdup_printf("%s (%" PRIu64 " bytes)", why, len);

	note_damage(user, pos, text);
	g_free(text);
}

static void check_count(struct check *c, const char *what, uint64_t found,
                        uint64_t said)
{
	if (found == said)
		return;
	char *text = g_strdup_printf("the last commit counts %" PRIu64
	                             " %s, there are %" PRIu64,
	                             said, what, found);
	note_damage(c, am_log_last(c->archive->log)->pos, text);
	g_free(text);
}

static int check_records(struct check *c, struct am_error *err)
{
	struct am_log *log = c->archive->log;
	const struct am_commit *last = am_log_last(log);
	struct am_log_walk walk = {
		.record = check_record,
		.commit = check_commit,
		.damage = on_damage,
		.user = c,
		.payloads = true,
	};

	c->progress = (struct am_progress){.phase = "checking records",
	                                   .total_bytes = am_log_size(log)};
	if (am_log_starts_badly(log))
		note_damage(c, 0, "the first line is damaged");
	int r = am_log_walk(log, 0, &walk, err);
	c->out->void_bytes = walk.void_bytes + am_log_tail(log);
	if (r)
		return r;
	/* With damage they cannot agree, and that is told already: but not how
	 * many messages went with the records that told of them. */
	if (c->out->damaged_records) {
		if (last->messages > c->out->messages) {
			uint64_t n = last->messages - c->out->messages;
			c->out->damaged_messages += n;
			am_ctx_note(c->archive->ctx, AM_NOTE_ERROR,
			            "archive.lost", NULL, c->archive->path,
			            "%" PRIu64 " messages went with the "
			            "records that told of them",
			            n);
		}
		return AM_OK;
	}
	check_count(c, "messages", c->out->messages, last->messages);
	check_count(c, "placements", c->placements, last->placements);
	check_count(c, "folders", am_idset_count(c->folders), last->folders);
	check_count(c, "attachments", c->out->blobs, last->blobs);
	check_count(c, "blocks", c->blocks, last->blocks);
	return AM_OK;
}

/* ---- contents ---- */

static int check_blob(void *user, const uint8_t hash[AM_SHA256_LEN],
                      uint64_t size, uint64_t pos, struct am_error *err)
{
	struct check *c = user;
	struct am_error why;
	char hex[AM_SHA256_HEX];

	if (am_ctx_cancelled(c->archive->ctx))
		return am_ctx_fail_cancelled(err);
	int r = am_content_check_blob(c->archive->reader, hash, pos, &why);
	c->progress.done_bytes += size;
	am_ctx_progress(c->archive->ctx, &c->progress);
	if (r == AM_FAILED) {
		c->out->damaged_blobs++;
		am_hex(hash, AM_SHA256_LEN, hex);
		am_ctx_note(c->archive->ctx, AM_NOTE_ERROR, "archive.damage",
		            NULL, c->archive->path, "attachment %.16s: %s", hex,
		            why.text);
		return AM_OK;
	}
	if (r && err)
		*err = why;
	return r;
}

/* AM_OK: it is held by a folder; AM_END: by none. */
static int is_placed(struct am_archive *a, uint64_t id, struct am_error *err)
{
	struct am_catalog_places *places;
	struct am_catalog_place place;

	int r = am_catalog_places_open(&places, a->catalog,
	                               AM_CATALOG_OF_MESSAGE, id, err);
	if (r)
		return r;
	do
		r = am_catalog_places_next(places, &place, err);
	while (!r && place.gone);
	am_catalog_places_close(&places);
	return r;
}

static int check_bytes(struct check *c, uint64_t id, struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	struct am_catalog_message row;
	struct am_blob *raw = NULL;

	int r = am_archive_row(c->archive, id, arena, &row, err);
	if (r == AM_END)
		r = AM_OK;
	else if (!r && row.dropped)
		r = is_placed(c->archive, id, err)
		            ? AM_OK
		            : am_fail(err, AM_FAILED, AM_E_CORRUPT,
		                      "its bytes were dropped, and a folder "
		                      "holds it");
	else if (!r)
		r = am_archive_bytes(c->archive, &row, &raw, err);
	am_blob_unref(&raw);
	am_arena_free(&arena);
	return r;
}

static int check_messages(struct check *c, struct am_error *err)
{
	uint64_t *ids;
	size_t n;

	int r = am_catalog_ids(c->archive->catalog, AM_CATALOG_BY_ID, &ids, &n,
	                       err);
	c->progress =
		(struct am_progress){.phase = "checking messages", .total = n};
	for (size_t i = 0; i < n && !r; i++) {
		struct am_error why;
		if (am_ctx_cancelled(c->archive->ctx)) {
			r = am_ctx_fail_cancelled(err);
			break;
		}
		r = check_bytes(c, ids[i], &why);
		if (r == AM_FAILED) {
			c->out->damaged_messages++;
			am_archive_note_lost(c->archive, ids[i], &why);
			r = AM_OK;
		} else if (r && err) {
			*err = why;
		}
		c->progress.done++;
		c->progress.failed = c->out->damaged_messages;
		am_ctx_progress(c->archive->ctx, &c->progress);
	}
	g_free(ids);
	return r;
}

/* ---- the catalog ---- */

static void on_difference(void *user, const char *what)
{
	struct check *c = user;

	am_ctx_note(c->archive->ctx, AM_NOTE_ERROR, "archive.catalog-differs",
	            NULL, c->archive->path, "%s", what);
}

static int check_catalog(struct check *c, struct am_error *err)
{
	struct am_archive *a = c->archive;
	struct am_commit pos;
	uint64_t id;

	/* Our own, made for this reading: there is nothing to compare. */
	if (a->own)
		return AM_OK;
	int r = am_catalog_position(a->catalog, &id, &pos, err);
	if (r)
		return r < 0 ? r : AM_OK;
	/* A writer is at work: it will follow. */
	if (pos.number != am_log_last(a->log)->number)
		return AM_OK;
	struct am_catalog *given = a->catalog;
	a->catalog = NULL;
	struct am_error why;
	r = am_archive_attach_private(a, false, &why);
	if (!r)
		r = am_catalog_compare(given, a->catalog, on_difference, c,
		                       &c->out->catalog_differences, &why);
	if (r && am_catalog_is_broken(given)) {
		c->out->catalog_differences++;
		on_difference(c, why.text);
		r = AM_OK;
	} else if (r && err) {
		*err = why;
	}
	am_catalog_close(&given);
	return r;
}

static int check_contents(struct check *c, struct am_error *err)
{
	c->progress = (struct am_progress){.phase = "checking attachments"};
	int r = am_catalog_blobs(c->archive->catalog, check_blob, c, err);

	return r ? r : check_messages(c, err);
}

/* With the catalog there is; when that turns out to be damaged, with one of
 * our own: it is the archive that is to be checked. */
static int check_contents_somehow(struct check *c, struct am_error *err)
{
	struct am_verify_result so_far = *c->out;
	struct am_error why;

	int r = check_contents(c, &why);
	if (r && am_catalog_is_broken(c->archive->catalog)) {
		*c->out = so_far;
		c->out->catalog_differences++;
		on_difference(c, why.text);
		r = am_archive_attach_private(c->archive, false, &why);
		if (!r)
			r = check_contents(c, &why);
	}
	if (r && err)
		*err = why;
	return r;
}

static int verdict(const struct check *c, struct am_error *err)
{
	const struct am_verify_result *v = c->out;

	if (v->damaged_records || v->damaged_messages || v->damaged_blobs)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "%s: %" PRIu64 " damaged places, %" PRIu64
		               " messages and %" PRIu64 " attachments lost",
		               c->archive->path, v->damaged_records,
		               v->damaged_messages, v->damaged_blobs);
	if (v->catalog_differences)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "%s: the archive is whole, but its catalog "
		               "differs in %" PRIu64 " places: rebuild it",
		               c->archive->path, v->catalog_differences);
	return AM_OK;
}

int am_archive_verify(const char *path, bool full, struct am_ctx *ctx,
                      struct am_verify_result *out, struct am_error *err)
{
	struct check c = {.out = out};

	*out = (struct am_verify_result){0};
	int r = am_archive_open(&c.archive, path, false, ctx, err);
	if (r)
		return r;
	c.coder = am_coder_new();
	c.folders = am_idset_new();
	r = check_records(&c, err);
	/* Where there is damage, people want to know what it cost. */
	if (!r && (full || out->damaged_records))
		r = check_contents_somehow(&c, err);
	if (!r && full && !out->damaged_records)
		r = check_catalog(&c, err);
	if (!r)
		r = verdict(&c, err);
	am_idset_free(&c.folders);
	am_coder_free(&c.coder);
	am_archive_close(&c.archive);
	return r;
}
