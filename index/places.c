/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/places.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/hash.h"
#include "index/order.h"
#include "index/side_file.h"

#include <glib.h>

#include <assert.h>
#include <string.h>

#define HEADER    AM_SIDE_HEADER
#define RECORD    24
#define VERSION   1
#define DATE_BIAS (INT64_C(1) << 38)
#define SIZE_MAX5 ((UINT64_C(1) << 40) - 1)
#define WINDOW    (64 * 1024)

static void put_n(uint8_t *to, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		to[i] = (uint8_t)(v >> (8 * i));
}

static uint64_t get_n(const uint8_t *from, unsigned n)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < n; i++)
		v |= (uint64_t)from[i] << (8 * i);
	return v;
}

static void encode_record(uint8_t to[RECORD], const struct am_place *p)
{
	int64_t date = p->dated ? CLAMP(p->date, 1 - DATE_BIAS, DATE_BIAS) : 0;

	am_put_le32(to, p->id);
	am_put_le32(to + 4, p->len);
	put_n(to + 8, p->offset, 6);
	put_n(to + 14, p->dated ? (uint64_t)(date + DATE_BIAS) : 0, 5);
	put_n(to + 19, MIN(p->size, SIZE_MAX5), 5);
}

static void decode_record(const uint8_t *from, struct am_place *p)
{
	uint64_t date = get_n(from + 14, 5);

	p->id = (uint32_t)get_n(from, 4);
	p->len = (uint32_t)get_n(from + 4, 4);
	p->offset = get_n(from + 8, 6);
	p->dated = date != 0;
	p->date = date ? (int64_t)date - DATE_BIAS : 0;
	p->size = get_n(from + 19, 5);
}

/* ---- writing ---------------------------------------------------------------
 */

struct am_places_writer {
	struct am_side_file side;
	uint64_t n;
	uint32_t first, last;
};

int am_places_create(struct am_places_writer **out, const char *path,
                     struct am_error *err)
{
	struct am_places_writer *w = g_new0(struct am_places_writer, 1);
	int r = am_side_open(&w->side, path, err);

	if (r)
		am_places_abandon(&w);
	*out = w;
	return r;
}

static void add_record(struct am_places_writer *w, GByteArray *to,
                       const struct am_place *p)
{
	uint8_t record[RECORD];

	encode_record(record, p);
	g_byte_array_append(to, record, RECORD);
	if (!w->n++)
		w->first = p->id;
	w->last = p->id;
}

int am_places_add(struct am_places_writer *w, const struct am_place *place,
                  const uint8_t *order, size_t len, struct am_error *err)
{
	struct am_place p = *place;

	assert(!w->n || p.id > w->last);
	p.len = (uint32_t)len;
	p.offset = w->side.offset;
	add_record(w, w->side.table, &p);
	g_byte_array_append(w->side.pending, order, (guint)len);
	w->side.offset += len;
	return am_side_flush(&w->side, true, err);
}

static void encode_header(uint8_t to[HEADER], uint64_t n, uint64_t table,
                          uint32_t first, uint32_t last)
{
	memset(to, 0, HEADER);
	memcpy(to, "amplaces", 8);
	am_put_le32(to + 8, VERSION);
	am_put_le64(to + 16, n);
	am_put_le64(to + 24, table);
	am_put_le32(to + 32, first);
	am_put_le32(to + 36, last);
	am_put_le32(to + 12, am_crc32(0, to, HEADER));
}

int am_places_finish(struct am_places_writer **writer, struct am_error *err)
{
	struct am_places_writer *w = *writer;
	uint8_t header[HEADER];

	encode_header(header, w->n, w->side.offset, w->first, w->last);
	int r = am_side_finish(&w->side, header, err);
	am_places_abandon(writer);
	return r;
}

void am_places_abandon(struct am_places_writer **writer)
{
	if (!*writer)
		return;
	am_side_close(&(*writer)->side);
	g_free(*writer);
	*writer = NULL;
}

/* ---- reading ---------------------------------------------------------------
 */

struct window {
	uint64_t at;
	size_t len, room;
	uint8_t *data; /* room + AM_ORDER_SLACK */
};

struct am_places {
	struct am_file *file;
	uint64_t n, table;
	uint32_t first, last;
	uint64_t cursor; /* record found last */
	struct window records, orders;
};

static int corrupt(const struct am_places *p, struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_CORRUPT,
	               "the index is damaged (%s): make it anew",
	               am_file_path(p->file));
}

/* len bytes at `at` in the window, which then holds `ahead` bytes or more
 * where there are any. */
static int look(struct am_places *p, struct window *w, uint64_t at, size_t len,
                size_t ahead, const uint8_t **data, struct am_error *err)
{
	if (at < w->at || at + len > w->at + w->len) {
		size_t want = MAX(len, ahead), got;
		if (want > w->room) {
			w->data = g_realloc(w->data, want + AM_ORDER_SLACK);
			memset(w->data + want, 0, AM_ORDER_SLACK);
			w->room = want;
		}
		w->len = 0;
		int r = am_file_read(p->file, at, w->data, want, &got, err);
		if (r)
			return r;
		w->at = at;
		w->len = got;
		if (got < len)
			return corrupt(p, err);
	}
	*data = w->data + (at - w->at);
	return AM_OK;
}

static int read_header(struct am_places *p, struct am_error *err)
{
	uint8_t h[HEADER], blank[HEADER];
	size_t got;
	int r = am_file_read(p->file, 0, h, HEADER, &got, err);

	if (r)
		return r;
	if (got != HEADER || memcmp(h, "amplaces", 8) != 0 ||
	    get_n(h + 8, 4) != VERSION)
		return corrupt(p, err);
	p->n = get_n(h + 16, 8);
	p->table = get_n(h + 24, 8);
	p->first = (uint32_t)get_n(h + 32, 4);
	p->last = (uint32_t)get_n(h + 36, 4);
	encode_header(blank, p->n, p->table, p->first, p->last);
	if (memcmp(h, blank, HEADER) != 0 || p->n > UINT32_MAX ||
	    p->table < HEADER || p->table > am_file_size(p->file) ||
	    am_file_size(p->file) - p->table != p->n * RECORD)
		return corrupt(p, err);
	return AM_OK;
}

int am_places_open(struct am_places **out, const char *path,
                   struct am_error *err)
{
	struct am_places *p = g_new0(struct am_places, 1);
	int r = am_file_open(&p->file, path, err);

	*out = NULL;
	if (!r)
		r = read_header(p, err);
	if (r)
		am_places_close(&p);
	else
		*out = p;
	return r;
}

void am_places_close(struct am_places **places)
{
	struct am_places *p = *places;

	if (!p)
		return;
	am_file_unref(&p->file);
	g_free(p->records.data);
	g_free(p->orders.data);
	g_free(p);
	*places = NULL;
}

uint64_t am_places_documents(const struct am_places *places)
{
	return places->n;
}

static int record_at(struct am_places *p, uint64_t i, size_t ahead,
                     struct am_place *out, struct am_error *err)
{
	const uint8_t *data;
	int r = look(p, &p->records, p->table + i * RECORD, RECORD,
	             MAX(ahead, RECORD), &data, err);

	if (!r)
		decode_record(data, out);
	return r;
}

/* Ids ascend, so record i has at least the id first + i: the record sought is
 * at from - first when there are no gaps, and never behind it. */
int am_places_next(struct am_places *p, uint32_t from, struct am_place *out,
                   struct am_error *err)
{
	uint64_t low = 0, high;
	int r;

	if (!p->n || from > p->last)
		return AM_END;
	high = from <= p->first ? 0 : MIN(from - p->first, p->n - 1);
	r = record_at(p, high, WINDOW, out, err);
	if (r || out->id == from || !high)
		return r ? r : out->id < from ? corrupt(p, err) : AM_OK;
	/* There are gaps.  Mostly the asker goes upwards in small steps. */
	for (int step = 0; step < 2 && p->cursor < high; step++) {
		r = record_at(p, p->cursor, WINDOW, out, err);
		if (r)
			return r;
		if (out->id >= from) {
			high = p->cursor;
			break;
		}
		low = ++p->cursor;
	}
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		r = record_at(p, middle, WINDOW, out, err);
		if (r)
			return r;
		if (out->id >= from)
			high = middle;
		else
			low = middle + 1;
	}
	p->cursor = low;
	r = record_at(p, low, WINDOW, out, err);
	return r ? r : out->id < from ? corrupt(p, err) : AM_OK;
}

int am_places_order(struct am_places *p, const struct am_place *place,
                    const uint8_t **data, struct am_error *err)
{
	if (place->offset < HEADER || place->offset > p->table ||
	    place->len > p->table - place->offset)
		return corrupt(p, err);
	return look(p, &p->orders, place->offset, place->len, 16 * 1024, data,
	            err);
}

/* ---- joining ---------------------------------------------------------------
 */

static int copy_table(struct am_places_writer *w, struct am_places *p,
                      uint64_t moved, struct am_error *err)
{
	struct am_place place;
	int r = AM_OK;

	for (uint64_t i = 0; i < p->n && !r; i++) {
		r = record_at(p, i, WINDOW, &place, err);
		if (r)
			break;
		if (w->n && place.id <= w->last)
			return corrupt(p, err);
		place.offset += moved;
		add_record(w, w->side.pending, &place);
		r = am_side_flush(&w->side, true, err);
	}
	return r;
}

int am_places_merge(const char *const *paths, size_t n, const char *to,
                    struct am_error *err)
{
	struct am_places_writer *w = NULL;
	struct am_places **from = g_new0(struct am_places *, n + 1);
	uint64_t moved = 0;
	int r = am_places_create(&w, to, err);

	for (size_t i = 0; i < n && !r; i++) {
		r = am_places_open(&from[i], paths[i], err);
		if (!r)
			r = am_side_copy(&w->side, from[i]->file, HEADER,
			                 from[i]->table, err);
	}
	for (size_t i = 0; i < n && !r; i++) {
		r = copy_table(w, from[i], moved, err);
		moved += from[i]->table - HEADER;
	}
	if (!r)
		r = am_places_finish(&w, err);
	for (size_t i = 0; i < n; i++)
		am_places_close(&from[i]);
	g_free(from);
	am_places_abandon(&w);
	return r;
}
