/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What commands and the index ask an archive.
 */
#include "store/archive_impl.h"

#include "base/arena.h"
#include "base/blob.h"
#include "model/folder.h"

#include <glib.h>

#include <string.h>

#define HASH_DIGITS_MIN 4

int am_archive_stats(struct am_archive *a, struct am_archive_stats *out,
                     struct am_error *err)
{
	const struct am_commit *last = am_log_last(a->log);
	struct am_catalog_folder *const *folders;
	size_t n;

	*out = (struct am_archive_stats){0};
	int r = am_catalog_seq(a->catalog, &out->max_seq, err);
	if (!r)
		r = am_catalog_folders(a->catalog, &folders, &n, err);
	if (r)
		return r;
	for (size_t i = 0; i < n; i++) {
		out->placements += folders[i]->messages;
		out->bytes += folders[i]->bytes;
	}
	out->messages = last->messages;
	out->folders = n;
	out->blobs = last->blobs;
	out->blocks = last->blocks;
	out->file_size = am_log_size(a->log);
	out->tail = am_log_tail(a->log);
	out->commits = last->number;
	return AM_OK;
}

/* What the last call gave goes, room for the next. */
static struct am_arena *fresh(struct am_archive *a)
{
	am_arena_free(&a->arena);
	a->arena = am_arena_new();
	return a->arena;
}

int am_archive_row(struct am_archive *a, uint64_t id, struct am_arena *arena,
                   struct am_catalog_message *out, struct am_error *err)
{
	struct am_catalog_message owner;

	int r = am_catalog_message(a->catalog, id, arena, out, err);
	if (r || out->item.content == id)
		return r;
	r = am_catalog_message(a->catalog, out->item.content, arena, &owner,
	                       err);
	if (r == AM_END)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "message %" PRIu64
		               " shares the bytes of %" PRIu64
		               ", which is not there",
		               id, out->item.content);
	out->item.recipe = owner.item.recipe;
	out->dropped |= owner.dropped;
	return r;
}

int am_archive_message(struct am_archive *a, int64_t id,
                       struct am_archive_message *out, struct am_error *err)
{
	struct am_arena *arena = fresh(a);
	struct am_catalog_message row;

	*out = (struct am_archive_message){.id = id};
	int r = am_catalog_message(a->catalog, (uint64_t)id, arena, &row, err);
	if (r == AM_END)
		return am_fail(err, AM_FAILED, AM_E_NOTFOUND,
		               "%s: no message %" PRId64, a->path, id);
	if (!r)
		r = am_catalog_thread(a->catalog, &row, arena, err);
	if (r)
		return r;
	out->size = row.item.size;
	memcpy(out->hash, row.item.hash, AM_SHA256_LEN);
	memcpy(out->hash_lf, row.item.hash_lf, AM_SHA256_LEN);
	out->from = row.from;
	out->to = row.to;
	out->cc = row.cc;
	out->subject = row.subject;
	out->message_id = row.message_id;
	out->date = row.date;
	out->n_attachments = row.n_attachments;
	out->dropped = row.dropped;
	out->thread = row.thread ? row.thread
	                         : am_arena_printf(arena, "id:%" PRId64, id);
	return AM_OK;
}

int am_archive_find_hash(struct am_archive *a, const char *hex, int64_t *id,
                         struct am_error *err)
{
	uint64_t ids[2];
	size_t n;

	*id = 0;
	if (strlen(hex) < HASH_DIGITS_MIN)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "\"%s\": at least %d digits of a hash", hex,
		               HASH_DIGITS_MIN);
	int r = am_catalog_find_hash(a->catalog, hex, ids, &n, err);
	if (r)
		return r;
	if (!n)
		return AM_END;
	if (n > 1)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "\"%s\": several messages begin so", hex);
	*id = (int64_t)ids[0];
	return AM_OK;
}

int am_archive_bytes(struct am_archive *a, const struct am_catalog_message *row,
                     struct am_blob **out, struct am_error *err)
{
	const struct am_item_message *m = &row->item;

	if (am_recipe_is_elsewhere(&m->recipe))
		return am_archive_bytes_elsewhere(a, row, out, err);
	return am_content_get(a->reader, &m->recipe, m->eol, m->size, m->hash,
	                      out, err);
}

int am_archive_load(struct am_archive *a, int64_t id, struct am_blob **out,
                    struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	struct am_catalog_message row;

	*out = NULL;
	int r = am_archive_row(a, (uint64_t)id, arena, &row, err);
	if (r == AM_END)
		r = am_fail(err, AM_FAILED, AM_E_NOTFOUND,
		            "%s: no message %" PRId64, a->path, id);
	else if (!r && row.dropped)
		r = am_fail(err, AM_FAILED, AM_E_NOTFOUND,
		            "%s: message %" PRId64 " was deleted from all "
		            "folders and dropped by compact",
		            a->path, id);
	else if (!r)
		r = am_archive_bytes(a, &row, out, err);
	am_arena_free(&arena);
	return r;
}

void am_archive_note_lost(struct am_archive *a, uint64_t id,
                          const struct am_error *why)
{
	struct am_arena *arena = am_arena_new();
	struct am_catalog_message row;
	char date[AM_TIME_ROOM] = "";
	char *origin = g_strdup_printf("%" PRIu64, id);

	if (am_catalog_message(a->catalog, id, arena, &row, NULL))
		row = (struct am_catalog_message){.item.id = id};
	am_time_iso(&row.date, date);
	am_ctx_note(a->ctx, AM_NOTE_ERROR, "archive.damage", NULL, origin,
	            "message %" PRIu64 " is lost: %s; Message-ID <%s>, subject "
	            "\"%s\", date %s",
	            id, why->text, row.message_id ? row.message_id : "",
	            row.subject ? row.subject : "", *date ? date : "unknown");
	g_free(origin);
	am_arena_free(&arena);
}

/* ---- placements ---- */

static int show(struct am_archive *a, const struct am_catalog_place *place,
                struct am_archive_placement *out, struct am_error *err)
{
	struct am_catalog_folder *folder;
	struct am_item_placement item;

	int r = am_catalog_meta(place, fresh(a), &item, err);
	if (!r)
		r = am_catalog_folder(a->catalog, place->folder, &folder, err);
	if (!r && !folder)
		r = am_fail(err, AM_FAILED, AM_E_CORRUPT,
		            "placement %" PRIu64 " names folder %" PRIu64
		            ", which is not there",
		            place->id, place->folder);
	if (r)
		return r;
	*out = (struct am_archive_placement){
		.id = (int64_t)place->id,
		.message = (int64_t)place->message,
		.folder_id = (int64_t)place->folder,
		.seq = place->seq,
		.gone = place->gone,
		.folder = folder->folder,
		.meta = item.meta,
	};
	return AM_OK;
}

int am_archive_placements(struct am_archive *a, int64_t message,
                          am_placement_fn *fn, void *user, struct am_error *err)
{
	struct am_catalog_places *places;
	struct am_catalog_place place;

	int r = am_catalog_places_open(&places, a->catalog,
	                               AM_CATALOG_OF_MESSAGE, (uint64_t)message,
	                               err);
	if (r)
		return r;
	while (!(r = am_catalog_places_next(places, &place, err))) {
		struct am_archive_placement p;
		r = show(a, &place, &p, err);
		if (!r)
			r = fn(user, &p, err);
		if (r)
			break;
	}
	am_catalog_places_close(&places);
	return r == AM_END ? AM_OK : r;
}

int am_archive_folders(struct am_archive *a, am_folder_fn *fn, void *user,
                       struct am_error *err)
{
	struct am_catalog_folder *const *folders;
	size_t n;

	int r = am_catalog_folders(a->catalog, &folders, &n, err);
	for (size_t i = 0; i < n && !r; i++)
		if (!folders[i]->removed)
			r = fn(user, (int64_t)folders[i]->id,
			       folders[i]->folder, folders[i]->messages,
			       folders[i]->unseen, folders[i]->bytes, err);
	return r;
}

/* ---- select ---- */

static bool has_word(const char *const *words, size_t n, const char *folded)
{
	bool hit = false;

	for (size_t i = 0; i < n && !hit; i++) {
		char *word = am_label_fold(words[i]);
		hit = am_label_is(word, folded);
		g_free(word);
	}
	return hit;
}

struct wanted {
	const struct am_archive_filter *filter;
	char *keyword;       /* folded, or NULL */
	GHashTable *folders; /* ids that match, or NULL for all */
};

/* AM_OK: yes; AM_END: no. */
static int is_wanted(const struct wanted *w,
                     const struct am_catalog_place *place, struct am_error *err)
{
	const struct am_archive_filter *f = w->filter;
	struct am_item_placement item;

	if (place->gone || (place->flags & f->flags_set) != f->flags_set ||
	    (place->flags & f->flags_unset) ||
	    (w->folders && !g_hash_table_contains(w->folders, &place->folder)))
		return AM_END;
	if (!w->keyword)
		return AM_OK;
	if (!place->has_keywords && !place->has_labels)
		return AM_END;
	struct am_arena *arena = am_arena_new();
	int r = am_catalog_meta(place, arena, &item, err);
	if (!r &&
	    !has_word(item.meta->keywords, item.meta->n_keywords, w->keyword) &&
	    !has_word(item.meta->labels, item.meta->n_labels, w->keyword))
		r = AM_END;
	am_arena_free(&arena);
	return r;
}

static int matching_folders(struct am_archive *a, struct wanted *w,
                            struct am_error *err)
{
	struct am_catalog_folder *const *folders;
	size_t n;

	if (!w->filter->folder)
		return AM_OK;
	int r = am_catalog_folders(a->catalog, &folders, &n, err);
	if (r)
		return r;
	w->folders = g_hash_table_new(g_int64_hash, g_int64_equal);
	for (size_t i = 0; i < n; i++)
		if (am_folder_matches(folders[i]->folder, w->filter->folder))
			g_hash_table_add(w->folders, &folders[i]->id);
	return AM_OK;
}

static gint by_number(gconstpointer a, gconstpointer b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* Sorted, each once. */
static void make_unique(GArray *ids)
{
	guint n = 0;

	g_array_sort(ids, by_number);
	for (guint i = 0; i < ids->len; i++) {
		int64_t id = g_array_index(ids, int64_t, i);
		if (!n || g_array_index(ids, int64_t, n - 1) != id)
			g_array_index(ids, int64_t, n++) = id;
	}
	g_array_set_size(ids, n);
}

int am_archive_select(struct am_archive *a,
                      const struct am_archive_filter *filter, int64_t **ids,
                      size_t *n, struct am_error *err)
{
	struct wanted w = {.filter = filter};
	struct am_catalog_places *places = NULL;
	struct am_catalog_place place;
	GArray *all = g_array_new(FALSE, FALSE, sizeof(int64_t));

	if (filter->keyword)
		w.keyword = am_label_fold(filter->keyword);
	int r = matching_folders(a, &w, err);
	if (!r)
		r = am_catalog_places_open(&places, a->catalog, AM_CATALOG_ALL,
		                           0, err);
	while (!r && !(r = am_catalog_places_next(places, &place, err))) {
		r = is_wanted(&w, &place, err);
		int64_t id = (int64_t)place.message;
		if (!r)
			g_array_append_val(all, id);
		if (r == AM_END)
			r = AM_OK;
	}
	am_catalog_places_close(&places);
	if (w.folders)
		g_hash_table_destroy(w.folders);
	g_free(w.keyword);
	if (r == AM_END) {
		r = AM_OK;
		make_unique(all);
	}
	*n = r ? 0 : all->len;
	*ids = (int64_t *)(void *)g_array_free(all, r != AM_OK);
	return r;
}
