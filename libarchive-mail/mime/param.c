/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parameters (RFC 2045 §5.1, RFC 2231), read the way mail writes them: values
 * with spaces and no quotes, quotes that never close, semicolons forgotten,
 * encoded words inside quotes, backslashes of Windows paths.  Linear.
 */
#include "mime/param.h"

#include "base/arena.h"
#include "base/charset.h"
#include "mime/scan.h"
#include "mime/words.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

/* A parameter name longer than this is none, and nothing is looked for further
 * ahead than this. */
#define NAME_MAX_LEN 64
/* Pieces of one RFC 2231 value; a file name has a handful. */
#define PIECES_MAX 1000

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Over a comment at p, nested ones with it; p itself when it never closes. */
static const char *skip_comment(const char *p, const char *end)
{
	const char *start = p;
	size_t depth = 0;

	for (; p < end; p++) {
		if (*p == '\\' && end - p > 1)
			p++;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && !--depth)
			return p + 1;
	}
	return start;
}

static const char *skip_space(struct am_params *p, const char *at)
{
	while (at < p->end) {
		if (is_space(*at)) {
			at++;
			continue;
		}
		if (*at != '(' || p->no_comments)
			break;
		const char *behind = skip_comment(at, p->end);
		if (behind == at) {
			p->no_comments = true;
			break;
		}
		at = behind;
	}
	return at;
}

void am_params_init(struct am_params *p, const char *value, size_t len)
{
	*p = (struct am_params){.at = value, .end = value + len};
	bool quoted = false;

	/* Up to the first semicolon that separates. */
	while (p->at < p->end) {
		char c = *p->at;
		if (!quoted && c == ';')
			break;
		if (!quoted && c == '(' && !p->no_comments) {
			const char *behind = skip_comment(p->at, p->end);
			if (behind != p->at) {
				p->at = behind;
				continue;
			}
			p->no_comments = true;
		}
		if (c == '"')
			quoted = !quoted;
		p->at++;
	}
}

static bool is_name_char(char c)
{
	return g_ascii_isalnum(c) || c == '-' || c == '_' || c == '*' ||
	       c == '.';
}

/* "name=" at p?  Then a semicolon was forgotten before it. */
static bool starts_param(const char *p, const char *end)
{
	const char *q = p;

	while (q < end && is_name_char(*q) && q - p < NAME_MAX_LEN)
		q++;
	return q > p && q < end && *q == '=' && g_ascii_isalpha(*p);
}

static const char *quoted_value(const char *at, const char *end,
                                struct am_param *out)
{
	const char *p = at + 1;

	while (p < end && *p != '"') {
		if (*p == '\\' && end - p > 1)
			p++;
		p++;
	}
	if (p >= end) {
		/* Never closed: up to the next semicolon, which a name seldom
		 * has, rather than all that follows. */
		p = memchr(at + 1, ';', (size_t)(end - at - 1));
		if (!p)
			p = end;
	}
	out->value = at + 1;
	out->value_len = (size_t)(p - at - 1);
	out->quoted = true;
	return p < end && *p == '"' ? p + 1 : p;
}

static const char *plain_value(struct am_params *params, const char *at,
                               struct am_param *out)
{
	const char *p = at, *end = params->end;
	const char *comment = NULL; /* one that may turn out to be the tail */

	while (p < end && *p != ';') {
		if (is_space(*p) && starts_param(p + 1, end))
			break;
		if (*p == '(' && p > at && is_space(p[-1]) &&
		    !params->no_comments) {
			const char *behind = skip_comment(p, end);
			if (behind == p) {
				params->no_comments = true;
			} else {
				comment = p;
				p = behind;
				continue;
			}
		} else if (!is_space(*p)) {
			comment = NULL;
		}
		p++;
	}
	const char *last = comment ? comment : p;
	while (last > at && is_space(last[-1]))
		last--;
	out->value = at;
	out->value_len = (size_t)(last - at);
	out->quoted = false;
	return p;
}

bool am_params_next(struct am_params *p, struct am_param *out)
{
	const char *at = p->at;

	for (;;) {
		at = skip_space(p, at);
		if (at < p->end && *at == ';') {
			at++;
			continue;
		}
		if (at >= p->end)
			break;
		const char *name = at;
		while (at < p->end && *at != '=' && *at != ';' &&
		       !is_space(*at))
			at++;
		out->name = name;
		out->name_len = (size_t)(at - name);
		at = skip_space(p, at);
		if (at >= p->end || *at != '=') {
			/* A word without a value.  (A comment that never
			 * closes may stand where it did: move on.) */
			if (at == name)
				at++;
			continue;
		}
		at = skip_space(p, at + 1);
		p->at = at < p->end && *at == '"'
		                ? quoted_value(at, p->end, out)
		                : plain_value(p, at, out);
		return true;
	}
	p->at = p->end;
	return false;
}

/* Unfold and undo the quoting; rfc: every backslash quotes, else only those
 * before a quote or another backslash, because of "C:\docs\x.doc". */
static size_t unquote(const struct am_param *param, char *to, bool rfc)
{
	const char *p = param->value, *end = p + param->value_len;
	char *start = to;

	for (; p < end; p++) {
		if (*p == '\r' || *p == '\n')
			continue;
		if (param->quoted && *p == '\\' && end - p > 1 &&
		    (rfc || p[1] == '"' || p[1] == '\\'))
			p++;
		*to++ = *p;
	}
	return (size_t)(to - start);
}

char *am_param_raw(struct am_arena *arena, const char *value, size_t len,
                   const char *name)
{
	size_t want = strlen(name);
	struct am_params params;
	struct am_param param;

	am_params_init(&params, value, len);
	while (am_params_next(&params, &param)) {
		if (param.name_len != want ||
		    g_ascii_strncasecmp(param.name, name, want))
			continue;
		char *out = am_arena_alloc(arena, param.value_len + 1);
		out[unquote(&param, out, true)] = '\0';
		return out;
	}
	return NULL;
}

/* One piece of an RFC 2231 value: name*, name*3, name*3*. */
struct piece {
	struct am_param param;
	unsigned index;
	bool percent;
};

/* What stands behind the name: false when this is another parameter. */
static bool piece_of(const struct am_param *param, const char *name,
                     size_t name_len, struct piece *out)
{
	if (param->name_len < name_len + 1 || param->name[name_len] != '*' ||
	    g_ascii_strncasecmp(param->name, name, name_len))
		return false;
	const char *p = param->name + name_len + 1;
	const char *end = param->name + param->name_len;

	*out = (struct piece){.param = *param};
	if (p == end) {
		out->percent = true;
		return true;
	}
	for (; p < end && g_ascii_isdigit(*p); p++) {
		if (out->index > PIECES_MAX)
			return false;
		out->index = out->index * 10 + (unsigned)(*p - '0');
	}
	if (p < end && *p == '*') {
		out->percent = true;
		p++;
	}
	return p == end;
}

static void append_percent(GString *to, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '%' && len - i > 2 && g_ascii_isxdigit(s[i + 1]) &&
		    g_ascii_isxdigit(s[i + 2])) {
			g_string_append_c(
				to, (char)(g_ascii_xdigit_value(s[i + 1]) * 16 +
			                   g_ascii_xdigit_value(s[i + 2])));
			i += 2;
		} else {
			g_string_append_c(to, s[i]);
		}
	}
}

static int by_index(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return x->param.name < y->param.name ? -1 : 1;
}

/* Cut "charset'language'" off the front; NULL when it is not there. */
static char *cut_charset(struct am_arena *arena, char **s, size_t *len)
{
	char *first = memchr(*s, '\'', *len);
	if (!first)
		return NULL;
	char *second = memchr(first + 1, '\'', *len - (size_t)(first + 1 - *s));
	if (!second)
		return NULL;
	char *charset = am_arena_strndup(arena, *s, (size_t)(first - *s));
	*len -= (size_t)(second + 1 - *s);
	*s = second + 1;
	return charset;
}

static char *join_pieces(struct am_arena *arena, struct piece *pieces, size_t n)
{
	GString *joined = g_string_new(NULL);
	char *charset = NULL;
	bool percent = false;

	qsort(pieces, n, sizeof *pieces, by_index);
	for (size_t i = 0; i < n; i++) {
		if (i && pieces[i].index == pieces[i - 1].index)
			continue;
		const struct am_param *param = &pieces[i].param;
		char *plain = g_malloc(param->value_len + 1);
		size_t len = unquote(param, plain, false);
		char *s = plain;
		if (i == 0 && pieces[i].percent)
			charset = cut_charset(arena, &s, &len);
		percent |= pieces[i].percent;
		if (pieces[i].percent)
			append_percent(joined, s, len);
		else
			g_string_append_len(joined, s, (gssize)len);
		g_free(plain);
	}
	char *out;
	if (!percent) {
		out = am_words_decode(arena, joined->str, joined->len);
	} else {
		size_t len;
		out = am_charset_to_utf8(arena, charset, joined->str,
		                         joined->len, &len);
		am_words_clean(out, len);
	}
	g_string_free(joined, TRUE);
	return out;
}

char *am_param_get(struct am_arena *arena, const char *value, size_t len,
                   const char *name)
{
	size_t name_len = strlen(name);
	struct am_params params;
	struct am_param param, plain = {0};
	GArray *pieces = NULL;
	char *out = NULL;

	am_params_init(&params, value, len);
	while (am_params_next(&params, &param)) {
		struct piece piece;
		if (param.name_len == name_len && !plain.name &&
		    !g_ascii_strncasecmp(param.name, name, name_len)) {
			plain = param;
		} else if (piece_of(&param, name, name_len, &piece)) {
			if (!pieces)
				pieces =
					g_array_new(FALSE, FALSE, sizeof piece);
			if (pieces->len < PIECES_MAX)
				g_array_append_val(pieces, piece);
		}
	}
	if (pieces) {
		out = join_pieces(arena, (struct piece *)(void *)pieces->data,
		                  pieces->len);
		g_array_free(pieces, TRUE);
	} else if (plain.name) {
		char *s = g_malloc(plain.value_len + 1);
		out = am_words_decode(arena, s, unquote(&plain, s, false));
		g_free(s);
	}
	return out;
}

char *am_param_main(struct am_arena *arena, const char *value, size_t len)
{
	struct am_params p = {.at = value, .end = value + len};
	char *out = am_arena_alloc(arena, len + 1), *to = out;
	const char *at = skip_space(&p, value);

	while (at < p.end && *at != ';') {
		if (*at != '"')
			*to++ = g_ascii_tolower(*at);
		const char *next = skip_space(&p, at + 1);
		/* "text / html" is one value, "inline filename=x" is two. */
		if (next > at + 1 && next < p.end && *next != '/' &&
		    (to == out || to[-1] != '/'))
			break;
		at = next;
	}
	*to = '\0';
	return out;
}
