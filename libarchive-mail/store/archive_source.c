/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The archive as a source: folder by folder, placements in the order they were
 * stored, which is the order of the blocks their bytes lie in.
 */
#include "store/archive_impl.h"

#include "base/arena.h"
#include "base/blob.h"
#include "model/folder.h"

#include <glib.h>

#include <string.h>

#define PROP_ID "archive.id"

struct archive_source {
	struct am_source base;
	struct am_archive *archive;
	bool expunged; /* what was deleted comes too */
	struct am_catalog_folder *const *folders;
	size_t n_folders, at; /* at: of the folder whose messages come now */
	bool in_folder;
	struct am_catalog_places *places;
	char origin[24]; /* of what failed */
};

static struct archive_source *source_of(struct am_source *src)
{
	return AM_CONTAINER(src, struct archive_source, base);
}

static int make_message(struct archive_source *s,
                        const struct am_catalog_place *place,
                        struct am_message **out, struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	struct am_item_placement item;
	struct am_message *msg = NULL;
	char id[24];

	int r = am_catalog_meta(place, arena, &item, err);
	if (!r)
		r = am_message_new(&msg, s->folders[s->at]->folder, err);
	if (r)
		goto out;
	am_message_copy_meta(msg, item.meta);
	msg->origin = am_arena_strdup(
		msg->arena, item.meta->origin ? item.meta->origin : "");
	msg->flags = place->flags;
	msg->uid = place->uid;
	g_snprintf(id, sizeof id, "%" PRIu64, place->message);
	am_message_add_prop(msg, PROP_ID, id, strlen(id));
	r = am_catalog_size(s->archive->catalog, place->message, &msg->size,
	                    err);
	if (r == AM_END)
		r = am_fail(err, AM_FAILED, AM_E_CORRUPT,
		            "message %" PRIu64 " is missing", place->message);
out:
	am_arena_free(&arena);
	if (r)
		am_message_free(&msg);
	*out = msg;
	return r;
}

static int next_message(struct archive_source *s, struct am_item *out,
                        struct am_error *err)
{
	struct am_catalog_place place;
	int r;

	do
		r = am_catalog_places_next(s->places, &place, err);
	while (!r && place.gone && !s->expunged);
	if (r)
		return r == AM_END ? r : AM_FATAL;
	out->folder = s->folders[s->at]->folder;
	r = make_message(s, &place, &out->message, err);
	if (r) {
		g_snprintf(s->origin, sizeof s->origin, "%" PRIu64,
		           place.message);
		out->origin = s->origin;
	}
	return r;
}

static int next(struct am_source *src, struct am_item *out,
                struct am_error *err)
{
	struct archive_source *s = source_of(src);

	*out = (struct am_item){0};
	if (am_ctx_cancelled(src->ctx))
		return am_ctx_fail_cancelled(err);
	if (s->places) {
		int r = next_message(s, out, err);
		if (r != AM_END)
			return r;
		am_catalog_places_close(&s->places);
		s->at++;
	}
	while (s->at < s->n_folders && s->folders[s->at]->removed &&
	       !s->expunged)
		s->at++;
	if (s->at >= s->n_folders)
		return AM_END;
	int r = am_catalog_places_open(&s->places, s->archive->catalog,
	                               AM_CATALOG_IN_FOLDER,
	                               s->folders[s->at]->id, err);
	if (r)
		return AM_FATAL;
	out->folder = s->folders[s->at]->folder;
	return AM_OK;
}

static int load(struct am_source *src, struct am_message *msg,
                struct am_error *err)
{
	struct archive_source *s = source_of(src);
	const struct am_prop *id = am_message_prop(msg, PROP_ID);
	char *end;

	if (am_ctx_cancelled(src->ctx))
		return am_ctx_fail_cancelled(err);
	gint64 n = id ? g_ascii_strtoll(id->value, &end, 10) : 0;
	if (n <= 0)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "not a message of this archive");
	int r = am_archive_load(s->archive, n, &msg->raw, err);
	return r == AM_END ? AM_FAILED : r;
}

static void close_source(struct am_source *src)
{
	struct archive_source *s = source_of(src);

	am_catalog_places_close(&s->places);
	am_archive_close(&s->archive);
	g_free(s);
}

static const struct am_source_ops ops = {
	.next = next,
	.load = load,
	.close = close_source,
};

static int start(struct archive_source *s, struct am_error *err)
{
	struct am_catalog_counts counts;

	int r = am_catalog_counts(s->archive->catalog, &counts, err);
	if (!r)
		r = am_catalog_folders(s->archive->catalog, &s->folders,
		                       &s->n_folders, err);
	if (r)
		return r;
	s->base.total = counts.placements;
	s->base.total_bytes = counts.bytes;
	s->base.n_with_keywords = counts.with_keywords;
	s->base.n_with_labels = counts.with_labels;
	return AM_OK;
}

int am_archive_open_source(struct am_source **out,
                           const struct am_location *where, struct am_ctx *ctx,
                           struct am_error *err)
{
	struct archive_source *s = g_new0(struct archive_source, 1);

	*out = NULL;
	s->base.ops = &ops;
	s->base.ctx = ctx;
	int r = am_location_check(where, am_archive_options, "archive", err);
	if (!r && !where->path)
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		            "an archive is a file or a folder, not a URL");
	if (!r)
		r = am_location_switch(where, am_archive_options, "expunged",
		                       &s->expunged, err);
	if (!r)
		r = am_archive_open(&s->archive, where->path, false, ctx, err);
	if (!r)
		r = start(s, err);
	if (r) {
		close_source(&s->base);
		return r;
	}
	*out = &s->base;
	return AM_OK;
}
