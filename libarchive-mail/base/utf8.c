/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/utf8.h"

#include "base/arena.h"
#include "base/charset.h"

#include <glib.h>

#include <string.h>

size_t am_utf8_ascii(const char *s, size_t len)
{
	size_t i = 0;

	/* Almost all mail is ASCII almost everywhere: 32 bytes a turn. */
	for (; len - i >= 32; i += 32) {
		uint64_t w[4];
		memcpy(w, s + i, sizeof w);
		if ((w[0] | w[1] | w[2] | w[3]) & UINT64_C(0x8080808080808080))
			break;
	}
	while (i < len && (uint8_t)s[i] < 0x80)
		i++;
	return i;
}

static bool is_tail(char c)
{
	return ((uint8_t)c & 0xC0) == 0x80;
}

size_t am_utf8_step(const char *s, size_t len)
{
	uint8_t a = (uint8_t)s[0];
	uint8_t b = len > 1 ? (uint8_t)s[1] : 0;

	if (a < 0x80)
		return 1;
	if (a < 0xC2 || a > 0xF4 || !is_tail((char)b))
		return 0;
	if (a < 0xE0)
		return 2;
	if (len < 3 || !is_tail(s[2]))
		return 0;
	if (a < 0xF0) {
		bool overlong = a == 0xE0 && b < 0xA0;
		bool surrogate = a == 0xED && b > 0x9F;
		return overlong || surrogate ? 0 : 3;
	}
	if (len < 4 || !is_tail(s[3]))
		return 0;
	bool overlong = a == 0xF0 && b < 0x90;
	bool beyond = a == 0xF4 && b > 0x8F;
	return overlong || beyond ? 0 : 4;
}

bool am_utf8_valid(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len) {
		i += am_utf8_ascii(s + i, len - i);
		/* Stay here while it is not ASCII: in Greek or Chinese mail
		 * the fast path would only be in the way. */
		while (i < len && (uint8_t)s[i] >= 0x80) {
			size_t n = am_utf8_step(s + i, len - i);
			if (!n)
				return false;
			i += n;
		}
	}
	return true;
}

char *am_utf8_repair(struct am_arena *arena, const char *s, size_t len)
{
	if (!len || (!memchr(s, '\0', len) && am_utf8_valid(s, len)))
		return am_arena_strndup(arena, s, len);

	GString *out = g_string_sized_new(len + 16);
	for (size_t i = 0; i < len;) {
		/* A NUL would silently end the text for whoever reads it. */
		size_t n = s[i] ? am_utf8_step(s + i, len - i) : 0;
		if (n)
			g_string_append_len(out, s + i, (gssize)n);
		else
			g_string_append(out, "\xEF\xBF\xBD");
		i += n ? n : 1;
	}
	char *copy = am_arena_strndup(arena, out->str, out->len);
	g_string_free(out, TRUE);
	return copy;
}
