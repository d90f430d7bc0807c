/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/check.h"

#include "base/blob.h"
#include "index/document.h"
#include "index/index_impl.h"
#include "index/places.h"
#include "index/result_impl.h"
#include "index/sums.h"
#include "index/texts.h"
#include "index/vocabulary.h"
#include "index/xapian_door.h"
#include "model/ctx.h"
#include "store/archive.h"

#include <glib.h>

/* So many holes are looked into one by one; more are told as a number. */
#define LOOKED_INTO 1000

struct check {
	struct am_index_health *out;
	struct am_index *index;
	struct am_archive *archive;
	struct am_ctx *ctx;
	uint64_t *live, *indexed; /* a bit each, up to state.last */
	struct am_document *doc;
	uint64_t looked_into;
};

static bool has(const uint64_t *bits, uint32_t id)
{
	return bits[id / 64] >> (id % 64) & 1;
}

static void set(uint64_t *bits, uint32_t id)
{
	bits[id / 64] |= UINT64_C(1) << (id % 64);
}

static void on_place(void *user, int64_t message, int64_t folder)
{
	struct check *c = user;

	(void)folder;
	if (message > 0 && message <= c->index->state.last)
		set(c->live, (uint32_t)message);
}

static void tell(const struct check *c, enum am_note_level level,
                 const char *code, uint32_t id, const char *what)
{
	char origin[24];

	g_snprintf(origin, sizeof(origin), "message %" PRIu32, id);
	if (c->ctx)
		am_ctx_note(c->ctx, level, code, NULL, origin, "%s", what);
}

/* ---- the shards ------------------------------------------------------------
 */

static int count_files(struct check *c, size_t i, struct am_error *err)
{
	const struct am_shard *shard = &c->index->state.shards[i];
	struct am_columns *columns = NULL;
	struct am_texts *texts = NULL;
	struct am_vocabulary *words = NULL;
	uint64_t n = 0;
	int r = am_index_columns(c->index, i, &columns, err);

	if (!r)
		r = am_index_vocabulary(c->index, i, &words, err);
	if (!r)
		r = am_index_texts(c->index, i, &texts, err);
	if (!r)
		r = am_xapian_shard_documents(c->index->xapian, i, &n, err);
	if (!r &&
	    (am_columns_documents(columns) != shard->documents ||
	     am_texts_documents(texts) != shard->documents ||
	     am_places_documents(c->index->places[i]) != shard->documents ||
	     n != shard->documents))
		r = am_fail(err, AM_FAILED, AM_E_CORRUPT,
		            "its files do not have as many documents as each "
		            "other");
	return r;
}

static int check_shard(struct check *c, size_t i, bool full,
                       struct am_error *err)
{
	const struct am_shard *shard = &c->index->state.shards[i];
	struct am_error why = {0};
	int r = count_files(c, i, &why);

	if (!r && full) {
		char *dir = am_shard_path(c->index->path, shard);
		r = am_xapian_check(dir, &why);
		if (!r)
			r = am_sums_check(dir, &why);
		g_free(dir);
	}
	c->out->documents += shard->documents;
	if (!r)
		return AM_OK;
	if (why.kind != AM_E_CORRUPT && why.kind != AM_E_NOTFOUND) {
		*err = why;
		return r;
	}
	c->out->damaged++;
	tell(c, AM_NOTE_ERROR, "index.damage", shard->first, why.text);
	return AM_OK;
}

static int read_ids(struct check *c, struct am_error *err)
{
	uint32_t *ids = g_new(uint32_t, AM_STEP);
	int r = AM_OK;

	for (size_t i = 0; i < c->index->state.n_shards && !r; i++) {
		struct am_columns *columns;
		if (am_index_columns(c->index, i, &columns, NULL))
			continue; /* told already */
		uint64_t n = am_columns_documents(columns);
		for (uint64_t at = 0; at < n && !r; at += AM_STEP) {
			size_t step = (size_t)MIN(AM_STEP, n - at);
			r = am_columns_read(columns, AM_COLUMN_ID, at, step,
			                    ids, err);
			for (size_t k = 0; k < step && !r; k++)
				if (ids[k] <= c->index->state.last)
					set(c->indexed, ids[k]);
		}
	}
	g_free(ids);
	return r;
}

/* ---- message by message ----------------------------------------------------
 */

/* Shown, and not in the index: why? */
static int look_into(struct check *c, uint32_t id, struct am_error *err)
{
	struct am_blob *raw = NULL;
	struct am_error why = {0};

	if (++c->looked_into > LOOKED_INTO) {
		c->out->lost++;
		return AM_OK;
	}
	int r = am_archive_load(c->archive, id, &raw, &why);
	if (!r)
		r = am_document_read(c->doc, raw,
		                     c->ctx ? &c->ctx->limits : NULL, &why);
	am_blob_unref(&raw);
	if (r == AM_FATAL) {
		*err = why;
		return r;
	}
	if (r) {
		c->out->unreadable++;
		tell(c, AM_NOTE_WARN, "index.unreadable", id, why.text);
	} else {
		c->out->lost++;
		tell(c, AM_NOTE_ERROR, "index.lost", id,
		     "this message is not in the index, and should be");
	}
	return AM_OK;
}

/* In the index, and not shown: is it a message at all? */
static int look_at_hidden(struct check *c, uint32_t id, struct am_error *err)
{
	struct am_archive_message m;
	struct am_error why = {0};
	int r = am_archive_message(c->archive, id, &m, &why);

	if (!r) {
		c->out->hidden++;
	} else if (why.kind == AM_E_NOTFOUND) {
		c->out->foreign++;
		tell(c, AM_NOTE_ERROR, "index.foreign", id,
		     "the index has a message that the archive has not");
	} else {
		*err = why;
		return r;
	}
	return AM_OK;
}

static int compare(struct check *c, struct am_error *err)
{
	int r = AM_OK;

	for (uint32_t id = 1; id <= c->index->state.last && !r; id++) {
		bool live = has(c->live, id), there = has(c->indexed, id);
		c->out->messages += live;
		c->out->shown += live && there;
		if (live && !there)
			r = look_into(c, id, err);
		else if (!live && there)
			r = look_at_hidden(c, id, err);
		if (id == UINT32_MAX)
			break;
	}
	return r;
}

int am_index_check(struct am_index_health *out, struct am_index *index,
                   struct am_archive *archive, bool full, struct am_ctx *ctx,
                   struct am_error *err)
{
	struct am_error own = {0};
	struct check c = {
		.out = out, .index = index, .archive = archive, .ctx = ctx};
	size_t words = index->state.last / 64 + 1;

	*out = (struct am_index_health){0};
	if (!err)
		err = &own;
	int r = am_index_load(index, err);
	if (!r)
		r = am_index_hide(index, archive, err);
	if (r)
		return r;
	c.live = g_new0(uint64_t, words);
	c.indexed = g_new0(uint64_t, words);
	c.doc = am_document_new();
	for (size_t i = 0; i < index->state.n_shards && !r; i++)
		r = check_shard(&c, i, full, err);
	if (!r)
		r = read_ids(&c, err);
	if (!r)
		r = am_archive_each_place(archive, on_place, &c, err);
	if (!r)
		r = compare(&c, err);
	if (!r)
		r = am_index_missing(index, archive, &out->newer, err);
	out->messages += out->newer;
	out->whole = !r && !out->lost && !out->foreign && !out->damaged;
	am_document_free(&c.doc);
	g_free(c.live);
	g_free(c.indexed);
	return r;
}
