/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The change sequence as a follower sees it.
 */
#include "store/archive_impl.h"

#define BATCH 256

int am_archive_changes(struct am_archive *a, uint64_t after,
                       struct am_archive_change *out, size_t room, size_t *got,
                       struct am_error *err)
{
	struct am_catalog_change batch[BATCH];
	int r = AM_OK;

	*got = 0;
	while (*got < room && !r) {
		size_t n, want = room - *got < BATCH ? room - *got : BATCH;
		r = am_catalog_changes(a->catalog, after, batch, want, &n, err);
		for (size_t i = 0; i < n; i++)
			out[(*got)++] = (struct am_archive_change){
				.seq = batch[i].seq,
				.message = (int64_t)batch[i].message,
				.gone = batch[i].gone,
			};
		if (n)
			after = batch[n - 1].seq;
	}
	if (r < 0)
		return r;
	return *got ? AM_OK : AM_END;
}
