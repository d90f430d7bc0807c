/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/browse/find.h"

#include <glib.h>

#include <string.h>

/* ---- from a query -------------------------------------------------------- */

static void add(struct finds *f, char *text, bool begins, bool ends)
{
	if (!*text) {
		g_free(text);
		return;
	}
	f->items = g_renew(struct find, f->items, f->n + 1);
	f->items[f->n++] = (struct find){text, begins, ends};
}

/* Fields whose words stand in what is shown of a message. */
static bool is_shown(const char *field, size_t len)
{
	static const char *const names[] = {
		"subject", "s",         "body",  "b",       "new",
		"quoted",  "from",      "f",     "to",      "t",
		"cc",      "recipient", "recip", "contact", "attached"};

	for (size_t i = 0; i < AM_COUNT(names); i++)
		if (strlen(names[i]) == len &&
		    !g_ascii_strncasecmp(names[i], field, len))
			return true;
	return false;
}

/* "word", "word*", "a phrase": without what is the query's. */
static void add_word(struct finds *f, const char *s, size_t len)
{
	bool ends = true;

	while (len && strchr("=(", *s))
		s++, len--;
	while (len && strchr("*~)", s[len - 1])) {
		ends = ends && s[len - 1] == ')';
		len--;
	}
	if (len > 1)
		add(f, g_strndup(s, len), true, ends);
}

/* Where the word ends that begins here; quotation marks hold one together. */
static const char *word_end(const char *s)
{
	bool quoted = false;

	for (; *s && (quoted || *s != ' '); s++)
		quoted ^= *s == '"';
	return s;
}

static void take_word(struct finds *f, const char *s, const char *end)
{
	const char *colon = memchr(s, ':', (size_t)(end - s));
	const char *quote = memchr(s, '"', (size_t)(end - s));

	while (s < end && *s == '(')
		s++;
	if (colon && (!quote || colon < quote)) {
		if (!is_shown(s, (size_t)(colon - s)))
			return;
		s = colon + 1;
	}
	quote = memchr(s, '"', (size_t)(end - s));
	if (quote) {
		const char *close =
			memchr(quote + 1, '"', (size_t)(end - quote - 1));
		add_word(f, quote + 1,
		         (size_t)((close ? close : end) - quote - 1));
	} else {
		add_word(f, s, (size_t)(end - s));
	}
}

void finds_of_query(struct finds *out, const char *query)
{
	bool not = false;

	*out = (struct finds){0};
	for (const char *s = query; *s;) {
		const char *end = word_end(s);
		size_t len = (size_t)(end - s);
		bool joins = (len == 3 && !strncmp(s, "AND", 3)) ||
		             (len == 2 && !strncmp(s, "OR", 2)) ||
		             (len > 3 && !strncmp(s, "NEAR", 4));
		if (len == 3 && !strncmp(s, "NOT", 3)) {
			not = true;
		} else if (len && !joins) {
			if (!not &&*s != '-')
				take_word(out, s, end);
			not = false;
		}
		s = end + (*end == ' ');
	}
}

void finds_of_text(struct finds *out, const char *text)
{
	*out = (struct finds){0};
	add(out, g_strdup(text), false, false);
}

void finds_clear(struct finds *f)
{
	for (size_t i = 0; i < f->n; i++)
		g_free(f->items[i].text);
	g_free(f->items);
	*f = (struct finds){0};
}

/* ---- in a text ----------------------------------------------------------- */

static bool is_letter(const char *s)
{
	return *s && g_unichar_isalnum(g_utf8_get_char(s));
}

/* Does it stand here?  Where it ends, or NULL. */
static const char *match(const struct find *f, const char *text, const char *at)
{
	const char *a = at, *b = f->text;

	while (*a && *b) {
		gunichar x = g_utf8_get_char(a), y = g_utf8_get_char(b);
		if (x != y && g_unichar_tolower(x) != g_unichar_tolower(y))
			return NULL;
		a = g_utf8_next_char(a);
		b = g_utf8_next_char(b);
	}
	if (*b || (f->ends && is_letter(a)))
		return NULL;
	if (f->begins && at > text && is_letter(g_utf8_prev_char(at)))
		return NULL;
	return a;
}

const char *finds_next(const struct finds *f, const char *text,
                       const char *from, size_t *len)
{
	for (const char *at = from; f->n && *at; at = g_utf8_next_char(at))
		for (size_t i = 0; i < f->n; i++) {
			const char *end = match(&f->items[i], text, at);
			if (end) {
				*len = (size_t)(end - at);
				return at;
			}
		}
	return NULL;
}
