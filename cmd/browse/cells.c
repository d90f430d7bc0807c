/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/browse/cells.h"

#include "cmd/out.h"

#include <glib.h>

#include <string.h>
#include <wchar.h>

enum {
	MARKS_MAX =
		3, /* on one letter: enough for any script, not for a joke */
	TAB = 8
};

/* -1: goes, 0: stands on the character before, else columns. */
static int width_of(gunichar c)
{
	if (c < 0x7F)
		return 1;
	/* Joiners make one sign of several on some terminals and not on others,
	 * and selectors make it wider; without them all agree. */
	if (c == 0x200C)
		return 0;
	if (c == 0xAD || (c >= 0xFE00 && c <= 0xFE0F) ||
	    g_unichar_type(c) == G_UNICODE_FORMAT)
		return -1;
	return wcwidth((wchar_t)c);
}

/* Does a terminal know it?  What it does not know has no width to rely on. */
static bool is_known(gunichar c)
{
	return c < 0x7F || g_unichar_type(c) == G_UNICODE_FORMAT ||
	       wcwidth((wchar_t)c) >= 0;
}

struct cleaning {
	GString *out;
	size_t column;
	int marks;   /* on the last character */
	bool on_any; /* there is a character to stand on */
};

static void add(struct cleaning *c, gunichar ch)
{
	int width = is_known(ch) ? width_of(ch) : 1;

	if (!is_known(ch))
		ch = 0xFFFD;
	if (width < 0)
		return;
	if (width == 0) {
		if (++c->marks > MARKS_MAX)
			return;
		if (!c->on_any)
			g_string_append_c(c->out, ' ');
	} else {
		c->marks = 0;
	}
	c->on_any = true;
	c->column += (size_t)width;
	g_string_append_unichar(c->out, ch);
}

char *cells_clean(const char *s, bool lines)
{
	struct cleaning c = {.out = g_string_new(NULL)};
	char *safe = out_clean(s, lines);

	for (const char *p = safe; *p; p = g_utf8_next_char(p)) {
		if (*p == '\n' && lines) {
			g_string_append_c(c.out, '\n');
			c.column = 0;
			c.on_any = false;
			c.marks = 0;
		} else if (*p == '\t' && lines) {
			do
				add(&c, ' ');
			while (c.column % TAB);
		} else {
			add(&c, g_utf8_get_char(p));
		}
	}
	g_free(safe);
	return g_string_free(c.out, FALSE);
}

size_t cells_next(const char *s, size_t *columns)
{
	const char *p = s;
	int width = 0;

	if (*p) {
		width = width_of(g_utf8_get_char(p));
		p = g_utf8_next_char(p);
	}
	while (*p && (uint8_t)*p >= 0x80 && width_of(g_utf8_get_char(p)) <= 0)
		p = g_utf8_next_char(p);
	if (columns)
		*columns = width > 0 ? (size_t)width : 0;
	return (size_t)(p - s);
}

size_t cells_cut(const char *s, size_t columns, size_t *used)
{
	size_t at = 0, sum = 0, width, n;

	while ((n = cells_next(s + at, &width)) && sum + width <= columns) {
		at += n;
		sum += width;
	}
	if (used)
		*used = sum;
	return at;
}

size_t cells_width(const char *s)
{
	size_t used;

	cells_cut(s, SIZE_MAX / 2, &used);
	return used;
}

char *cells_fit(const char *s, size_t columns)
{
	size_t fits = cells_cut(s, columns, NULL);

	if (!s[fits])
		return g_strdup(s);
	if (!columns)
		return g_strdup("");
	fits = cells_cut(s, columns - 1, NULL);
	return g_strdup_printf("%.*s…", (int)fits, s);
}

void cells_wrap(const char *s, size_t columns, size_t hang, cells_line_fn *line,
                void *user)
{
	/* A wide character must fit. */
	columns = MAX(columns, 2);
	for (;;) {
		size_t fits = cells_cut(s, columns, NULL), end = fits;
		if (!s[fits]) {
			line(user, s, fits);
			return;
		}
		/* Back to a blank, if a word stands before it. */
		while (end && s[end] != ' ')
			end--;
		size_t word = end;
		while (word && s[word - 1] == ' ')
			word--;
		if (!word)
			end = fits;
		line(user, s, end);
		s += end;
		if (*s == ' ')
			s++;
		columns = columns > hang + 2 ? columns - hang : columns;
		hang = 0;
	}
}
