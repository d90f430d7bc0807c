/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/places.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/map.h"
#include "index/order.h"
#include "index/side_file.h"

#include <glib.h>

#include <string.h>

#define HEADER    AM_SIDE_HEADER
#define RECORD    AM_PLACES_RECORD
#define DATE_BIAS AM_PLACES_DATE_BIAS
#define BYTES5    ((UINT64_C(1) << 40) - 1)
#define BYTES6    ((UINT64_C(1) << 48) - 1)
#define WINDOW    (64 * 1024) /* for who goes on and on */
#define GLANCE    2048        /* for who jumps about */
#define NEAR      4096
#define LINE      64  /* of the processor's cache */
#define AHEAD_MAX 512 /* of an order */

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

void am_place_encode(uint8_t to[RECORD], const struct am_place *p)
{
	int64_t date = p->dated ? CLAMP(p->date, 1 - DATE_BIAS, DATE_BIAS) : 0;

	am_put_le32(to, p->id);
	am_put_le32(to + 4, p->len);
	put_n(to + 8, p->offset, 6);
	put_n(to + 14, p->dated ? (uint64_t)(date + DATE_BIAS) : 0, 5);
	put_n(to + 19, MIN(p->size, BYTES5), 5);
}

/* Fields of a record are taken out of eight bytes of it each. */
static uint64_t eight(const uint8_t *from)
{
	uint64_t v;

	memcpy(&v, from, sizeof(v));
	return GUINT64_FROM_LE(v);
}

static void place_of_order(const uint8_t *record, uint32_t *len,
                           uint64_t *offset)
{
	*len = (uint32_t)(eight(record) >> 32);
	*offset = eight(record + 8) & BYTES6;
}

static void decode_record(const uint8_t *from, struct am_place *p)
{
	uint64_t date = eight(from + 14) & BYTES5;

	place_of_order(from, &p->len, &p->offset);
	p->id = (uint32_t)eight(from);
	p->dated = date != 0;
	p->date = date ? (int64_t)date - DATE_BIAS : 0;
	p->size = eight(from + 16) >> 24;
}

void am_places_header(uint8_t to[HEADER], uint64_t n, uint64_t table,
                      uint32_t first, uint32_t last)
{
	memset(to, 0, HEADER);
	memcpy(to, "amplaces", 8);
	am_put_le32(to + 8, AM_PLACES_VERSION);
	am_put_le64(to + 16, n);
	am_put_le64(to + 24, table);
	am_put_le32(to + 32, first);
	am_put_le32(to + 36, last);
	am_put_le32(to + 12, am_crc32(0, to, HEADER));
}

/* ---- reading ---------------------------------------------------------------
 */

struct window {
	uint64_t at;
	size_t len, room;
	size_t glance; /* how much was read */
	uint8_t *data; /* room + AM_ORDER_SLACK */
};

struct am_places {
	struct am_file *file;
	struct am_map *map; /* NULL: through the windows */
	uint64_t n, table;
	uint32_t first, last;
	struct window records, orders, documents;
};

static int corrupt(const struct am_places *p, struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_CORRUPT,
	               "the index is damaged (%s): mailark index --rebuild "
	               "makes it anew",
	               am_file_path(p->file));
}

/* len bytes at `at` in the window.  Who comes from near by will go on, and gets
 * more at once each time; backwards as well, for orders lie by message id,
 * which is backwards for those who go through the newest documents. */
static int look(struct am_places *p, struct window *w, uint64_t at, size_t len,
                const uint8_t **data, struct am_error *err)
{
	if (p->map) {
		uint64_t size = am_file_size(p->file);
		if (at > size || len > size - at || am_map_torn(p->map))
			return corrupt(p, err);
		*data = am_map_data(p->map) + at;
		return AM_OK;
	}
	if (at < w->at || at + len > w->at + w->len) {
		bool on = w->len && at >= w->at && at <= w->at + w->len + NEAR;
		bool back = w->len && at < w->at && w->at - at <= NEAR;
		w->glance = on || back ? MIN(2 * w->glance, WINDOW) : GLANCE;
		size_t want = MAX(len, w->glance), got;
		uint64_t from = !back              ? at
		                : at + len >= want ? at + len - want
		                                   : 0;
		if (want > w->room) {
			w->data = g_realloc(w->data, want + AM_ORDER_SLACK);
			memset(w->data + want, 0, AM_ORDER_SLACK);
			w->room = want;
		}
		w->len = 0;
		int r = am_file_read(p->file, from, w->data, want, &got, err);
		if (r)
			return r;
		w->at = from;
		w->len = got;
		if (got < at - from + len)
			return corrupt(p, err);
	}
	*data = w->data + (at - w->at);
	return AM_OK;
}

/* Of the table from messages to documents. */
static uint64_t reverse_len(const struct am_places *p)
{
	return p->n ? ((uint64_t)p->last - p->first + 1) * 4 : 0;
}

static int read_header(struct am_places *p, struct am_error *err)
{
	uint8_t h[HEADER], blank[HEADER];
	size_t got;
	int r = am_file_read(p->file, 0, h, HEADER, &got, err);

	if (r)
		return r;
	if (got != HEADER || memcmp(h, "amplaces", 8) != 0 ||
	    get_n(h + 8, 4) != AM_PLACES_VERSION)
		return corrupt(p, err);
	p->n = get_n(h + 16, 8);
	p->table = get_n(h + 24, 8);
	p->first = (uint32_t)get_n(h + 32, 4);
	p->last = (uint32_t)get_n(h + 36, 4);
	am_places_header(blank, p->n, p->table, p->first, p->last);
	if (memcmp(h, blank, HEADER) != 0 || p->n > UINT32_MAX ||
	    p->table < HEADER || p->table > am_file_size(p->file) ||
	    p->last < p->first ||
	    am_file_size(p->file) - p->table != p->n * RECORD + reverse_len(p))
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
	am_map_free(&p->map);
	am_file_unref(&p->file);
	g_free(p->records.data);
	g_free(p->orders.data);
	g_free(p->documents.data);
	g_free(p);
	*places = NULL;
}

void am_places_map(struct am_places *places)
{
	if (!places->map)
		places->map = am_map_new(places->file);
}

bool am_places_mapped(const struct am_places *places)
{
	return places->map != NULL;
}

void am_places_ahead(const struct am_places *p, uint32_t document)
{
	if (p->map && document && document <= p->n)
		__builtin_prefetch(am_map_data(p->map) + p->table +
		                   (uint64_t)(document - 1) * RECORD);
}

void am_places_order_ahead(const struct am_places *p, uint32_t document)
{
	uint32_t len;
	uint64_t offset;

	if (!p->map || !document || document > p->n)
		return;
	const uint8_t *data = am_map_data(p->map);
	place_of_order(data + p->table + (uint64_t)(document - 1) * RECORD,
	               &len, &offset);
	if (offset > p->table || len > p->table - offset)
		return;
	for (uint32_t i = 0; i < MIN(len, AHEAD_MAX); i += LINE)
		__builtin_prefetch(data + offset + i);
}

bool am_places_torn(const struct am_places *places)
{
	return am_map_torn(places->map);
}

uint32_t am_places_documents(const struct am_places *places)
{
	return (uint32_t)places->n;
}

struct am_file *am_places_file(const struct am_places *places)
{
	return places->file;
}

bool am_places_range(const struct am_places *places, uint32_t *first,
                     uint32_t *last)
{
	*first = places->first;
	*last = places->last;
	return places->n > 0;
}

uint64_t am_places_table(const struct am_places *places)
{
	return places->table;
}

int am_places_get(struct am_places *p, uint32_t document, struct am_place *out,
                  struct am_error *err)
{
	const uint8_t *data;

	if (!document || document > p->n)
		return AM_END;
	int r = look(p, &p->records,
	             p->table + (uint64_t)(document - 1) * RECORD, RECORD,
	             &data, err);
	if (!r)
		decode_record(data, out);
	return r;
}

int am_places_find(struct am_places *p, uint32_t id, uint32_t *document,
                   struct am_error *err)
{
	const uint8_t *data;

	*document = 0;
	if (!p->n || id < p->first || id > p->last)
		return AM_OK;
	int r = look(p, &p->documents,
	             p->table + p->n * RECORD + (uint64_t)(id - p->first) * 4,
	             4, &data, err);
	if (r)
		return r;
	*document = (uint32_t)get_n(data, 4);
	return *document > p->n ? corrupt(p, err) : AM_OK;
}

bool am_place_before(const struct am_place *a, const struct am_place *b)
{
	if (a->dated != b->dated)
		return a->dated;
	if (a->dated && a->date != b->date)
		return a->date > b->date;
	return a->id > b->id;
}

/* The first document that is not newer than date, or has none. */
static int first_until(struct am_places *p, int64_t date, uint32_t *out,
                       struct am_error *err)
{
	uint32_t low = 1, high = (uint32_t)p->n + 1;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		struct am_place place;
		int r = am_places_get(p, middle, &place, err);
		if (r)
			return r;
		if (place.dated && place.date > date)
			low = middle + 1;
		else
			high = middle;
	}
	*out = low;
	return AM_OK;
}

int am_places_dates(struct am_places *p, int64_t from, int64_t to,
                    uint32_t *first, uint32_t *last, struct am_error *err)
{
	uint32_t behind = 1;
	int r = first_until(p, to, first, err);

	/* Nothing dated is older than what a record can hold. */
	if (!r)
		r = first_until(p, MAX(from, -DATE_BIAS) - 1, &behind, err);
	*last = behind - 1;
	return r;
}

int am_places_order(struct am_places *p, const struct am_place *place,
                    const uint8_t **data, struct am_error *err)
{
	if (place->offset < HEADER || place->offset > p->table ||
	    place->len > p->table - place->offset)
		return corrupt(p, err);
	return look(p, &p->orders, place->offset, place->len, data, err);
}
