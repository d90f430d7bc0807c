/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Next year's export of the same account: what is new was stored; this is about
 * the rest.  Nothing is taken away by it.
 *
 * Of a folder that the source has, a message that was here before and that no
 * message of the source met is no longer in it, if it came from this very
 * source, or if two thirds of the folder were met, so that it is a later state
 * of the same.  A source that was only read in part, or that gives only what is
 * new, says nothing of this.
 */
#include "store/archive_sink.h"

#include "base/arena.h"
#include "model/folder.h"

/* So many are named. */
#define NAMED_MAX 1000

struct since {
	struct am_archive_sink *s;
	uint64_t gone, named;
};

static bool is_of_source(const struct am_archive_sink *s,
                         const struct am_catalog_place *place)
{
	return s->same_source &&
	       g_hash_table_contains(s->same_source, &place->accession);
}

static int name_gone(struct since *since, const struct am_catalog_place *place,
                     const struct am_folder *folder, struct am_error *err)
{
	struct am_archive *a = since->s->archive;
	struct am_arena *arena = am_arena_new();
	struct am_catalog_message row;
	int r = am_catalog_message(a->catalog, place->message, arena, &row,
	                           err);

	if (!r)
		am_ctx_note(a->ctx, AM_NOTE_INFO, "archive.not-in-source",
		            folder, NULL,
		            "message %" PRIu64
		            " is not in the source any more: %.200s",
		            place->message, row.subject ? row.subject : "");
	am_arena_free(&arena);
	return r;
}

/* With `old`: count those that were here before, and of these the met. */
static int each_old(struct since *since, const struct am_catalog_folder *folder,
                    bool all, uint64_t *old, uint64_t *met,
                    struct am_error *err)
{
	struct am_archive_sink *s = since->s;
	struct am_catalog_places *places;
	struct am_catalog_place place;

	int r = am_catalog_places_open(&places, s->archive->catalog,
	                               AM_CATALOG_IN_FOLDER, folder->id, err);
	while (!r && !(r = am_catalog_places_next(places, &place, err))) {
		if (place.gone || place.id >= s->first_new)
			continue;
		bool claimed = am_idset_has(s->claimed, place.id);
		if (old) {
			++*old;
			*met += claimed;
			continue;
		}
		if (claimed || (!all && !is_of_source(s, &place)))
			continue;
		since->gone++;
		if (since->named++ < NAMED_MAX)
			r = name_gone(since, &place, folder->folder, err);
	}
	am_catalog_places_close(&places);
	return r == AM_END ? AM_OK : r;
}

static int look_at(struct since *since, const struct am_catalog_folder *folder,
                   struct am_error *err)
{
	uint64_t old = 0, met = 0;
	int r = each_old(since, folder, false, &old, &met, err);

	if (r || met == old)
		return r;
	return each_old(since, folder, met * 3 >= old * 2, NULL, NULL, err);
}

int am_archive_tell_since(struct am_archive_sink *s,
                          const struct am_ledger *ledger, struct am_error *err)
{
	struct since since = {.s = s};
	struct am_catalog_folder *const *folders;
	size_t n;

	if (s->identity || ledger->filtered || ledger->failed ||
	    !am_idset_count(s->met))
		return AM_OK;
	int r = am_catalog_folders(s->archive->catalog, &folders, &n, err);
	for (size_t i = 0; i < n && !r; i++)
		if (am_idset_has(s->met, folders[i]->id))
			r = look_at(&since, folders[i], err);
	if (r)
		return AM_FATAL;
	if (since.gone || s->relabelled)
		am_ctx_note(s->archive->ctx, AM_NOTE_WARN, "archive.since",
		            NULL, NULL,
		            "since it was copied before: %" PRIu64
		            " messages are not in the source any more (they "
		            "stay here), %" PRIu64
		            " have other labels, %" PRIu64
		            " other flags or keywords",
		            since.gone, s->relabelled, s->reflagged);
	return AM_OK;
}
