/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/maildir/maildir_path.h"

#include "base/arena.h"
#include "base/charset.h"
#include "base/hash.h"
#include "formats/maildir_shape.h"
#include "model/folder.h"

#include <glib.h>

#include <string.h>

/* Linux allows 255 bytes a name; programs append ".lock" and the like. */
#define MAX_NAME 240
#define KEPT     200

/* Escape what the layout would misread, then modified UTF-7: the escapes are
 * printable ASCII, which that leaves alone. */
static void append_part(GString *out, const char *part,
                        enum am_maildir_layout layout)
{
	struct am_arena *arena = am_arena_new();
	GString *s = g_string_new(NULL);
	const char *utf7;

	for (const char *at = part; *at; at++) {
		bool first = at == part;
		bool escape =
			*at == '/' || *at == '\\' || (*at == '~' && first);

		/* ".sbd" at the end would be taken for Thunderbird's. */
		if (*at == '.')
			escape = first || layout == AM_MAILDIR_PLUSPLUS ||
			         !g_ascii_strcasecmp(at, ".sbd");
		if (first && layout == AM_MAILDIR_FS &&
		    am_maildir_own_dir(part))
			escape = true;
		if (escape)
			g_string_append_printf(s, "\\%02x", (unsigned)*at);
		else
			g_string_append_c(s, *at);
	}
	utf7 = am_utf7_to_imap(arena, s->str);
	g_string_append(out, utf7 ? utf7 : s->str);
	g_string_free(s, TRUE);
	am_arena_free(&arena);
}

/* A directory name cut short, made unique by a hash of what it stood for. */
static void shorten(GString *name, size_t start, const char *whole)
{
	uint8_t digest[AM_SHA256_LEN];
	char hex[17];
	char *cut, *at;

	g_string_truncate(name, start + KEPT);
	cut = name->str + start;
	/* Not within "&...-" nor "\2e". */
	at = strrchr(cut, '&');
	if (at && !strchr(at, '-'))
		g_string_truncate(name, (size_t)(at - name->str));
	at = strrchr(cut, '\\');
	if (at && strlen(at) < 3)
		g_string_truncate(name, (size_t)(at - name->str));
	am_sha256(whole, strlen(whole), digest);
	am_hex(digest, 8, hex);
	g_string_append_printf(name, "~%s", hex);
}

static bool is_inbox(const struct am_folder *folder)
{
	return !folder->depth ||
	       (folder->depth == 1 &&
	        !g_ascii_strcasecmp(folder->parts[0], "INBOX"));
}

char *am_maildir_path_encode(const struct am_folder *folder,
                             enum am_maildir_layout layout, bool *exact)
{
	GString *s = g_string_new(NULL);

	*exact = true;
	if (is_inbox(folder))
		return g_string_free(s, FALSE);
	for (size_t i = 0; i < folder->depth; i++) {
		size_t start;

		if (layout == AM_MAILDIR_PLUSPLUS)
			g_string_append_c(s, '.');
		else if (i)
			g_string_append_c(s, '/');
		start = s->len;
		append_part(s, folder->parts[i], layout);
		if (layout == AM_MAILDIR_FS && s->len - start > MAX_NAME) {
			shorten(s, start, folder->parts[i]);
			*exact = false;
		}
	}
	if (layout == AM_MAILDIR_PLUSPLUS && s->len > MAX_NAME) {
		char *whole = am_folder_print(folder);

		shorten(s, 0, whole);
		g_free(whole);
		*exact = false;
	}
	return g_string_free(s, FALSE);
}

char *am_maildir_path_encode_part(const char *part)
{
	GString *s = g_string_new(NULL);

	append_part(s, part, AM_MAILDIR_PLUSPLUS);
	return g_string_free(s, FALSE);
}

/* The character of "\2e" at s, or 0 when it is not one of those that are
 * ever escaped: a backslash in a foreign name stays a backslash. */
static char unescaped(const char *s, bool first)
{
	int high, low;
	char c;

	if (s[0] != '\\' || !s[1] || !s[2])
		return 0;
	high = g_ascii_xdigit_value(s[1]);
	low = g_ascii_xdigit_value(s[2]);
	if (high < 0 || low < 0 || (high == 0 && low == 0))
		return 0;
	c = (char)(high << 4 | low);
	return strchr(first ? "./\\~cnt" : "./\\~", c) ? c : 0;
}

char *am_maildir_path_decode(struct am_arena *arena, const char *part)
{
	const char *utf8 = am_utf7_from_imap(arena, part);
	char *out, *to;

	if (!utf8 || !*utf8)
		utf8 = am_utf8_repair(arena, part, strlen(part));
	out = to = am_arena_strdup(arena, utf8);
	for (const char *at = out; *at; at++) {
		char c = unescaped(at, at == out);

		*to++ = c ? c : *at;
		if (c)
			at += 2;
	}
	*to = '\0';
	return out;
}

bool am_maildir_path_layout(const char *word, enum am_maildir_layout *out)
{
	if (!strcmp(word, "auto"))
		*out = AM_MAILDIR_AUTO;
	else if (!strcmp(word, "++") || !strcmp(word, "maildir++"))
		*out = AM_MAILDIR_PLUSPLUS;
	else if (!strcmp(word, "fs"))
		*out = AM_MAILDIR_FS;
	else
		return false;
	return true;
}
