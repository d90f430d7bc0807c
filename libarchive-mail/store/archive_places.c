/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where all messages lie, for who counts by folder: no metadata is unpacked.
 */
#include "store/archive_impl.h"

int am_archive_each_place(struct am_archive *a, am_place_fn *fn, void *user,
                          struct am_error *err)
{
	return am_catalog_spots(a->catalog, fn, user, err);
}
