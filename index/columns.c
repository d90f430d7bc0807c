/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/columns_impl.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/hash.h"

#include <assert.h>
#include <string.h>

#define VERSION 1

enum am_column am_dictionary_column(enum am_dictionary dictionary)
{
	return (enum am_column)((int)AM_COLUMN_FROM + (int)dictionary);
}

size_t am_column_width(enum am_column column)
{
	if (column == AM_COLUMN_NEAR)
		return AM_NEAR_HASHES * sizeof(uint16_t);
	return column < AM_COLUMN_MID ? 4 : 8;
}

void am_columns_header(uint8_t to[AM_SIDE_HEADER], uint64_t n, uint64_t table,
                       uint32_t first, uint32_t last)
{
	memset(to, 0, AM_SIDE_HEADER);
	memcpy(to, "amcolumn", 8);
	am_put_le32(to + 8, VERSION);
	am_put_le64(to + 16, n);
	am_put_le64(to + 24, table);
	am_put_le32(to + 32, first);
	am_put_le32(to + 36, last);
	am_put_le32(to + 12, am_crc32(0, to, AM_SIDE_HEADER));
}

int am_columns_put(struct am_side_file *side, const void *data, size_t len,
                   struct am_error *err)
{
	if (!len)
		return AM_OK;
	g_byte_array_append(side->pending, data, (guint)len);
	side->offset += len;
	return am_side_flush(side, true, err);
}

int am_columns_seal(struct am_side_file *side,
                    const struct am_section *sections, uint64_t n,
                    uint32_t first, uint32_t last, struct am_error *err)
{
	uint8_t header[AM_SIDE_HEADER], record[16];

	for (size_t i = 0; i < AM_COLUMN_SECTIONS; i++) {
		am_put_le64(record, sections[i].offset);
		am_put_le64(record + 8, sections[i].len);
		g_byte_array_append(side->table, record, sizeof(record));
	}
	am_columns_header(header, n, side->offset, first, last);
	return am_side_finish(side, header, err);
}

/* ---- writing ---------------------------------------------------------------
 */

struct interned {
	GHashTable *numbers; /* text: its number in order of coming, + 1 */
	GPtrArray *texts;
};

struct am_columns_writer {
	struct am_side_file side;
	uint64_t n;
	uint32_t first, last;
	GByteArray *columns[AM_COLUMN_COUNT];
	struct interned dictionaries[AM_DICTIONARY_COUNT];
};

int am_columns_create(struct am_columns_writer **out, const char *path,
                      struct am_error *err)
{
	struct am_columns_writer *w = g_new0(struct am_columns_writer, 1);
	int r = am_side_open(&w->side, path, err);

	for (size_t i = 0; i < AM_COLUMN_COUNT; i++)
		w->columns[i] = g_byte_array_new();
	for (size_t i = 0; i < AM_DICTIONARY_COUNT; i++) {
		w->dictionaries[i].numbers = g_hash_table_new_full(
			g_str_hash, g_str_equal, g_free, NULL);
		w->dictionaries[i].texts = g_ptr_array_new();
	}
	if (r)
		am_columns_abandon(&w);
	*out = w;
	return r;
}

void am_columns_abandon(struct am_columns_writer **writer)
{
	struct am_columns_writer *w = *writer;

	if (!w)
		return;
	am_side_close(&w->side);
	for (size_t i = 0; i < AM_COLUMN_COUNT; i++)
		g_byte_array_unref(w->columns[i]);
	for (size_t i = 0; i < AM_DICTIONARY_COUNT; i++) {
		g_hash_table_unref(w->dictionaries[i].numbers);
		g_ptr_array_unref(w->dictionaries[i].texts);
	}
	g_free(w);
	*writer = NULL;
}

static uint32_t intern(struct interned *d, const char *text)
{
	uint32_t number =
		GPOINTER_TO_UINT(g_hash_table_lookup(d->numbers, text));

	if (!number) {
		char *copy = g_strdup(text);
		g_ptr_array_add(d->texts, copy);
		number = d->texts->len;
		g_hash_table_insert(d->numbers, copy, GUINT_TO_POINTER(number));
	}
	return number - 1;
}

static void put32(struct am_columns_writer *w, enum am_column column,
                  uint32_t v)
{
	uint8_t b[4];

	am_put_le32(b, v);
	g_byte_array_append(w->columns[column], b, 4);
}

static void put64(struct am_columns_writer *w, enum am_column column,
                  uint64_t v)
{
	uint8_t b[8];

	am_put_le64(b, v);
	g_byte_array_append(w->columns[column], b, 8);
}

void am_columns_add(struct am_columns_writer *w, const struct am_row *row)
{
	uint8_t near[AM_NEAR_HASHES * 2];

	assert(!w->n || row->id > w->last);
	if (!w->n++)
		w->first = row->id;
	w->last = row->id;
	put32(w, AM_COLUMN_ID, row->id);
	put32(w, AM_COLUMN_DAY, (uint32_t)row->day);
	put32(w, AM_COLUMN_SIZE, (uint32_t)MIN(row->size, UINT32_MAX));
	for (int d = 0; d < AM_DICTIONARY_COUNT; d++)
		put32(w, am_dictionary_column((enum am_dictionary)d),
		      intern(&w->dictionaries[d], row->texts[d]));
	put64(w, AM_COLUMN_MID, row->mid);
	put64(w, AM_COLUMN_THREAD, row->thread);
	put64(w, AM_COLUMN_PARENT, row->parent);
	put64(w, AM_COLUMN_EXACT, row->exact);
	for (size_t i = 0; i < AM_NEAR_HASHES; i++)
		am_put_le16(near + 2 * i, row->near[i]);
	g_byte_array_append(w->columns[AM_COLUMN_NEAR], near, sizeof(near));
}

static gint by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Numbers in order of coming become ranks. */
static void rank(struct am_columns_writer *w, enum am_dictionary d)
{
	struct interned *in = &w->dictionaries[d];
	GByteArray *column = w->columns[am_dictionary_column(d)];
	uint32_t *ranks = g_new(uint32_t, in->texts->len + 1);

	g_ptr_array_sort(in->texts, by_text);
	for (guint i = 0; i < in->texts->len; i++) {
		guint number = GPOINTER_TO_UINT(
			g_hash_table_lookup(in->numbers, in->texts->pdata[i]));
		ranks[number - 1] = i;
	}
	for (guint at = 0; at < column->len; at += 4) {
		struct am_cursor c = am_cursor(column->data + at, 4);
		am_put_le32(column->data + at, ranks[am_get_le32(&c)]);
	}
	g_free(ranks);
}

static int write_dictionary(struct am_columns_writer *w, enum am_dictionary d,
                            struct am_section *sections, struct am_error *err)
{
	const GPtrArray *texts = w->dictionaries[d].texts;
	uint32_t at = 0;
	uint8_t b[4];
	int r = AM_OK;

	sections[0] = (struct am_section){w->side.offset,
	                                  4 * ((uint64_t)texts->len + 1)};
	for (guint i = 0; i <= texts->len && !r; i++) {
		am_put_le32(b, at);
		r = am_columns_put(&w->side, b, 4, err);
		if (i < texts->len)
			at += (uint32_t)strlen(texts->pdata[i]) + 1;
	}
	sections[1] = (struct am_section){w->side.offset, at};
	for (guint i = 0; i < texts->len && !r; i++)
		r = am_columns_put(&w->side, texts->pdata[i],
		                   strlen(texts->pdata[i]) + 1, err);
	return r;
}

int am_columns_finish(struct am_columns_writer **writer, struct am_error *err)
{
	struct am_columns_writer *w = *writer;
	struct am_section sections[AM_COLUMN_SECTIONS];
	int r = AM_OK;

	for (int d = 0; d < AM_DICTIONARY_COUNT; d++)
		rank(w, (enum am_dictionary)d);
	for (size_t i = 0; i < AM_COLUMN_COUNT && !r; i++) {
		sections[i] =
			(struct am_section){w->side.offset, w->columns[i]->len};
		r = am_columns_put(&w->side, w->columns[i]->data,
		                   w->columns[i]->len, err);
	}
	for (size_t d = 0; d < AM_DICTIONARY_COUNT && !r; d++)
		r = write_dictionary(w, (enum am_dictionary)d,
		                     &sections[AM_COLUMN_COUNT + 2 * d], err);
	if (!r)
		r = am_columns_seal(&w->side, sections, w->n, w->first, w->last,
		                    err);
	am_columns_abandon(writer);
	return r;
}

/* ---- reading ---------------------------------------------------------------
 */

int am_columns_corrupt(const struct am_columns *c, struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_CORRUPT,
	               "the index is damaged (%s): mailark index --rebuild "
	               "makes it anew",
	               am_file_path(c->file));
}

static int read_table(struct am_columns *c, uint64_t table,
                      struct am_error *err)
{
	uint8_t records[AM_COLUMN_SECTIONS * 16];
	int r = am_file_read_all(c->file, table, records, sizeof(records), err);
	struct am_cursor at = am_cursor(records, sizeof(records));

	for (size_t i = 0; i < AM_COLUMN_SECTIONS && !r; i++) {
		struct am_section *s = &c->sections[i];
		s->offset = am_get_le64(&at);
		s->len = am_get_le64(&at);
		if (s->offset > table || s->len > table - s->offset)
			return am_columns_corrupt(c, err);
		if (i < AM_COLUMN_COUNT &&
		    s->len != c->n * am_column_width((enum am_column)i))
			return am_columns_corrupt(c, err);
	}
	return r;
}

static int read_header(struct am_columns *c, struct am_error *err)
{
	uint8_t h[AM_SIDE_HEADER], same[AM_SIDE_HEADER];
	size_t got;
	int r = am_file_read(c->file, 0, h, sizeof(h), &got, err);

	if (r)
		return r;
	if (got != sizeof(h) || memcmp(h, "amcolumn", 8) != 0)
		return am_columns_corrupt(c, err);
	struct am_cursor at = am_cursor(h + 16, sizeof(h) - 16);
	c->n = am_get_le64(&at);
	uint64_t table = am_get_le64(&at);
	c->first = am_get_le32(&at);
	c->last = am_get_le32(&at);
	am_columns_header(same, c->n, table, c->first, c->last);
	uint64_t size = am_file_size(c->file);
	if (memcmp(h, same, sizeof(h)) != 0 || c->n > UINT32_MAX ||
	    table > size || size - table != 16 * AM_COLUMN_SECTIONS)
		return am_columns_corrupt(c, err);
	return read_table(c, table, err);
}

int am_columns_open(struct am_columns **out, const char *path,
                    struct am_error *err)
{
	struct am_columns *c = g_new0(struct am_columns, 1);
	int r = am_file_open(&c->file, path, err);

	*out = NULL;
	if (!r)
		r = read_header(c, err);
	if (r)
		am_columns_close(&c);
	else
		*out = c;
	return r;
}

void am_columns_close(struct am_columns **columns)
{
	struct am_columns *c = *columns;

	if (!c)
		return;
	am_file_unref(&c->file);
	for (size_t d = 0; d < AM_DICTIONARY_COUNT; d++) {
		g_free(c->dictionaries[d].starts);
		g_free(c->dictionaries[d].texts);
	}
	g_free(c);
	*columns = NULL;
}

uint64_t am_columns_documents(const struct am_columns *columns)
{
	return columns->n;
}

int am_columns_read(struct am_columns *c, enum am_column column, uint64_t at,
                    size_t n, void *out, struct am_error *err)
{
	size_t width = am_column_width(column);

	assert(at <= c->n && n <= c->n - at);
	int r = am_file_read_all(c->file,
	                         c->sections[column].offset + at * width, out,
	                         n * width, err);
	if (r || G_BYTE_ORDER == G_LITTLE_ENDIAN)
		return r;
	for (size_t i = 0; column == AM_COLUMN_NEAR && i < n * AM_NEAR_HASHES;
	     i++)
		((uint16_t *)out)[i] = GUINT16_FROM_LE(((uint16_t *)out)[i]);
	for (size_t i = 0; width == 4 && i < n; i++)
		((uint32_t *)out)[i] = GUINT32_FROM_LE(((uint32_t *)out)[i]);
	for (size_t i = 0; width == 8 && i < n; i++)
		((uint64_t *)out)[i] = GUINT64_FROM_LE(((uint64_t *)out)[i]);
	return AM_OK;
}

int am_columns_find(struct am_columns *c, uint32_t id, uint64_t *row,
                    struct am_error *err)
{
	uint64_t low = 0, high;
	uint32_t found;
	int r;

	if (!c->n || id < c->first || id > c->last)
		return AM_END;
	/* Ids ascend, so it stands at id - first, or before where there are
	 * gaps. */
	high = MIN((uint64_t)id - c->first, c->n - 1);
	r = am_columns_read(c, AM_COLUMN_ID, high, 1, &found, err);
	if (r)
		return r;
	if (found == id) {
		*row = high;
		return AM_OK;
	}
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		r = am_columns_read(c, AM_COLUMN_ID, middle, 1, &found, err);
		if (r)
			return r;
		if (found >= id)
			high = middle;
		else
			low = middle + 1;
	}
	r = am_columns_read(c, AM_COLUMN_ID, low, 1, &found, err);
	*row = low;
	return r ? r : found == id ? AM_OK : AM_END;
}

static int check_dictionary(const struct am_columns *c,
                            const struct am_dictionary_texts *d, uint64_t bytes,
                            struct am_error *err)
{
	if (d->starts[0] != 0 || d->starts[d->n] != bytes)
		return am_columns_corrupt(c, err);
	for (uint32_t i = 0; i < d->n; i++)
		if (d->starts[i + 1] <= d->starts[i] ||
		    d->starts[i + 1] > bytes || d->texts[d->starts[i + 1] - 1])
			return am_columns_corrupt(c, err);
	return AM_OK;
}

int am_columns_texts(struct am_columns *c, enum am_dictionary dictionary,
                     uint32_t *n, struct am_error *err)
{
	struct am_dictionary_texts *d = &c->dictionaries[dictionary];
	const struct am_section *s =
		&c->sections[AM_COLUMN_COUNT + 2 * dictionary];

	*n = d->n;
	if (d->loaded)
		return AM_OK;
	if (s->len < 4 || s->len % 4 || s->len / 4 - 1 > c->n)
		return am_columns_corrupt(c, err);
	g_free(d->starts);
	g_free(d->texts);
	d->n = (uint32_t)(s->len / 4 - 1);
	d->starts = g_malloc(s->len);
	d->texts = g_malloc(s[1].len + 1);
	int r = am_file_read_all(c->file, s->offset, d->starts, s->len, err);
	for (uint32_t i = 0; i <= d->n; i++)
		d->starts[i] = GUINT32_FROM_LE(d->starts[i]);
	if (!r)
		r = am_file_read_all(c->file, s[1].offset, d->texts, s[1].len,
		                     err);
	if (!r)
		r = check_dictionary(c, d, s[1].len, err);
	d->loaded = r == AM_OK;
	*n = r ? 0 : d->n;
	return r;
}

const char *am_columns_text(const struct am_columns *c,
                            enum am_dictionary dictionary, uint32_t i)
{
	const struct am_dictionary_texts *d = &c->dictionaries[dictionary];

	return d->loaded && i < d->n ? d->texts + d->starts[i] : "";
}
