/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/browse/listing.h"

#include "store/archive.h"

#include <glib.h>

struct listing {
	size_t n;
	struct listed *rows;
	enum am_sort sort;
};

enum { ASK_EVERY = 256 };

static int read_all(struct listing *l, struct am_archive *archive,
                    bool (*stop)(void *user), void *user, struct am_error *err)
{
	static const struct am_archive_filter any;
	int64_t *ids = NULL;
	size_t n = 0;
	int r = am_archive_select(archive, &any, &ids, &n, err);

	l->rows = g_new(struct listed, n + 1);
	for (size_t i = 0; i < n && !r; i++) {
		struct am_archive_message m;
		if (i % ASK_EVERY == 0 && stop(user)) {
			r = am_fail(err, AM_FAILED, AM_E_CANCELLED, "stopped");
			break;
		}
		r = am_archive_message(archive, ids[i], &m, err);
		if (!r)
			l->rows[l->n++] = (struct listed){
				ids[i], m.date.known ? m.date.sec : INT64_MIN,
				m.size};
	}
	g_free(ids);
	return r;
}

/* Of one date or size, what was stored last stands where the new ones stand:
 * the order the index gives. */
static gint compare(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct listed *x = a, *y = b;
	const struct listing *l = user;
	int newest = (x->id < y->id) - (x->id > y->id);
	int date = (x->date < y->date) - (x->date > y->date);
	int size = (x->size < y->size) - (x->size > y->size);

	if (l->sort == AM_SORT_SIZE)
		return size ? size : newest;
	if (l->sort == AM_SORT_DATE_ASC)
		return date ? -date : -newest;
	return date ? date : newest;
}

int listing_rows(struct listing **listing, struct am_archive *archive,
                 enum am_sort sort, bool (*stop)(void *user), void *user,
                 const struct listed **rows, size_t *n, struct am_error *err)
{
	struct listing *l = *listing;

	if (!l) {
		l = g_new0(struct listing, 1);
		l->sort = AM_SORT_RELEVANCE; /* none yet */
		int r = read_all(l, archive, stop, user, err);
		if (r) {
			listing_free(&l);
			return r;
		}
		*listing = l;
	}
	/* Without a query nothing is a better match than another. */
	if (sort == AM_SORT_RELEVANCE)
		sort = AM_SORT_DATE;
	if (l->sort != sort) {
		l->sort = sort;
		g_qsort_with_data(l->rows, (gint)l->n, sizeof *l->rows, compare,
		                  l);
	}
	*rows = l->rows;
	*n = l->n;
	return AM_OK;
}

size_t listing_length(const struct listing *l)
{
	return l->n;
}

void listing_free(struct listing **listing)
{
	if (!*listing)
		return;
	g_free((*listing)->rows);
	g_free(*listing);
	*listing = NULL;
}
