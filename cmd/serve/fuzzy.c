/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/serve/fuzzy.h"

#include "cmd/serve_index.h"
#include "index/index.h"

#include <glib.h>

enum { SHORT = 3 }; /* of such words everything is nearly so */

/* As a query: ("word" OR word~) ("and" OR …).  Quoted, a word is no operator.
 */
static char *query_of(const char *field, const char *text)
{
	char *prefix = field ? g_strconcat(field, ":", NULL) : g_strdup("");
	GString *query = g_string_new("");

	for (const char *p = text; *p;) {
		const char *from = p;
		while (*p && g_unichar_isalnum(g_utf8_get_char(p)))
			p = g_utf8_next_char(p);
		if (p == from) {
			p = g_utf8_next_char(p);
			continue;
		}
		char *word = g_strndup(from, (gsize)(p - from));
		g_string_append_printf(query, "(%s\"%s\"", prefix, word);
		if (g_utf8_strlen(word, -1) > SHORT)
			g_string_append_printf(query, " OR %s%s~", prefix,
			                       word);
		g_string_append(query, ") ");
		g_free(word);
	}
	g_free(prefix);
	return g_string_free(query, FALSE);
}

/* The best of them is 100. */
static void take(const struct am_hit *hits, size_t n, struct am_ranked *out)
{
	double most = 0;

	out->n = n;
	out->ids = g_new(int64_t, n + 1);
	out->scores = g_new(uint8_t, n + 1);
	for (size_t i = 0; i < n; i++)
		most = MAX(most, hits[i].score);
	for (size_t i = 0; i < n; i++) {
		double part = most > 0 ? hits[i].score / most : 1;
		out->ids[i] = hits[i].id;
		out->scores[i] = (uint8_t)(1 + CLAMP(part, 0, 1) * 99);
	}
}

int serve_fuzzy(void *user, struct am_vault *vault, const char *field,
                const char *text, struct am_ranked *out, struct am_error *err)
{
	char *query = query_of(field, text);
	struct am_hit *hits = NULL;
	size_t n;

	int r = *query ? serve_index_query(user, vault, query, true, &hits, &n,
	                                   &out->last, err)
	               : AM_END;
	if (!r)
		take(hits, n, out);
	g_free(hits);
	g_free(query);
	/* Whatever is wrong with it: messages can be read, exactly then. */
	return r < 0 ? AM_END : r;
}
