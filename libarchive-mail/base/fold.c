/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/fold.h"

#include <glib.h>

#include <string.h>

/*
 * Characters to their searchable form, over GLib's Unicode tables: NFKD, lower
 * case, diacritics off.  Done character by character: no word needs more, and
 * composed and decomposed text come out alike.
 */

/* Letters that Unicode does not take apart, but people type without. */
static const struct {
	uint32_t c;
	char to[4];
} latin[] = {
	{0xdf, "ss"},
	{0xe6, "ae"},
	{0xf0, "d"},
	{0xf8, "o"},
	{0xfe, "th"},
	{0x111, "d"},
	{0x127, "h"},
	{0x131, "i"},
	/* Persian keyboards' letters are the Arabic ones. */
	{0x6cc, "\xd9\x8a"},
	{0x6a9, "\xd9\x83"},
	{0x142, "l"},
	{0x14b, "ng"},
	{0x153, "oe"},
	{0x167, "t"},
	{0x1e9e, "ss"},
	{0x3c2, "\xcf\x83"},
};

/* Among the points of Hebrew: its hyphen, its full stop and two bars. */
static bool is_hebrew_sign(uint32_t c)
{
	return c == 0x5be || c == 0x5c0 || c == 0x5c3 || c == 0x5c6;
}

/* Thai, Lao, Burmese, Khmer: letters, vowels and tones, without the digits. */
static bool is_unspaced(uint32_t c)
{
	return (c >= 0xe01 && c <= 0xe3a) || (c >= 0xe40 && c <= 0xe4e) ||
	       (c >= 0xe81 && c <= 0xece) || (c >= 0xedc && c <= 0xedf) ||
	       (c >= 0x1000 && c <= 0x103f) || (c >= 0x1050 && c <= 0x108f) ||
	       (c >= 0x109a && c <= 0x109d) || (c >= 0x1780 && c <= 0x17d3) ||
	       c == 0x17d7 || c == 0x17dc || c == 0x17dd;
}

/* The colours of faces change a picture, they are none. */
static bool is_picture(uint32_t c)
{
	return (c >= 0x1f1e6 && c <= 0x1f1ff) ||
	       (c >= 0x1f300 && c <= 0x1faff && (c < 0x1f3fb || c > 0x1f3ff));
}

/* Marks that are dropped; those of other scripts (Indic vowels) spell words. */
static bool is_diacritic(uint32_t c)
{
	return (c >= 0x300 && c <= 0x36f) ||
	       (c >= 0x591 && c <= 0x5c7 && !is_hebrew_sign(c)) ||
	       (c >= 0x610 && c <= 0x61a) || (c >= 0x64b && c <= 0x65f) ||
	       c == 0x640 || c == 0x670 || (c >= 0x6d6 && c <= 0x6dc) ||
	       (c >= 0x1ab0 && c <= 0x1aff) || (c >= 0x1dc0 && c <= 0x1dff) ||
	       (c >= 0x20d0 && c <= 0x20ff) || (c >= 0xfe00 && c <= 0xfe0f) ||
	       (c >= 0xfe20 && c <= 0xfe2f);
}

static bool is_single(uint32_t c)
{
	return (c >= 0x3041 && c <= 0x3096) || (c >= 0x309d && c <= 0x309f) ||
	       (c >= 0x30a1 && c <= 0x30fa) || (c >= 0x30fc && c <= 0x30ff) ||
	       (c >= 0x3105 && c <= 0x312f) || (c >= 0x31f0 && c <= 0x31ff) ||
	       (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x4e00 && c <= 0x9fff) ||
	       (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
	       (c >= 0xff66 && c <= 0xff9d) || (c >= 0x20000 && c <= 0x3ffff) ||
	       (c >= 0x1100 && c <= 0x11ff) || c == 0x3005 || c == 0x3007 ||
	       is_unspaced(c) || is_picture(c);
}

enum am_char am_char_class(uint32_t c)
{
	if (is_single(c))
		return AM_CHAR_SINGLE;
	/* Invisible inside words: soft hyphen, joiners, variation selectors,
	 * and the sound marks of kana, which fold with their letter. */
	if (is_diacritic(c) || c == 0xad || c == 0x200c || c == 0x200d ||
	    c == 0x2060 || c == 0x3099 || c == 0x309a || c == 0xff9e ||
	    c == 0xff9f || c == 0xfeff || (c >= 0x1f3fb && c <= 0x1f3ff))
		return AM_CHAR_MARK;
	if (g_unichar_isalnum(c))
		return AM_CHAR_WORD;
	if (g_unichar_ismark(c))
		return AM_CHAR_MARK;
	return AM_CHAR_BREAK;
}

static size_t put(char *out, size_t used, uint32_t c)
{
	char utf8[6];
	size_t n = (size_t)g_unichar_to_utf8(c, utf8);

	if (used + n > AM_FOLD_MAX)
		return used;
	memcpy(out + used, utf8, n);
	return used + n;
}

static size_t put_lower(char *out, size_t used, uint32_t c)
{
	c = g_unichar_isdigit(c) ? '0' + (uint32_t)g_unichar_digit_value(c)
	                         : g_unichar_tolower(c);
	for (size_t i = 0; i < AM_COUNT(latin); i++) {
		if (latin[i].c != c)
			continue;
		for (const char *p = latin[i].to; *p && used < AM_FOLD_MAX; p++)
			out[used++] = *p;
		return used;
	}
	return put(out, used, c);
}

size_t am_fold_char(uint32_t c, char out[AM_FOLD_MAX])
{
	gunichar parts[18];
	size_t used = 0;

	if (c == 0xad || c == 0x200c || c == 0x200d || c == 0x2060 ||
	    c == 0xfeff || is_diacritic(c) || (c >= 0x1f3fb && c <= 0x1f3ff))
		return 0;
	if (is_picture(c))
		return put(out, 0, c);
	/* Hangul would fall into its letters, kana lose the mark that makes
	 * "ga" of "ka": neither is a diacritic. */
	if ((c >= 0xac00 && c <= 0xd7a3) || (c >= 0x3040 && c <= 0x30ff))
		return put(out, 0, c);
	size_t n = g_unichar_fully_decompose(c, TRUE, parts, AM_COUNT(parts));
	for (size_t i = 0; i < n && i < AM_COUNT(parts); i++) {
		if (is_diacritic(parts[i]))
			continue;
		/* "½" is 1⁄2, "㎏" is kg: only what makes words stays. */
		if (am_char_class(parts[i]) == AM_CHAR_BREAK)
			continue;
		used = put_lower(out, used, parts[i]);
	}
	return used;
}

/* ---- characters that are written as several ---- */

/* Letters of a Korean syllable that are written one by one are one character.
 * What Unicode 3.12 says, except that a syllable that is whole but for its last
 * letter may take one. */
static uint32_t syllable(uint32_t c, uint32_t next)
{
	if (c >= 0x1100 && c <= 0x1112 && next >= 0x1161 && next <= 0x1175)
		return 0xac00 + ((c - 0x1100) * 21 + (next - 0x1161)) * 28;
	if (c >= 0xac00 && c <= 0xd7a3 && (c - 0xac00) % 28 == 0 &&
	    next >= 0x11a8 && next <= 0x11c2)
		return c + (next - 0x11a7);
	return 0;
}

/* Kana and its sound mark are one character, also when written as two. */
static uint32_t voiced(uint32_t c, uint32_t mark)
{
	gunichar parts[18], out;

	if (mark == 0xff9e || mark == 0xff9f)
		mark = mark == 0xff9e ? 0x3099 : 0x309a;
	if (mark != 0x3099 && mark != 0x309a)
		return 0;
	if (g_unichar_fully_decompose(c, TRUE, parts, AM_COUNT(parts)) != 1)
		return 0;
	return g_unichar_compose(parts[0], mark, &out) ? out : 0;
}

uint32_t am_fold_join(uint32_t c, uint32_t next)
{
	uint32_t whole = voiced(c, next);

	return whole ? whole : syllable(c, next);
}

/* ---- a whole text ---- */

static void fold_one(GString *out, gunichar c)
{
	char folded[AM_FOLD_MAX];

	if (am_char_class(c) != AM_CHAR_BREAK)
		g_string_append_len(out, folded,
		                    (gssize)am_fold_char(c, folded));
	else if (g_unichar_isspace(c))
		g_string_append_c(out, ' ');
	else
		g_string_append_unichar(out, g_unichar_tolower(c));
}

/* The character at *text, with those behind it that are part of it. */
static gunichar take_one(const char **text, const char *end)
{
	gunichar c = g_utf8_get_char_validated(*text, end - *text), whole;

	if (c == (gunichar)-1 || c == (gunichar)-2) {
		++*text;
		return 0xFFFD;
	}
	*text += g_utf8_skip[(uint8_t) * *text];
	while (am_char_class(c) == AM_CHAR_SINGLE && *text < end) {
		gunichar next = g_utf8_get_char_validated(*text, end - *text);
		if (next == (gunichar)-1 || next == (gunichar)-2 ||
		    !(whole = am_fold_join(c, next)))
			break;
		c = whole;
		*text += g_utf8_skip[(uint8_t) * *text];
	}
	return c;
}

char *am_fold_text(const char *text, size_t len)
{
	GString *out = g_string_sized_new(len + 1);
	const char *end = text + len;

	while (text < end) {
		const char *from = text;
		while (text < end && (uint8_t)*text < 0x80 && *text)
			text++;
		gsize at = out->len;
		g_string_append_len(out, from, text - from);
		for (; at < out->len; at++)
			out->str[at] = g_ascii_tolower(out->str[at]);
		if (text == end)
			break;
		if (*text) {
			fold_one(out, take_one(&text, end));
		} else {
			g_string_append_c(out, ' ');
			text++;
		}
	}
	return g_string_free(out, FALSE);
}
