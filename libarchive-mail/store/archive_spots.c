/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/archive_spots.h"

#include "base/arena.h"
#include "store/archive_impl.h"
#include "store/catalog_impl.h"

#include <glib.h>

#include <string.h>

int am_archive_boxes(struct am_archive *a, am_box_fn *fn, void *user,
                     struct am_error *err)
{
	struct am_catalog_folder *const *folders;
	size_t n;

	int r = am_catalog_folders(a->catalog, &folders, &n, err);
	for (size_t i = 0; i < n && !r; i++) {
		const struct am_catalog_folder *f = folders[i];
		if (f->removed)
			continue;
		const struct am_archive_box box = {
			.id = (int64_t)f->id,
			.folder = f->folder,
			.uidvalidity = f->uidvalidity,
			.uidnext = f->uidnext,
			.messages = f->messages,
			.unseen = f->unseen,
			.bytes = f->bytes,
		};
		r = fn(user, &box, err);
	}
	return r;
}

int am_archive_seq(struct am_archive *a, uint64_t *out, struct am_error *err)
{
	return am_catalog_seq(a->catalog, out, err);
}

int am_archive_moment(struct am_archive *a, uint8_t out[AM_SHA256_LEN],
                      struct am_error *err)
{
	struct am_commit commit;
	uint64_t id;
	int r = am_catalog_position(a->catalog, &id, &commit, err);

	/* The chain goes over all of the log that the catalog reflects. */
	if (!r)
		memcpy(out, commit.chain, AM_SHA256_LEN);
	return r;
}

/* ---- spots ---- */

static int take_id(void *user, uint64_t key, uint64_t id, struct am_error *err)
{
	(void)key;
	(void)err;
	g_array_append_val((GArray *)user, id);
	return AM_OK;
}

static gint by_number(gconstpointer a, gconstpointer b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static int tell(const struct am_catalog_place *place, struct am_arena *arena,
                am_spot_fn *fn, void *user, struct am_error *err)
{
	struct am_item_placement item;
	struct am_archive_spot spot = {
		.placement = (int64_t)place->id,
		.message = (int64_t)place->message,
		.folder = (int64_t)place->folder,
		.seq = place->seq,
		.uid = place->uid,
		.flags = place->flags,
		.gone = place->gone,
	};

	if (!place->gone) {
		am_arena_reset(arena);
		int r = am_catalog_meta(place, arena, &item, err);
		if (r)
			return r;
		spot.received = item.meta->received;
		spot.saved = item.saved;
		spot.n_keywords = item.meta->n_keywords;
		spot.keywords = item.meta->keywords;
	}
	return fn(user, &spot, err);
}

/* One by one, or, where they lie close to each other, as they come. */
static int tell_all(struct am_archive *a, GArray *ids, am_spot_fn *fn,
                    void *user, struct am_error *err)
{
	struct am_arena *arena = am_arena_new(), *own = am_arena_new();
	struct am_catalog_places *places = NULL;
	struct am_catalog_place place;
	uint64_t first = ids->len ? g_array_index(ids, uint64_t, 0) : 0;
	uint64_t last =
		ids->len ? g_array_index(ids, uint64_t, ids->len - 1) : 0;
	int r = AM_OK;
	guint i = 0;

	if (ids->len > 64 && (last - first) / 8 < ids->len)
		r = am_catalog_places_span(&places, a->catalog, first, last,
		                           err);
	while (places && !r && i < ids->len &&
	       !(r = am_catalog_places_next(places, &place, err))) {
		while (i < ids->len &&
		       g_array_index(ids, uint64_t, i) < place.id)
			i++;
		if (i < ids->len && g_array_index(ids, uint64_t, i) == place.id)
			r = tell(&place, arena, fn, user, err);
	}
	for (; !places && i < ids->len && !r; i++) {
		uint64_t id = g_array_index(ids, uint64_t, i);
		if (i && id == g_array_index(ids, uint64_t, i - 1))
			continue;
		am_arena_reset(own);
		r = am_catalog_place(a->catalog, id, own, &place, err);
		if (!r)
			r = tell(&place, arena, fn, user, err);
		else if (r == AM_END)
			r = AM_OK;
	}
	am_catalog_places_close(&places);
	am_arena_free(&arena);
	am_arena_free(&own);
	return r == AM_END ? AM_OK : r;
}

static int find(struct am_archive *a, enum am_keys_kind kind, uint64_t low,
                uint64_t high, am_spot_fn *fn, void *user, struct am_error *err)
{
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	int r = am_keys_find(a->catalog, kind, low, high, take_id, ids, err);

	g_array_sort(ids, by_number);
	if (!r)
		r = tell_all(a, ids, fn, user, err);
	g_array_free(ids, TRUE);
	return r;
}

int am_archive_spots(struct am_archive *a, int64_t folder, am_spot_fn *fn,
                     void *user, struct am_error *err)
{
	return find(a, AM_KEYS_FOLDER, (uint64_t)folder, (uint64_t)folder, fn,
	            user, err);
}

int am_archive_spots_since(struct am_archive *a, uint64_t after, am_spot_fn *fn,
                           void *user, struct am_error *err)
{
	return find(a, AM_KEYS_SEQ, after + 1, UINT64_MAX, fn, user, err);
}
