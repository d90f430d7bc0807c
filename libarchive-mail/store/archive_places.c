/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where all messages lie, for who counts by folder: no metadata is unpacked;
 * and what their headers say, for who looks for a pattern.
 */
#include "store/archive_impl.h"

int am_archive_each_place(struct am_archive *a, am_place_fn *fn, void *user,
                          struct am_error *err)
{
	return am_catalog_spots(a->catalog, fn, user, err);
}

int am_archive_each_head(struct am_archive *a, am_head_fn *fn, void *user,
                         struct am_error *err)
{
	return am_catalog_each_head(a->catalog, fn, user, err);
}
