/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where all messages lie, for who counts by folder: no metadata is unpacked;
 * and what their headers say, for who looks for a pattern.
 */
#include "store/archive_impl.h"

int am_archive_each_filed(struct am_archive *a, am_filed_fn *fn, void *user,
                          struct am_error *err)
{
	struct am_catalog_places *places;
	struct am_catalog_place place;

	int r = am_catalog_places_open(&places, a->catalog, AM_CATALOG_ALL, 0,
	                               err);
	if (r)
		return r;
	while (!(r = am_catalog_places_next(places, &place, err)))
		if (!place.gone)
			fn(user, (int64_t)place.message, (int64_t)place.folder,
			   place.flags);
	am_catalog_places_close(&places);
	return r == AM_END ? AM_OK : r;
}

int am_archive_each_place(struct am_archive *a, am_place_fn *fn, void *user,
                          struct am_error *err)
{
	return am_catalog_spots(a->catalog, fn, user, err);
}

int am_archive_each_head(struct am_archive *a, int64_t first, int64_t last,
                         am_head_fn *fn, void *user, struct am_error *err)
{
	return am_catalog_each_head(a->catalog, first, last, fn, user, err);
}
