/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/browse/frame.h"

#include "cmd/browse/bidi.h"
#include "cmd/browse/cells.h"

#include <glib.h>

#include <stdarg.h>
#include <string.h>

static void set_cell(struct frame *f, size_t y, size_t x, enum style style,
                     const char *text, size_t len)
{
	struct cell *c = frame_cell(f, y, x);

	if (!c)
		return;
	len = MIN(len, sizeof c->text - 1);
	memcpy(c->text, text, len);
	c->text[len] = '\0';
	c->style = (uint8_t)style;
}

struct frame *frame_new(size_t rows, size_t columns)
{
	struct frame *f = g_new0(struct frame, 1);

	f->rows = rows;
	f->columns = columns;
	f->cells = g_new0(struct cell, rows * columns + 1);
	f->cursor_y = SIZE_MAX;
	for (size_t y = 0; y < rows; y++)
		for (size_t x = 0; x < columns; x++)
			set_cell(f, y, x, STYLE_PLAIN, " ", 1);
	return f;
}

void frame_free(struct frame **frame)
{
	if (!*frame)
		return;
	g_free((*frame)->cells);
	g_free(*frame);
	*frame = NULL;
}

struct cell *frame_cell(struct frame *f, size_t y, size_t x)
{
	if (y >= f->rows || x >= f->columns)
		return NULL;
	return &f->cells[y * f->columns + x];
}

/* A mark that writes nothing, from left to right. */
#define FENCE "\xE2\x80\x8E" /* U+200E */

static void fence_off(struct frame *f, size_t y, size_t x)
{
	struct cell *c = frame_cell(f, y, x);

	/* Of a wide one the first half has the text. */
	if (c && !*c->text)
		c = frame_cell(f, y, x - 1);
	if (c && strlen(c->text) + strlen(FENCE) < sizeof c->text)
		g_strlcat(c->text, FENCE, sizeof c->text);
}

static size_t put_cells(struct frame *f, size_t y, size_t x, enum style style,
                        const char *text)
{
	size_t used = 0, width, n;

	for (const char *p = text; (n = cells_next(p, &width)); p += n) {
		set_cell(f, y, x + used, style, p, n);
		if (width == 2)
			set_cell(f, y, x + used + 1, style, "", 0);
		used += width;
	}
	return used;
}

static size_t put(struct frame *f, size_t y, size_t x, size_t columns,
                  enum style style, const char *text, bool paragraph_right)
{
	if (y >= f->rows || x >= f->columns)
		return 0;
	columns = MIN(columns, f->columns - x);
	for (size_t i = 0; i < columns; i++)
		set_cell(f, y, x + i, style, " ", 1);
	char *fit = cells_fit(text, columns);
	bool right = bidi_needed(fit), fence = right && !f->seen_order;
	if (right && f->seen_order) {
		char *seen = bidi_seen(fit, paragraph_right ||
		                                    bidi_from_right(text));
		g_free(fit);
		fit = seen;
	}
	size_t used = cells_width(fit);
	/* What begins at the right stands there. */
	size_t left = paragraph_right && f->seen_order && used < columns
	                      ? columns - used
	                      : 0;
	put_cells(f, y, x + left, style, fit);
	if (fence && used)
		fence_off(f, y, x + used - 1);
	g_free(fit);
	return used;
}

size_t frame_put(struct frame *f, size_t y, size_t x, size_t columns,
                 enum style style, const char *text)
{
	return put(f, y, x, columns, style, text, false);
}

size_t frame_put_right(struct frame *f, size_t y, size_t x, size_t columns,
                       enum style style, const char *text)
{
	return put(f, y, x, columns, style, text, true);
}

size_t frame_print(struct frame *f, size_t y, size_t x, size_t columns,
                   enum style style, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	char *text = g_strdup_vprintf(fmt, args);
	va_end(args);
	char *clean = cells_clean(text, false);
	size_t used = frame_put(f, y, x, columns, style, clean);
	g_free(clean);
	g_free(text);
	return used;
}

void frame_style(struct frame *f, size_t y, size_t x, size_t columns,
                 enum style style)
{
	for (size_t i = 0; i < columns; i++) {
		struct cell *c = frame_cell(f, y, x + i);
		if (c)
			c->style = (uint8_t)style;
	}
}

char *frame_row(const struct frame *f, size_t y)
{
	GString *row = g_string_new(NULL);

	for (size_t x = 0; y < f->rows && x < f->columns; x++)
		g_string_append(row, f->cells[y * f->columns + x].text);
	return g_strchomp(g_string_free(row, FALSE));
}
