/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/columns_impl.h"

#include "base/bytes.h"
#include "base/file.h"

#include <string.h>

/*
 * Several files of columns into one: columns are put one behind the other,
 * dictionaries merged as sorted lists, and the numbers of texts follow.
 */

enum { CHUNK = 16384 }; /* values at a time */

struct merge {
	struct am_columns **from;
	size_t n;
	struct am_side_file side;
	struct am_section sections[AM_COLUMN_SECTIONS];
	/* Of the dictionary that is merged: for each source the new number of
	 * each of its texts. */
	uint32_t **numbers;
};

static int copy_column(struct merge *m, enum am_column column,
                       struct am_error *err)
{
	size_t width = am_column_width(column);
	uint64_t start = m->side.offset;
	int r = AM_OK;

	for (size_t i = 0; i < m->n && !r; i++) {
		const struct am_section *s = &m->from[i]->sections[column];
		r = am_side_copy(&m->side, m->from[i]->file, s->offset,
		                 s->offset + m->from[i]->n * width, err);
	}
	m->sections[column] =
		(struct am_section){start, m->side.offset - start};
	return r;
}

/* The source whose next text is the least; m->n: none is left. */
static size_t least(const struct merge *m, enum am_dictionary d,
                    const uint32_t *at)
{
	size_t best = m->n;

	for (size_t i = 0; i < m->n; i++) {
		if (at[i] >= m->from[i]->dictionaries[d].n)
			continue;
		if (best == m->n ||
		    strcmp(am_columns_text(m->from[i], d, at[i]),
		           am_columns_text(m->from[best], d, at[best])) < 0)
			best = i;
	}
	return best;
}

/* Texts to `texts`, where they begin to `starts`, and the numbers. */
static void merge_texts(struct merge *m, enum am_dictionary d,
                        GByteArray *starts, GByteArray *texts)
{
	uint32_t *at = g_new0(uint32_t, m->n + 1), n = 0;
	uint8_t b[4];

	for (size_t i; (i = least(m, d, at)) < m->n; n++) {
		const char *text = am_columns_text(m->from[i], d, at[i]);
		am_put_le32(b, texts->len);
		g_byte_array_append(starts, b, 4);
		g_byte_array_append(texts, (const guint8 *)text,
		                    (guint)strlen(text) + 1);
		for (size_t k = i; k < m->n; k++)
			if (at[k] < m->from[k]->dictionaries[d].n &&
			    (k == i ||
			     !strcmp(am_columns_text(m->from[k], d, at[k]),
			             text)))
				m->numbers[k][at[k]++] = n;
	}
	am_put_le32(b, texts->len);
	g_byte_array_append(starts, b, 4);
	g_free(at);
}

static int renumber(struct merge *m, enum am_dictionary d, struct am_error *err)
{
	enum am_column column = am_dictionary_column(d);
	uint32_t *values = g_new(uint32_t, CHUNK);
	uint64_t start = m->side.offset;
	int r = AM_OK;

	for (size_t i = 0; i < m->n && !r; i++)
		for (uint64_t at = 0; at < m->from[i]->n && !r; at += CHUNK) {
			size_t n = (size_t)MIN(CHUNK, m->from[i]->n - at);
			r = am_columns_read(m->from[i], column, at, n, values,
			                    err);
			for (size_t k = 0; k < n && !r; k++) {
				if (values[k] >= m->from[i]->dictionaries[d].n)
					r = am_columns_corrupt(m->from[i], err);
				else
					am_put_le32((uint8_t *)&values[k],
					            m->numbers[i][values[k]]);
			}
			if (!r)
				r = am_columns_put(&m->side, values, n * 4,
				                   err);
		}
	m->sections[column] =
		(struct am_section){start, m->side.offset - start};
	g_free(values);
	return r;
}

static int merge_dictionary(struct merge *m, enum am_dictionary d,
                            struct am_error *err)
{
	GByteArray *starts = g_byte_array_new(), *texts = g_byte_array_new();
	struct am_section *s = &m->sections[AM_COLUMN_COUNT + 2 * d];
	int r = AM_OK;

	m->numbers = g_new0(uint32_t *, m->n + 1);
	for (size_t i = 0; i < m->n && !r; i++) {
		uint32_t n;
		r = am_columns_texts(m->from[i], d, &n, err);
		m->numbers[i] = g_new0(uint32_t, (size_t)n + 1);
	}
	if (!r)
		merge_texts(m, d, starts, texts);
	if (!r)
		r = renumber(m, d, err);
	s[0] = (struct am_section){m->side.offset, starts->len};
	s[1] = (struct am_section){m->side.offset + starts->len, texts->len};
	if (!r)
		r = am_columns_put(&m->side, starts->data, starts->len, err);
	if (!r)
		r = am_columns_put(&m->side, texts->data, texts->len, err);
	for (size_t i = 0; i < m->n; i++)
		g_free(m->numbers[i]);
	g_free(m->numbers);
	g_byte_array_unref(starts);
	g_byte_array_unref(texts);
	return r;
}

static int merge_all(struct merge *m, const char *to, struct am_error *err)
{
	uint64_t n = 0;
	uint32_t first = 0, last = 0;
	int r = am_side_open(&m->side, to, err);

	for (size_t i = 0; i < m->n && !r; i++) {
		const struct am_columns *c = m->from[i];
		if (!c->n)
			continue;
		if (n && c->first <= last)
			return am_columns_corrupt(c, err);
		first = n ? first : c->first;
		last = c->last;
		n += c->n;
	}
	for (int c = 0; c < AM_COLUMN_COUNT && !r; c++)
		if (c < AM_COLUMN_FROM || c > AM_COLUMN_SUBJECT)
			r = copy_column(m, (enum am_column)c, err);
	for (int d = 0; d < AM_DICTIONARY_COUNT && !r; d++)
		r = merge_dictionary(m, (enum am_dictionary)d, err);
	return r ? r
	         : am_columns_seal(&m->side, m->sections, n, first, last, err);
}

int am_columns_merge(const char *const *paths, size_t n, const char *to,
                     struct am_error *err)
{
	struct merge m = {.from = g_new0(struct am_columns *, n + 1), .n = n};
	int r = AM_OK;

	for (size_t i = 0; i < n && !r; i++)
		r = am_columns_open(&m.from[i], paths[i], err);
	if (!r)
		r = merge_all(&m, to, err);
	am_side_close(&m.side);
	for (size_t i = 0; i < n; i++)
		am_columns_close(&m.from[i]);
	g_free(m.from);
	return r;
}
