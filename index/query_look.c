/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/query_parse.h"

#include <glib.h>

#include <string.h>

/* What stands at a place of a query, and saying what is wrong there. */

/* ---- saying what is wrong --------------------------------------------------
 */

unsigned am_parser_column(const struct am_parser *p, const char *at)
{
	unsigned n = 1;

	for (const char *c = p->text; c < at; c++)
		n += ((unsigned char)*c & 0xc0) != 0x80;
	return n;
}

/* Cut between characters. */
char *am_parser_excerpt(const char *at, size_t len)
{
	size_t n = MIN(len, 40);

	while (n && n < len && ((unsigned char)at[n] & 0xc0) == 0x80)
		n--;
	return g_strdup_printf("%.*s%s", (int)n, at, n < len ? "…" : "");
}

int am_parser_wrong(struct am_parser *p, const char *at, size_t len,
                    const char *what)
{
	char *word = am_parser_excerpt(at, len);
	int r = am_fail(p->err, AM_FAILED, AM_E_ARGUMENT,
	                "%s \"%s\" at column %u", what, word,
	                am_parser_column(p, at));

	g_free(word);
	return r;
}

/* ---- looking ---------------------------------------------------------------
 */

bool am_parser_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void am_parser_skip(struct am_parser *p)
{
	while (p->at < p->end && am_parser_space(*p->at))
		p->at++;
}

const char *am_parser_word_end(const struct am_parser *p, const char *at)
{
	while (at < p->end && !am_parser_space(*at) && !strchr("(){}\"", *at))
		at++;
	return at;
}

bool am_parser_at_operator(const struct am_parser *p, const char *word)
{
	size_t n = strlen(word);

	/* Not the end of whatever stands here: it may be far, and is asked for
	 * at each of its bytes. */
	return (size_t)(p->end - p->at) >= n && !memcmp(p->at, word, n) &&
	       am_parser_word_end(p, p->at) == p->at + n;
}

bool am_parser_at_close(const struct am_parser *p)
{
	return p->at == p->end || *p->at == ')' || *p->at == '}';
}

bool am_parser_at_group(const struct am_parser *p)
{
	return p->at < p->end &&
	       (*p->at == '(' || *p->at == '{' ||
	        (*p->at == '"' && p->at + 1 < p->end && p->at[1] == '{'));
}

int am_parser_node(struct am_parser *p, enum am_node_kind kind,
                   struct am_node **out)
{
	*out = NULL;
	if (++p->nodes > AM_QUERY_NODES)
		return am_fail(p->err, AM_FAILED, AM_E_ARGUMENT,
		               "the query has more than %u parts",
		               AM_QUERY_NODES);
	*out = am_node_new(kind);
	return AM_OK;
}

int am_parser_pattern(struct am_parser *p, const char *at)
{
	return ++p->patterns > AM_QUERY_PATTERNS
	               ? am_fail(p->err, AM_FAILED, AM_E_ARGUMENT,
	                         "more than %u words with \"~\", \"*\" in "
	                         "front or /patterns/, at column %u",
	                         AM_QUERY_PATTERNS, am_parser_column(p, at))
	               : AM_OK;
}

static int unknown_field(struct am_parser *p, const char *at, size_t len)
{
	const char *guess = am_field_guess(at, len);
	char *word = am_parser_excerpt(at, len);
	int r = am_fail(p->err, AM_FAILED, AM_E_ARGUMENT,
	                "unknown field \"%s:\" at column %u%s%s%s", word,
	                am_parser_column(p, at),
	                guess ? "; did you mean \"" : "", guess ? guess : "",
	                guess ? ":\"?" : "");

	g_free(word);
	return r;
}

/* in:attachment:word is attached:word. */
static void look_into_attachments(struct am_parser *p,
                                  const struct am_field_def **field)
{
	static const char *const names[] = {"attachment:", "attachments:"};

	if ((*field)->kind != AM_FIELD_IN)
		return;
	for (size_t i = 0; i < AM_COUNT(names); i++) {
		size_t n = strlen(names[i]);
		if ((size_t)(p->end - p->at) < n ||
		    g_ascii_strncasecmp(p->at, names[i], n) != 0)
			continue;
		*field = am_field_find("attached", strlen("attached"));
		p->at += n;
		return;
	}
}

int am_parser_field(struct am_parser *p, const struct am_field_def **field)
{
	const char *c = p->at;

	if (c == p->end || !g_ascii_isalpha(*c))
		return AM_OK;
	while (c < p->end && (g_ascii_isalnum(*c) || *c == '-' || *c == '_'))
		c++;
	if (c == p->end || *c != ':')
		return AM_OK;
	if (c + 1 < p->end && c[1] == ':')
		return AM_OK;
	if (c + 2 < p->end && c[1] == '/' && c[2] == '/')
		return AM_OK;
	*field = am_field_find(p->at, (size_t)(c - p->at));
	if (!*field)
		return unknown_field(p, p->at, (size_t)(c - p->at));
	p->at = c + 1;
	look_into_attachments(p, field);
	return AM_OK;
}
