/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Following a server: what it says of messages taken earlier becomes change
 * items.  Nothing is ever taken away: mail that left the server stays.
 */
#include "store/archive_sink.h"

#include "base/arena.h"
#include "model/folder.h"
#include "model/source.h"
#include "store/catalog_remote.h"

#include <string.h>

static int take_flags(struct am_archive_sink *s, const struct am_change *change,
                      uint64_t placement, struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	struct am_catalog_place place;
	const struct am_message now = {
		.flags = change->flags,
		.n_keywords = change->n_keywords,
		.keywords = change->keywords,
		.n_labels = change->n_labels,
		.labels = change->labels,
	};

	int r = am_catalog_place(s->archive->catalog, placement, arena, &place,
	                         err);
	/* What was expunged here keeps what it had. */
	if (!r && !place.gone)
		r = am_archive_refresh(s, &now, false, &place, arena, err);
	am_arena_free(&arena);
	return r == AM_END ? AM_OK : r < 0 ? AM_FATAL : r;
}

int am_archive_change(struct am_archive_sink *s, const char *source,
                      const struct am_change *change, struct am_error *err)
{
	struct am_catalog *c = s->archive->catalog;
	struct am_catalog_folder *folder = NULL;
	struct am_remote remote;

	int r = am_catalog_folder_at(c, change->folder, &folder, err);
	if (r)
		return AM_FATAL;
	r = folder ? am_catalog_remote_find(c, source, folder->id,
	                                    change->uidvalidity, change->uid,
	                                    &remote, err)
	           : AM_END;
	/* Of a message that is not here: left out, or never to be had. */
	if (r)
		return r == AM_END ? AM_OK : AM_FATAL;
	struct am_item_change item = {
		.placement = remote.placement,
		.when = am_time_now(),
		.kind = AM_CHANGE_LEFT,
		.source = source,
	};
	switch (change->kind) {
	case AM_NEWS_FLAGS:
		return take_flags(s, change, remote.placement, err);
	case AM_NEWS_GONE:
		return remote.left ? AM_OK
		                   : am_archive_add_change(s, &item, err);
	case AM_NEWS_UID:
		item.kind = AM_CHANGE_NUMBERED;
		item.folder = folder->id;
		item.uidvalidity = change->new_uidvalidity;
		item.uid = change->new_uid;
		return am_archive_add_change(s, &item, err);
	}
	return AM_OK;
}

/* Is it of a file of this name, before that position? */
static bool is_before(const struct am_catalog_place *place, const char *name,
                      uint64_t position, struct am_arena *arena)
{
	struct am_item_placement item;
	size_t len = strlen(name);

	if (am_catalog_meta(place, arena, &item, NULL) ||
	    strncmp(item.meta->origin, name, len) != 0 ||
	    item.meta->origin[len] != ':')
		return false;
	const char *digits = item.meta->origin + len + 1;
	char *end;
	uint64_t at = g_ascii_strtoull(digits, &end, 10);
	return end != digits && !*end && at < position;
}

/*
 * A file is gone on with where the run before was broken off: what comes before
 * that place in it is met, as if it had been read.
 */
static int meet_before(struct am_archive_sink *s, const char *source,
                       uint64_t position, struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	struct am_catalog_places *places;
	struct am_catalog_place place;
	const char *slash = strrchr(source, '/');

	int r = am_catalog_places_open(&places, s->archive->catalog,
	                               AM_CATALOG_ALL, 0, err);
	while (!r && !(r = am_catalog_places_next(places, &place, err))) {
		am_arena_reset(arena);
		if (!is_before(&place, slash ? slash + 1 : source, position,
		               arena))
			continue;
		am_idset_add(s->claimed, place.id);
		if (!place.gone)
			am_idset_add(s->met, place.folder);
	}
	am_catalog_places_close(&places);
	am_arena_free(&arena);
	return r == AM_END ? AM_OK : r;
}

/* The first cursor of a run that goes on is the one that is known. */
static int go_on(struct am_archive_sink *s, const char *source,
                 const char *cursor, struct am_error *err)
{
	char *known = NULL;

	if (s->gone_on || !am_source_is_local(source))
		return AM_OK;
	s->gone_on = true;
	int r = am_catalog_cursor(s->archive->catalog, source, "", &known, err);
	if (!r && known && *known && !strcmp(known, cursor))
		r = meet_before(s, source, g_ascii_strtoull(cursor, NULL, 10),
		                err);
	g_free(known);
	return r ? AM_FATAL : AM_OK;
}

int am_archive_remember(struct am_archive_sink *s, const char *source,
                        const struct am_folder *folder, const char *cursor,
                        struct am_error *err)
{
	char *name = folder ? am_folder_print(folder) : g_strdup("");
	const struct am_item_cursor item = {
		.source = source, .folder = name, .value = cursor};

	int r = go_on(s, source, cursor, err);
	if (!r)
		r = am_archive_writer_start(&s->writer, err);
	if (!r && am_catalog_add_cursor(s->archive->catalog, &item, err))
		r = AM_FATAL;
	if (!r) {
		am_items_add_cursor(s->writer.items, &item);
		r = am_archive_writer_turn(&s->writer, err);
	}
	g_free(name);
	return r;
}
