/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Following a server: what it says of messages taken earlier becomes change
 * items.  Nothing is ever taken away: mail that left the server stays.
 */
#include "store/archive_sink.h"

#include "base/arena.h"
#include "model/folder.h"
#include "store/catalog_remote.h"

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

int am_archive_remember(struct am_archive_sink *s, const char *source,
                        const struct am_folder *folder, const char *cursor,
                        struct am_error *err)
{
	char *name = folder ? am_folder_print(folder) : g_strdup("");
	const struct am_item_cursor item = {
		.source = source, .folder = name, .value = cursor};

	int r = am_archive_writer_start(&s->writer, err);
	if (!r && am_catalog_add_cursor(s->archive->catalog, &item, err))
		r = AM_FATAL;
	if (!r) {
		am_items_add_cursor(s->writer.items, &item);
		r = am_archive_writer_turn(&s->writer, err);
	}
	g_free(name);
	return r;
}
