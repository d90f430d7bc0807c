/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The editor is the sink with another way in: what it writes are the same
 * items, through the same writer.
 */
#include "store/archive_edit_impl.h"

#include "base/arena.h"
#include "model/folder.h"
#include "store/catalog_remote.h"
#include "store/split.h"

#include <string.h>

int am_archive_edit_open(struct am_archive_edit **out, const char *path,
                         struct am_ctx *ctx, struct am_error *err)
{
	struct am_location where = {.path = path};
	struct am_sink *sink;

	*out = NULL;
	int r = am_archive_open_sink(&sink, &where, ctx, err);
	if (r)
		return r;
	struct am_archive_edit *e = g_new0(struct am_archive_edit, 1);
	e->sink = sink;
	e->s = AM_CONTAINER(sink, struct am_archive_sink, base);
	/* No message meets one that is there: each is added. */
	e->s->first_new = 1;
	*out = e;
	return AM_OK;
}

void am_archive_edit_close(struct am_archive_edit **edit)
{
	struct am_archive_edit *e = *edit;

	*edit = NULL;
	if (!e)
		return;
	am_sink_close(&e->sink);
	g_free(e);
}

int am_archive_edit_commit(struct am_archive_edit *e, struct am_error *err)
{
	return am_archive_writer_commit(&e->s->writer, err);
}

struct am_archive *am_archive_edit_archive(struct am_archive_edit *e)
{
	return e->s->archive;
}

/* ---- folders ---- */

int am_archive_edit_folder(struct am_archive_edit *e,
                           const struct am_folder *path, int64_t *id,
                           struct am_error *err)
{
	struct am_catalog_folder *row;
	int r = am_archive_put_folder(e->s, path, &row, err);

	if (!r)
		*id = (int64_t)row->id;
	return r;
}

int am_archive_edit_find_folder(struct am_archive_edit *e, uint64_t id,
                                struct am_catalog_folder **out,
                                struct am_error *err)
{
	int r = am_catalog_folder(e->s->archive->catalog, id, out, err);

	if (!r && !*out)
		r = am_fail(err, AM_FAILED, AM_E_NOTFOUND, "no such folder");
	return r;
}

static int find_folder(struct am_archive_edit *e, int64_t id,
                       struct am_catalog_folder **out, struct am_error *err)
{
	return am_archive_edit_find_folder(e, (uint64_t)id, out, err);
}

/* A folder's next item, all as it is but what the caller changed. */
static int put_item(struct am_archive_edit *e,
                    const struct am_item_folder *item, struct am_error *err)
{
	int r = am_archive_writer_start(&e->s->writer, err);

	if (!r && am_catalog_add_folder(e->s->archive->catalog, item, err))
		r = AM_FATAL;
	if (r)
		return r;
	am_items_add_folder(e->s->writer.items, item);
	return am_archive_writer_turn(&e->s->writer, err);
}

static struct am_item_folder item_of(const struct am_catalog_folder *f)
{
	return (struct am_item_folder){
		.id = f->id,
		.depth = f->folder->depth,
		.parts = f->folder->parts,
		.role = f->folder->role,
		.subscribed = f->folder->subscribed,
		.unsubscribed = f->folder->unsubscribed,
		.removed = f->removed,
		.uidvalidity = f->uidvalidity,
		.uidnext = f->uidnext,
	};
}

int am_archive_edit_rename(struct am_archive_edit *e, int64_t id,
                           const struct am_folder *path, struct am_error *err)
{
	struct am_catalog_folder *row;
	int r = find_folder(e, id, &row, err);

	if (r)
		return r;
	struct am_item_folder item = item_of(row);
	item.depth = path->depth;
	item.parts = path->parts;
	item.role = path->role;
	return put_item(e, &item, err);
}

/* The row's path is replaced while it is read: held on to. */
static int put_held(struct am_archive_edit *e, struct am_catalog_folder *row,
                    const struct am_item_folder *item, struct am_error *err)
{
	const struct am_folder *held = am_folder_ref(row->folder);
	int r = put_item(e, item, err);

	am_folder_unref(&held);
	return r;
}

int am_archive_edit_subscribe(struct am_archive_edit *e, int64_t id,
                              bool subscribed, struct am_error *err)
{
	struct am_catalog_folder *row;
	int r = find_folder(e, id, &row, err);

	if (r)
		return r;
	struct am_item_folder item = item_of(row);
	item.subscribed = subscribed;
	item.unsubscribed = !subscribed;
	return put_held(e, row, &item, err);
}

static int expunge_all(struct am_archive_edit *e, uint64_t folder,
                       struct am_error *err)
{
	struct am_catalog_places *places;
	struct am_catalog_place place;
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(int64_t));

	int r = am_catalog_places_open(&places, e->s->archive->catalog,
	                               AM_CATALOG_IN_FOLDER, folder, err);
	while (!r && !(r = am_catalog_places_next(places, &place, err))) {
		int64_t id = (int64_t)place.id;
		if (!place.gone)
			g_array_append_val(ids, id);
	}
	am_catalog_places_close(&places);
	r = r == AM_END ? AM_OK : r;
	for (guint i = 0; i < ids->len && !r; i++)
		r = am_archive_edit_expunge(e, g_array_index(ids, int64_t, i),
		                            err);
	g_array_free(ids, TRUE);
	return r;
}

int am_archive_edit_remove(struct am_archive_edit *e, int64_t id,
                           struct am_error *err)
{
	struct am_catalog_folder *row;
	int r = find_folder(e, id, &row, err);

	if (!r)
		r = expunge_all(e, (uint64_t)id, err);
	if (!r)
		r = find_folder(e, id, &row, err);
	if (r)
		return r;
	struct am_item_folder item = item_of(row);
	item.removed = true;
	item.subscribed = false;
	return put_held(e, row, &item, err);
}

/* ---- placements ---- */

/* AM_END: it is gone, or was never there. */
static int find_place(struct am_archive_edit *e, int64_t placement,
                      struct am_arena *arena, struct am_catalog_place *place,
                      struct am_item_placement *item, struct am_error *err)
{
	int r = am_catalog_place(e->s->archive->catalog, (uint64_t)placement,
	                         arena, place, err);

	if (!r && place->gone)
		r = AM_END;
	return r ? r : am_catalog_meta(place, arena, item, err);
}

static bool holds(const char *const *words, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (!g_ascii_strcasecmp(words[i], word))
			return true;
	return false;
}

static const char *const *settle(struct am_arena *arena,
                                 const struct am_message *old,
                                 const struct am_flags_change *c, size_t *n)
{
	const char **out = am_arena_alloc(
		arena, (old->n_keywords + c->n_keywords + 1) * sizeof *out);
	*n = 0;
	for (size_t i = 0; i < old->n_keywords; i++) {
		const char *word = old->keywords[i];
		bool named = holds(c->keywords, c->n_keywords, word);
		bool hidden = c->shown && !c->shown(word);
		if (c->how == AM_FLAGS_ADD || hidden ||
		    (c->how == AM_FLAGS_SET) == named)
			out[(*n)++] = word;
	}
	if (c->how != AM_FLAGS_TAKE)
		for (size_t i = 0; i < c->n_keywords; i++)
			if (!holds(out, *n, c->keywords[i]))
				out[(*n)++] = c->keywords[i];
	return out;
}

static bool same_words(const struct am_message *old, const char *const *words,
                       size_t n)
{
	if (old->n_keywords != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!holds(words, n, old->keywords[i]))
			return false;
	return true;
}

int am_archive_edit_flags(struct am_archive_edit *e, int64_t placement,
                          const struct am_flags_change *c, struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	struct am_catalog_place place;
	struct am_item_placement item = {.meta = NULL};

	int r = find_place(e, placement, arena, &place, &item, err);
	if (!r && c->guarded && place.seq > c->not_beyond)
		r = AM_END;
	if (r)
		goto out;
	struct am_item_change change = {.placement = place.id,
	                                .when = am_time_now(),
	                                .kind = AM_CHANGE_FLAGS,
	                                .by = AM_FLAGS_BY_USER};
	uint32_t old = item.meta->flags;
	change.flags = c->how == AM_FLAGS_SET   ? c->flags
	               : c->how == AM_FLAGS_ADD ? old | c->flags
	                                        : old & ~c->flags;
	change.words = settle(arena, item.meta, c, &change.n_words);
	if (change.flags != old ||
	    !same_words(item.meta, change.words, change.n_words))
		r = am_archive_add_change(e->s, &change, err);
out:
	am_arena_free(&arena);
	return r;
}

int am_archive_edit_expunge(struct am_archive_edit *e, int64_t placement,
                            struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	struct am_catalog_place place;
	struct am_item_placement item = {.meta = NULL};

	int r = find_place(e, placement, arena, &place, &item, err);
	if (!r) {
		struct am_item_change change = {.placement = place.id,
		                                .when = am_time_now(),
		                                .kind = AM_CHANGE_EXPUNGED};
		r = am_archive_add_change(e->s, &change, err);
	}
	am_arena_free(&arena);
	return r;
}

static int fail_full(struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_LIMIT,
	               "the folder has no more UIDs to give");
}

int am_archive_edit_move(struct am_archive_edit *e, int64_t placement,
                         int64_t folder, uint32_t *uid, struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	struct am_catalog_folder *row;
	struct am_catalog_place place;
	struct am_item_placement item = {.meta = NULL};

	int r = find_folder(e, folder, &row, err);
	if (!r && row->uidnext == UINT32_MAX)
		r = fail_full(err);
	if (!r)
		r = find_place(e, placement, arena, &place, &item, err);
	if (!r) {
		struct am_item_change change = {.placement = place.id,
		                                .when = am_time_now(),
		                                .kind = AM_CHANGE_MOVED,
		                                .folder = row->id,
		                                .uid = row->uidnext};
		*uid = row->uidnext;
		r = am_archive_add_change(e->s, &change, err);
	}
	am_arena_free(&arena);
	return r;
}

/* Of a copy nobody can say what it is on the server the first came from. */
static void forget_source(struct am_message *meta, struct am_arena *arena)
{
	struct am_prop *props =
		am_arena_alloc(arena, (meta->n_props + 1) * sizeof *props);
	size_t n = 0;

	for (size_t i = 0; i < meta->n_props; i++)
		if (strcmp(meta->props[i].name, AM_PROP_UID) &&
		    strcmp(meta->props[i].name, AM_PROP_UIDVALIDITY))
			props[n++] = meta->props[i];
	meta->props = props;
	meta->n_props = n;
	meta->uid = meta->uidvalidity = 0;
}

int am_archive_edit_copy(struct am_archive_edit *e, int64_t placement,
                         int64_t folder, uint32_t *uid, struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	struct am_catalog_folder *row;
	struct am_catalog_place place;
	struct am_item_placement item = {.meta = NULL};

	int r = find_folder(e, folder, &row, err);
	if (!r)
		r = find_place(e, placement, arena, &place, &item, err);
	if (!r)
		r = am_archive_writer_start(&e->s->writer, err);
	if (!r) {
		struct am_message meta = *item.meta;
		forget_source(&meta, arena);
		*uid = row->uidnext;
		r = am_archive_add_place(e->s, &meta, item.message, row, arena,
		                         err);
	}
	am_arena_free(&arena);
	return r;
}

/* ---- messages ---- */

int am_archive_edit_prepare(struct am_split **out, const struct am_message *msg,
                            struct am_ctx *ctx, struct am_error *err)
{
	struct am_limits limits =
		am_limits_or_default(ctx ? &ctx->limits : NULL);

	return am_split_hashed(out, msg->raw, NULL, &limits, err);
}

void am_archive_edit_unprepare(struct am_split **split)
{
	am_split_free(split);
}

int am_archive_edit_add(struct am_archive_edit *e, const struct am_message *msg,
                        struct am_split *split, uint32_t *uid,
                        struct am_error *err)
{
	struct am_catalog_folder *row;
	enum am_outcome outcome;

	int r = am_archive_put_folder(e->s, msg->folder, &row, err);
	if (!r) {
		*uid = row->uidnext;
		r = am_archive_put_message(e->s, msg, split, &outcome, err);
	}
	return r;
}
