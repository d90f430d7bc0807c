/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/charset.h"

#include "base/arena.h"
#include "base/charset_names.h"
#include "base/utf8.h"

#include <glib.h>

#include <errno.h>
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD"

static char *finish(struct am_arena *arena, const char *s, size_t len,
                    size_t *out_len)
{
	if (out_len)
		*out_len = len;
	return am_arena_strndup(arena, s, len);
}

static char *finish_string(struct am_arena *arena, GString *text,
                           size_t *out_len)
{
	char *s = finish(arena, text->str, text->len, out_len);

	g_string_free(text, TRUE);
	return s;
}

/* Windows-1252 as the WHATWG has it: total, the five holes are C1 controls. */
static GString *from_latin(const char *s, size_t len)
{
	static const uint16_t high[32] = {
		0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
		0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
		0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
		0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};
	size_t n_high = 0, at = 0;

	for (size_t i = 0; i < len; i++)
		n_high += (uint8_t)s[i] >> 7;
	GString *out = g_string_sized_new(len + 2 * n_high);
	g_string_set_size(out, len + 2 * n_high);
	for (size_t i = 0; i < len;) {
		size_t n = am_utf8_ascii(s + i, len - i);
		memcpy(out->str + at, s + i, n);
		at += n;
		for (i += n; i < len && (uint8_t)s[i] >= 0x80; i++) {
			uint8_t c = (uint8_t)s[i];
			gunichar u = c < 0xA0 ? high[c - 0x80] : c;
			at += (size_t)g_unichar_to_utf8(u, out->str + at);
		}
	}
	g_string_truncate(out, at);
	return out;
}

/* UTF-8 that is not: with some real characters in it, damaged; without any,
 * mislabelled. */
static GString *from_bad_utf8(const char *s, size_t len)
{
	bool some = false;

	for (size_t i = 0; i < len && !some;) {
		size_t n = am_utf8_step(s + i, len - i);
		some = n > 1;
		i += n ? n : 1;
	}
	if (!some)
		return from_latin(s, len);
	GString *out = g_string_sized_new(len + 16);
	for (size_t i = 0; i < len;) {
		size_t n = am_utf8_step(s + i, len - i);
		if (n)
			g_string_append_len(out, s + i, (gssize)n);
		else
			g_string_append(out, REPLACEMENT);
		i += n ? n : 1;
	}
	return out;
}

/*
 * Every turn of the loop takes input or flushes the buffer, and a bad byte
 * costs one turn: the work stays linear.  NULL when iconv lacks the charset
 * (its modules may not be installed).
 */
static GString *by_iconv(const struct am_charset_name *name, const char *s,
                         size_t len, size_t *n_bad)
{
	GIConv cd = g_iconv_open("UTF-8", name->iconv);
	char buf[4096];

	*n_bad = 0;
	if (cd == (GIConv)-1)
		return NULL;
	GString *out = g_string_sized_new(len + len / 2 + 16);
	/* iconv(3) leaves the input alone, its prototype does not say so. */
	char *in = (char *)(uintptr_t)s;
	gsize left = len;
	for (bool flushing = false;;) {
		gchar *to = buf;
		gsize room = sizeof buf;
		gsize r = flushing ? g_iconv(cd, NULL, NULL, &to, &room)
		                   : g_iconv(cd, &in, &left, &to, &room);
		int sys = errno;
		g_string_append_len(out, buf, to - buf);
		if (r != (gsize)-1 && flushing)
			break;
		if (r != (gsize)-1) {
			flushing = true;
			continue;
		}
		if (sys == E2BIG && to != buf)
			continue;
		g_string_append(out, REPLACEMENT);
		(*n_bad)++;
		if (flushing)
			break;
		/* EINVAL: the last character is cut off. */
		size_t skip =
			sys == EILSEQ && name->unit < left ? name->unit : left;
		in += skip;
		left -= skip;
	}
	g_iconv_close(cd);
	return out;
}

/* RFC 1843: "~{" begins GB 2312 in seven bits, "~}" ends it, "~~" is a tilde,
 * "~" at the end of a line joins it to the next.  iconv here lacks it, but with
 * the eighth bit set the middle part is GB 18030. */
static GString *unwrap_hz(const char *s, size_t len)
{
	GString *out = g_string_sized_new(len);
	bool chinese = false;

	for (size_t i = 0; i < len; i++) {
		char next = i + 1 < len ? s[i + 1] : '\0';
		if (s[i] == '~' && (next == '{' || next == '}')) {
			chinese = next == '{';
			i++;
		} else if (s[i] == '~' && !chinese &&
		           (next == '~' || next == '\n')) {
			if (next == '~')
				g_string_append_c(out, '~');
			i++;
		} else if (chinese && s[i] > 0x20 && s[i] < 0x7F) {
			g_string_append_c(out, (char)(s[i] | 0x80));
		} else {
			/* A line's end ends Chinese as well. */
			chinese = chinese && s[i] != '\n';
			g_string_append_c(out, s[i]);
		}
	}
	return out;
}

static GString *convert(const struct am_charset_name *name, const char *s,
                        size_t len, size_t *n_bad)
{
	struct am_charset_name gb = {.unit = 1, .iconv = "GB18030"};

	if (name->way != AM_CHARSET_HZ)
		return by_iconv(name, s, len, n_bad);
	GString *eight = unwrap_hz(s, len);
	GString *out = by_iconv(&gb, eight->str, eight->len, n_bad);
	g_string_free(eight, TRUE);
	return out;
}

char *am_charset_to_utf8(struct am_arena *arena, const char *charset,
                         const char *s, size_t len, size_t *out_len)
{
	struct am_charset_name name = am_charset_names_find(charset);
	bool shifted =
		name.way == AM_CHARSET_SHIFTED || name.way == AM_CHARSET_HZ;
	size_t n_bad;

	if (!len || (!shifted && am_utf8_ascii(s, len) == len))
		return finish(arena, s, len, out_len);

	if (name.way == AM_CHARSET_ICONV || shifted) {
		GString *text = convert(&name, s, len, &n_bad);
		if (text &&
		    (!n_bad || name.unit > 1 || !am_utf8_valid(s, len) ||
		     am_utf8_ascii(s, len) == len))
			return finish_string(arena, text, out_len);
		/* It lied: with errors as itself, without as UTF-8. */
		if (text)
			g_string_free(text, TRUE);
	}
	if (name.way == AM_CHARSET_LATIN)
		return finish_string(arena, from_latin(s, len), out_len);
	if (am_utf8_valid(s, len))
		return finish(arena, s, len, out_len);
	if (name.way == AM_CHARSET_UTF8)
		return finish_string(arena, from_bad_utf8(s, len), out_len);
	return finish_string(arena, from_latin(s, len), out_len);
}
