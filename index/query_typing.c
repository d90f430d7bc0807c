/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/index.h"
#include "index/query_tree.h"

#include <glib.h>

#include <string.h>

/*
 * A query that somebody is about to type, made whole: each key must give an
 * answer, and never an error for what is not finished.
 */

#define DROPPED_MAX 16 /* unfinished words at the end */

struct open {
	GString *closers; /* of brackets, the last one first */
	bool quote;
};

static void find_open(const char *text, struct open *out)
{
	for (const char *c = text; *c; c++) {
		if (*c == '"')
			out->quote = !out->quote;
		else if (out->quote)
			continue;
		else if (*c == '(' || *c == '{')
			g_string_prepend_c(out->closers, *c == '(' ? ')' : '}');
		else if ((*c == ')' || *c == '}') && out->closers->len)
			g_string_erase(out->closers, 0, 1);
	}
}

/* Is the end of the text a word that may go on? */
static bool ends_in_word(const char *text)
{
	size_t len = strlen(text);
	const char *last = len ? g_utf8_find_prev_char(text, text + len) : NULL;

	return last && am_char_class(g_utf8_get_char_validated(last, -1)) !=
	                       AM_CHAR_BREAK;
}

static int parse_whole(struct am_query **out, const char *text, bool begins,
                       int64_t now, struct am_error *err)
{
	struct open open = {.closers = g_string_new(NULL)};
	GString *whole = g_string_new(text);
	int r;

	find_open(text, &open);
	if (begins)
		g_string_append_c(whole, '*');
	if (open.quote)
		g_string_append_c(whole, '"');
	g_string_append(whole, open.closers->str);
	r = am_query_parse(out, whole->str, now, err);
	g_string_free(open.closers, TRUE);
	g_string_free(whole, TRUE);
	return r;
}

int am_query_parse_typing(struct am_query **out, const char *text, int64_t now,
                          struct am_error *err)
{
	char *rest = g_strdup(text);
	struct am_error first = {.text = ""};
	int r = AM_FAILED;

	*out = NULL;
	for (unsigned i = 0; r && i <= DROPPED_MAX; i++) {
		size_t len;
		/* What was dropped stood behind the last word, which is whole
		 * then. */
		if (!i && ends_in_word(rest))
			r = parse_whole(out, rest, true, now, NULL);
		if (r)
			r = parse_whole(out, rest, false, now,
			                i ? NULL : &first);
		for (len = strlen(rest); len && rest[len - 1] == ' '; len--)
			;
		while (len && rest[len - 1] != ' ')
			len--;
		rest[len] = '\0';
	}
	g_free(rest);
	if (r && err)
		*err = first;
	return r;
}
