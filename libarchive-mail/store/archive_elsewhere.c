/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages whose bytes lie where they were found.
 *
 * A placement says what the message is called there (its origin), its accession
 * which location that is; the cursors of AM_IN_PLACE name all locations and how
 * each is read.  A message may lie in several places: the first that still has
 * its bytes will do.
 */
#include "store/archive_impl.h"

#include "base/arena.h"
#include "model/elsewhere.h"
#include "store/accession.h"
#include "store/in_place.h"

#include <glib.h>

#include <string.h>

struct location {
	char *path, *as;
	char *prefix; /* what an accession of it begins with */
};

struct am_locations {
	GPtrArray *all;
	GHashTable *by_accession; /* id -> struct location */
};

static void location_free(void *user)
{
	struct location *l = user;

	g_free(l->path);
	g_free(l->as);
	g_free(l->prefix);
	g_free(l);
}

static void locations_free(struct am_locations *l)
{
	if (!l)
		return;
	g_hash_table_destroy(l->by_accession);
	g_ptr_array_free(l->all, TRUE);
	g_free(l);
}

void am_archive_elsewhere_close(struct am_archive *a)
{
	if (a->elsewhere)
		a->ctx->elsewhere->close(&a->elsewhere);
	locations_free(a->locations);
	a->locations = NULL;
}

static int add_location(void *user, const char *path, const char *as,
                        struct am_error *err)
{
	struct am_locations *all = user;
	struct location *l = g_new0(struct location, 1);

	(void)err;
	l->path = g_strdup(path);
	l->as = g_strdup(as);
	l->prefix = am_accession_prefix(path);
	g_ptr_array_add(all->all, l);
	return AM_OK;
}

static int add_accession(void *user, const struct am_item_accession *a,
                         struct am_error *err)
{
	struct am_locations *all = user;

	(void)err;
	for (guint i = 0; i < all->all->len; i++) {
		struct location *l = all->all->pdata[i];
		if (!am_accession_is_of(a->json, l->prefix))
			continue;
		uint64_t *id = g_new(uint64_t, 1);
		*id = a->id;
		g_hash_table_insert(all->by_accession, id, l);
		break;
	}
	return AM_OK;
}

static int need_locations(struct am_archive *a, struct am_error *err)
{
	if (a->locations)
		return AM_OK;
	struct am_locations *l = g_new0(struct am_locations, 1);
	l->all = g_ptr_array_new_with_free_func(location_free);
	l->by_accession = g_hash_table_new_full(g_int64_hash, g_int64_equal,
	                                        g_free, NULL);
	int r = am_catalog_cursors(a->catalog, AM_IN_PLACE, add_location, l,
	                           err);
	if (!r)
		r = am_catalog_accessions(a->catalog, add_accession, l, err);
	if (r)
		locations_free(l);
	else
		a->locations = l;
	return r;
}

int am_archive_locations(struct am_archive *a, am_location_fn *fn, void *user,
                         struct am_error *err)
{
	int r = need_locations(a, err);

	for (guint i = 0; !r && i < a->locations->all->len; i++) {
		const struct location *l = a->locations->all->pdata[i];
		r = fn(user, l->path, l->as, err);
	}
	return r;
}

/* AM_END: this placement is of no location. */
static int read_at(struct am_archive *a, const struct am_catalog_place *place,
                   const struct am_catalog_message *row, struct am_blob **out,
                   struct am_error *err)
{
	const struct location *l = g_hash_table_lookup(
		a->locations->by_accession, &place->accession);
	struct am_arena *arena = am_arena_new();
	struct am_item_placement item;

	int r = l ? am_catalog_meta(place, arena, &item, err) : AM_END;
	if (!r) {
		const struct am_address at = {.location = l->path,
		                              .as = l->as,
		                              .origin = item.meta->origin,
		                              .size = row->item.size,
		                              .hash = row->item.hash};
		r = a->ctx->elsewhere->read(&a->elsewhere, a->ctx, &at, out,
		                            err);
	}
	am_arena_free(&arena);
	return r;
}

/* Where it is now before where it once was; of several errors that of the
 * first stays. */
static int try_places(struct am_archive *a,
                      const struct am_catalog_message *row, bool gone,
                      struct am_blob **out, struct am_error *err)
{
	struct am_catalog_places *places;
	struct am_catalog_place place;
	struct am_error why = {0};
	int found = AM_END;

	int r = am_catalog_places_open(
		&places, a->catalog, AM_CATALOG_OF_MESSAGE, row->item.id, err);
	if (r)
		return r;
	while (!(r = am_catalog_places_next(places, &place, err))) {
		if (place.gone != gone)
			continue;
		int s = read_at(a, &place, row, out, &why);
		if (s == AM_END)
			continue;
		if (s && found == AM_END)
			*err = why;
		found = s;
		if (s != AM_FAILED)
			break;
	}
	am_catalog_places_close(&places);
	return r < 0 ? r : found;
}

int am_archive_bytes_elsewhere(struct am_archive *a,
                               const struct am_catalog_message *row,
                               struct am_blob **out, struct am_error *err)
{
	struct am_error ours = {0}, before, *e = err ? err : &ours;

	*out = NULL;
	if (!am_log_is_elsewhere(a->log))
		return am_fail(e, AM_FAILED, AM_E_CORRUPT,
		               "a message that is not in the archive");
	if (!a->ctx || !a->ctx->elsewhere)
		return am_fail(e, AM_FAILED, AM_E_UNSUPPORTED,
		               "its bytes lie elsewhere and are not read here");
	int r = need_locations(a, e);
	if (!r)
		r = try_places(a, row, false, out, e);
	if (r != AM_FAILED && r != AM_END)
		return r;
	before = *e;
	int s = try_places(a, row, true, out, e);
	if (s != AM_FAILED && s != AM_END)
		return s;
	if (r == AM_FAILED)
		*e = before;
	else if (s == AM_END)
		return am_fail(e, AM_FAILED, AM_E_NOTFOUND,
		               "nothing tells where its bytes are");
	return AM_FAILED;
}

int am_archive_needs_bytes(const struct am_archive *a, const char *what,
                           struct am_error *err)
{
	if (!am_log_is_elsewhere(a->log))
		return AM_OK;
	return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
	               "%s: a catalog of mail that lies elsewhere is not %s",
	               a->path, what);
}
