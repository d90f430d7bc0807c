/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/places.h"

#include "base/bytes.h"
#include "base/file.h"
#include "index/side_file.h"

#include <glib.h>

#include <assert.h>
#include <string.h>

/* Writing places, and joining files of them. */

struct am_places_writer {
	struct am_side_file side;
	GArray *places;   /* struct am_place, as they came */
	uint32_t *number; /* of each; NULL: not asked for yet */
	uint32_t *sorted; /* places by document */
};

int am_places_create(struct am_places_writer **out, const char *path,
                     struct am_error *err)
{
	struct am_places_writer *w = g_new0(struct am_places_writer, 1);
	int r = am_side_open(&w->side, path, err);

	w->places = g_array_new(FALSE, FALSE, sizeof(struct am_place));
	if (r)
		am_places_abandon(&w);
	*out = w;
	return r;
}

static struct am_place *place_at(const struct am_places_writer *w, guint i)
{
	return &g_array_index(w->places, struct am_place, i);
}

int am_places_add(struct am_places_writer *w, const struct am_place *place,
                  const uint8_t *order, size_t len, struct am_error *err)
{
	struct am_place p = *place;

	assert(!w->number);
	assert(!w->places->len || p.id > place_at(w, w->places->len - 1)->id);
	p.len = (uint32_t)len;
	p.offset = w->side.offset;
	g_array_append_val(w->places, p);
	g_byte_array_append(w->side.pending, order, (guint)len);
	w->side.offset += len;
	return am_side_flush(&w->side, true, err);
}

static int by_rank(const void *a, const void *b, void *user)
{
	const struct am_places_writer *w = user;
	const struct am_place *x = place_at(w, *(const uint32_t *)a);
	const struct am_place *y = place_at(w, *(const uint32_t *)b);

	return am_place_before(x, y) ? -1 : am_place_before(y, x);
}

const uint32_t *am_places_number(struct am_places_writer *w)
{
	guint n = w->places->len;

	if (w->number)
		return w->number;
	w->number = g_new(uint32_t, n + 1);
	w->sorted = g_new(uint32_t, n + 1);
	/* What was stored later is mostly newer. */
	for (guint i = 0; i < n; i++)
		w->sorted[i] = n - 1 - i;
	qsort_r(w->sorted, n, sizeof(*w->sorted), by_rank, w);
	for (guint i = 0; i < n; i++)
		w->number[w->sorted[i]] = i + 1;
	return w->number;
}

int am_places_finish(struct am_places_writer **writer, struct am_error *err)
{
	struct am_places_writer *w = *writer;
	const uint32_t *number = am_places_number(w);
	guint n = w->places->len;
	uint32_t first = n ? place_at(w, 0)->id : 0;
	uint32_t last = n ? place_at(w, n - 1)->id : 0;
	uint8_t header[AM_SIDE_HEADER];
	size_t table = (size_t)n * AM_PLACES_RECORD, reverse = 0;

	if (n)
		reverse = ((size_t)last - first + 1) * 4;
	g_byte_array_set_size(w->side.table, (guint)(table + reverse));
	if (n)
		memset(w->side.table->data + table, 0, reverse);
	for (guint i = 0; i < n; i++) {
		const struct am_place *p = place_at(w, i);
		am_place_encode(w->side.table->data + (size_t)(number[i] - 1) *
		                                              AM_PLACES_RECORD,
		                p);
		am_put_le32(w->side.table->data + table +
		                    (size_t)(p->id - first) * 4,
		            number[i]);
	}
	am_places_header(header, n, w->side.offset, first, last);
	int r = am_side_finish(&w->side, header, err);
	am_places_abandon(writer);
	return r;
}

void am_places_abandon(struct am_places_writer **writer)
{
	struct am_places_writer *w = *writer;

	if (!w)
		return;
	am_side_close(&w->side);
	g_array_unref(w->places);
	g_free(w->number);
	g_free(w->sorted);
	g_free(w);
	*writer = NULL;
}

/* ---- joining ---------------------------------------------------------------
 */

/* One of the files that are joined, and where in it we are. */
struct input {
	struct am_places *places;
	uint64_t moved; /* its orders */
	uint32_t next, first, last;
	struct am_place place; /* of the next document; offset as it becomes */
	bool ended;
};

struct joining {
	struct am_side_file side;
	struct input *in;
	size_t n;
	uint32_t *const *moved;
	uint32_t *reverse, first, last, documents;
};

static int advance(struct input *in, struct am_error *err)
{
	int r = am_places_get(in->places, in->next, &in->place, err);

	in->ended = r == AM_END;
	in->place.offset += in->moved;
	return in->ended ? AM_OK : r;
}

static int damaged(const struct input *in, struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_CORRUPT,
	               "the index is damaged (%s): mailark index --rebuild "
	               "makes it anew",
	               am_file_path(am_places_file(in->places)));
}

/* Everything that is there, newest first. */
static int join_tables(struct joining *j, struct am_error *err)
{
	int r = AM_OK;

	for (size_t i = 0; i < j->n && !r; i++)
		r = advance(&j->in[i], err);
	while (!r) {
		struct input *best = NULL;
		uint8_t record[AM_PLACES_RECORD];
		size_t at = 0;
		for (size_t i = 0; i < j->n; i++)
			if (!j->in[i].ended &&
			    (!best ||
			     am_place_before(&j->in[i].place, &best->place))) {
				best = &j->in[i];
				at = i;
			}
		if (!best)
			return am_side_flush(&j->side, false, err);
		if (best->place.id < best->first || best->place.id > best->last)
			return damaged(best, err);
		am_place_encode(record, &best->place);
		g_byte_array_append(j->side.pending, record, sizeof(record));
		j->moved[at][best->next++ - 1] = ++j->documents;
		j->reverse[best->place.id - j->first] = j->documents;
		r = am_side_flush(&j->side, true, err);
		if (!r)
			r = advance(best, err);
	}
	return r;
}

static int open_all(struct joining *j, const char *const *paths,
                    const uint32_t *documents, struct am_error *err)
{
	int r = AM_OK;

	for (size_t i = 0; i < j->n && !r; i++) {
		struct input *in = &j->in[i];
		r = am_places_open(&in->places, paths[i], err);
		if (r)
			break;
		if (am_places_documents(in->places) != documents[i])
			return damaged(in, err);
		in->next = 1;
		in->moved = j->side.offset - AM_SIDE_HEADER;
		if (am_places_range(in->places, &in->first, &in->last)) {
			if (j->last && in->first <= j->last)
				return damaged(in, err);
			if (!j->last)
				j->first = in->first;
			j->last = in->last;
		}
		r = am_side_copy(&j->side, am_places_file(in->places),
		                 AM_SIDE_HEADER, am_places_table(in->places),
		                 err);
	}
	return r;
}

int am_places_merge(const char *const *paths, size_t n, const char *to,
                    uint32_t *const *moved, const uint32_t *documents,
                    struct am_error *err)
{
	struct joining j = {.n = n, .moved = moved};
	uint8_t header[AM_SIDE_HEADER];
	int r = am_side_open(&j.side, to, err);

	if (r)
		return r;
	j.in = g_new0(struct input, n + 1);
	r = open_all(&j, paths, documents, err);
	if (!r) {
		size_t ids = j.last ? (size_t)j.last - j.first + 1 : 0;
		uint64_t table = j.side.offset;
		j.reverse = g_new0(uint32_t, ids + 1);
		r = join_tables(&j, err);
		for (size_t i = 0; i < ids; i++) {
			uint8_t number[4];
			am_put_le32(number, j.reverse[i]);
			g_byte_array_append(j.side.table, number, 4);
		}
		am_places_header(header, j.documents, table, j.first, j.last);
	}
	if (!r)
		r = am_side_finish(&j.side, header, err);
	for (size_t i = 0; i < n; i++)
		am_places_close(&j.in[i].places);
	am_side_close(&j.side);
	g_free(j.reverse);
	g_free(j.in);
	return r;
}
