/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/imap.h"

#include "base/arena.h"
#include "base/charset.h"

#include <glib.h>

#include <string.h>

/*
 * Mailbox names.  The wire form is split before it is decoded: what stands
 * between "&" and "-" holds no separator, and an encoded one would not encode
 * back.  Exact is what makes the same wire bytes again.
 */
static char *show_part(struct am_arena *arena, const char *s, size_t len,
                       bool utf8)
{
	const char *text = am_arena_strndup(arena, s, len);
	char *decoded = NULL;

	if (strlen(text) < len) /* a NUL */
		return am_utf8_repair(arena, s, len);
	if (!utf8)
		decoded = am_utf7_from_imap(arena, text);
	if (!decoded)
		decoded = am_charset_to_utf8(arena, NULL, text, len, NULL);
	return decoded;
}

char **am_imap_name_parts(const char *wire, size_t len, char separator,
                          bool utf8, bool *exact)
{
	struct am_arena *arena = am_arena_new();
	GPtrArray *parts = g_ptr_array_new();
	size_t at = 0;

	for (;;) {
		const char *s = wire + at;
		const char *end = separator && at < len
		                          ? memchr(s, separator, len - at)
		                          : NULL;
		size_t part = end ? (size_t)(end - s) : len - at;
		g_ptr_array_add(parts,
		                g_strdup(show_part(arena, s, part, utf8)));
		if (!end)
			break;
		at += part + 1;
	}
	am_arena_free(&arena);

	char *again = am_imap_name_wire((const char *const *)parts->pdata,
	                                parts->len, separator, utf8, NULL);
	*exact = again && strlen(again) == len && !memcmp(again, wire, len);
	g_free(again);
	g_ptr_array_add(parts, NULL);
	return (char **)g_ptr_array_free(parts, FALSE);
}

char *am_imap_name_wire(const char *const *parts, size_t depth, char separator,
                        bool utf8, struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	GString *wire = g_string_new(NULL);
	const char *bad = NULL;

	for (size_t i = 0; i < depth && !bad; i++) {
		const char *part = parts[i];
		if (i && separator)
			g_string_append_c(wire, separator);
		if ((separator && strchr(part, separator)) || (i && !separator))
			bad = part;
		else if (utf8)
			g_string_append(wire, am_utf8_repair(arena, part,
			                                     strlen(part)));
		else
			g_string_append(wire, am_utf7_to_imap(arena, part));
	}
	am_arena_free(&arena);
	if (!bad)
		return g_string_free(wire, FALSE);
	g_string_free(wire, TRUE);
	if (separator)
		(void)am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		              "\"%.100s\" holds the server's separator, %c",
		              bad, separator);
	else
		(void)am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		              "the server has no folders in folders, for "
		              "\"%.100s\"",
		              bad);
	return NULL;
}
