/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The catalog from the log alone, whatever there was before.
 */
#include "store/archive_impl.h"

int am_archive_rebuild(const char *path, struct am_ctx *ctx,
                       struct am_error *err)
{
	struct am_archive *a;

	int r = am_archive_begin(&a, path, false, ctx, err);
	if (!r)
		r = am_archive_attach_anew(a, err);
	am_archive_close(&a);
	return r;
}
