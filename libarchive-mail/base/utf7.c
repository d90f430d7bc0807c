/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/charset.h"

#include "base/arena.h"

#include <glib.h>

#include <string.h>

/*
 * Modified UTF-7, RFC 3501 §5.1.3: printable ASCII is itself, "&-" is an
 * ampersand, and "&" base64 "-" is UTF-16BE, with ',' for '/' and no padding.
 *
 * A mailbox is addressed by its encoded name, so only names that encode back
 * to the same bytes may be decoded; all others are left to the caller as they
 * are.
 */
static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static bool is_direct(gunichar c)
{
	return c >= 0x20 && c <= 0x7E && c != '&';
}

/* Bits on their way into base64. */
struct shift {
	GString *out;
	uint32_t bits;
	unsigned n;
};

static void put_unit(struct shift *b, uint32_t unit)
{
	b->bits = b->bits << 16 | unit;
	b->n += 16;
	while (b->n >= 6) {
		b->n -= 6;
		g_string_append_c(b->out, alphabet[b->bits >> b->n & 63]);
	}
}

static void put_character(struct shift *b, gunichar c)
{
	if (c < 0x10000) {
		put_unit(b, c);
		return;
	}
	put_unit(b, 0xD800 + ((c - 0x10000) >> 10));
	put_unit(b, 0xDC00 + ((c - 0x10000) & 0x3FF));
}

static void end_shift(struct shift *b)
{
	if (b->n)
		g_string_append_c(b->out, alphabet[b->bits << (6 - b->n) & 63]);
	b->n = 0;
	b->bits = 0;
	g_string_append_c(b->out, '-');
}

static GString *encode(const char *s)
{
	GString *out = g_string_sized_new(strlen(s) + 16);
	struct shift b = {.out = out};
	bool shifted = false;

	for (; *s; s = g_utf8_next_char(s)) {
		gunichar c = g_utf8_get_char(s);
		if (is_direct(c) || c == '&') {
			if (shifted)
				end_shift(&b);
			shifted = false;
			g_string_append_c(out, (char)c);
			if (c == '&')
				g_string_append_c(out, '-');
			continue;
		}
		if (!shifted)
			g_string_append_c(out, '&');
		shifted = true;
		put_character(&b, c);
	}
	if (shifted)
		end_shift(&b);
	return out;
}

/* UTF-16 units on their way to UTF-8; false for a lone surrogate. */
static bool take_unit(GString *out, uint32_t *high, uint32_t unit)
{
	bool is_high = unit >= 0xD800 && unit < 0xDC00;
	bool is_low = unit >= 0xDC00 && unit < 0xE000;

	if ((*high != 0) != is_low || !unit)
		return false;
	if (is_high) {
		*high = unit;
	} else if (is_low) {
		g_string_append_unichar(out, 0x10000 +
		                                     ((*high - 0xD800) << 10) +
		                                     (unit - 0xDC00));
		*high = 0;
	} else {
		g_string_append_unichar(out, unit);
	}
	return true;
}

/* From behind "&" to behind "-"; NULL when that is not base64 of UTF-16. */
static const char *decode_shift(GString *out, const char *s)
{
	uint32_t bits = 0, high = 0;
	unsigned n = 0;

	if (*s == '-') {
		g_string_append_c(out, '&');
		return s + 1;
	}
	for (; *s != '-'; s++) {
		const char *at = *s ? strchr(alphabet, *s) : NULL;
		if (!at)
			return NULL;
		bits = (bits << 6 | (uint32_t)(at - alphabet)) & 0x3FFFFF;
		n += 6;
		if (n < 16)
			continue;
		n -= 16;
		if (!take_unit(out, &high, bits >> n & 0xFFFF))
			return NULL;
	}
	return high ? NULL : s + 1;
}

char *am_utf7_from_imap(struct am_arena *arena, const char *s)
{
	GString *out = g_string_sized_new(strlen(s));
	GString *again = NULL;
	char *result = NULL;

	for (const char *p = s; *p;) {
		if (*p == '&') {
			p = decode_shift(out, p + 1);
			if (!p)
				goto out;
		} else if (is_direct((uint8_t)*p)) {
			g_string_append_c(out, *p++);
		} else {
			goto out;
		}
	}
	again = encode(out->str);
	if (!strcmp(again->str, s))
		result = am_arena_strndup(arena, out->str, out->len);
out:
	g_string_free(out, TRUE);
	if (again)
		g_string_free(again, TRUE);
	return result;
}

char *am_utf7_to_imap(struct am_arena *arena, const char *s)
{
	GString *out = encode(am_utf8_repair(arena, s, strlen(s)));
	char *result = am_arena_strndup(arena, out->str, out->len);

	g_string_free(out, TRUE);
	return result;
}
