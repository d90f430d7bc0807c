/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Content-Type and Content-Transfer-Encoding (RFC 2045 §5, §6), as leniently
 * as mail is written.
 */
#include "mime/content.h"

#include "base/arena.h"
#include "mime/param.h"

#include <glib.h>

#include <string.h>

#define TYPE_MAX 200

enum am_encoding am_content_encoding(const struct am_field *field)
{
	static const struct {
		const char *name;
		enum am_encoding encoding;
	} names[] = {
		{"7bit", AM_ENC_7BIT},      {"8bit", AM_ENC_8BIT},
		{"binary", AM_ENC_BINARY},  {"quoted-printable", AM_ENC_QP},
		{"base64", AM_ENC_BASE64},  {"x-uuencode", AM_ENC_UU},
		{"uuencode", AM_ENC_UU},    {"x-uue", AM_ENC_UU},
		{"uue", AM_ENC_UU},         {"quoted_printable", AM_ENC_QP},
		{"7-bit", AM_ENC_7BIT},     {"8-bit", AM_ENC_8BIT},
		{"base-64", AM_ENC_BASE64},
	};
	const char *p = field->value, *end = p + field->value_len;

	while (p < end && (g_ascii_isspace(*p) || *p == '"'))
		p++;
	size_t len = 0;
	while (p + len < end && !g_ascii_isspace(p[len]) && p[len] != '"' &&
	       p[len] != ';' && p[len] != '(')
		len++;
	for (size_t i = 0; i < AM_COUNT(names); i++)
		if (strlen(names[i].name) == len &&
		    !g_ascii_strncasecmp(p, names[i].name, len))
			return names[i].encoding;
	return len ? AM_ENC_OTHER : AM_ENC_7BIT;
}

static const char *append_token(char *to, size_t *n, const char *p,
                                const char *end)
{
	while (p < end && (g_ascii_isspace(*p) || *p == '"'))
		p++;
	while (p<end && * p> 32 && *p < 127 &&
	       !strchr("()<>@,;:\\\"/[]?=", *p) && *n < TYPE_MAX)
		to[(*n)++] = g_ascii_tolower(*p++);
	while (p < end && g_ascii_isspace(*p))
		p++;
	return p;
}

const char *am_content_type(struct am_arena *arena,
                            const struct am_field *field)
{
	char type[TYPE_MAX + 2];
	size_t n = 0;
	const char *p = field->value, *end = p + field->value_len;

	p = append_token(type, &n, p, end);
	if (!n || p >= end || *p != '/')
		return NULL;
	type[n++] = '/';
	size_t main_len = n;
	append_token(type, &n, p + 1, end);
	if (n == main_len)
		return NULL;
	if (n == 10 && !memcmp(type, "text/plain", n))
		return "text/plain";
	return am_arena_strndup(arena, type, n);
}

const char *am_content_boundary(struct am_arena *arena,
                                const struct am_field *field)
{
	char *b =
		am_param_raw(arena, field->value, field->value_len, "boundary");

	if (!b) /* in pieces or with a charset: RFC 2231 allows even that */
		b = am_param_get(arena, field->value, field->value_len,
		                 "boundary");
	size_t len = b ? strlen(b) : 0;
	while (len && g_ascii_isspace(b[len - 1]))
		b[--len] = '\0';
	return len && len <= AM_CONTENT_BOUNDARY_MAX ? b : NULL;
}
