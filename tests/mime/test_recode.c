/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/recode.h"

#include "base/charset.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <string.h>

static void add(void *user, const char *s, size_t len)
{
	cr_assert(len && am_utf8_valid(s, len));
	g_string_append_len(user, s, (gssize)len);
}

static void check(const char *charset, const char *in, size_t len,
                  const char *want)
{
	for (size_t step = 1; step < 100; step = step * 2 + 1) {
		GString *got = g_string_new(NULL);
		struct am_recode *r = am_recode_new(charset, add, got);
		/* A mark is looked for in the first piece only. */
		size_t first = MIN(len, step < 3 ? 3 : step);
		am_recode_feed(r, in, first);
		for (size_t i = first; i < len; i += step)
			am_recode_feed(r, in + i, MIN(step, len - i));
		am_recode_finish(r);
		am_recode_free(&r);
		cr_assert_null(r);
		cr_assert_str_eq(got->str, want, "%s %zu: \"%s\", not \"%s\"",
		                 charset, step, got->str, want);
		g_string_free(got, TRUE);
	}
}

Test(recode, knows_the_charsets_of_mail)
{
	static const struct {
		const char *charset, *in, *want;
	} cases[] = {
		{NULL, "", ""},
		{NULL, "caf\xc3\xa9 \xe2\x82\xac", "café €"},
		{NULL, "caf\xe9 \x80", "café €"},
		{"", "caf\xe9", "café"},
		{"us-ascii", "caf\xe9", "café"},
		{"us-ascii", "caf\xc3\xa9", "café"},
		{"utf-8", "caf\xc3\xa9", "café"},
		{"utf-8", "\xc3\xa9 bad\xff", "é bad\xef\xbf\xbd"},
		{"utf-8", "caf\xe9", "café"},
		{"utf-8", "cut\xe2\x82", "cutâ‚"},
		{"utf-8", "\xef\xbb\xbfmark", "mark"},
		{"iso-8859-1", "caf\xe9 \x93x\x94", "café “x”"},
		{"iso-8859-15", "\xa4", "€"},
		{"windows-1251", "\xef\xf0\xe8", "при"},
		{"koi8-r", "\xd0\xd2\xc9", "при"},
		{"gb2312", "\xd6\xd0\xce\xc4", "中文"},
		{"big5", "\xa4\xa4\xa4\xe5", "中文"},
		{"shift_jis", "\x93\xfa\x96{", "日本"},
		{"euc-kr", "\xc7\xd1\xb1\xdb", "한글"},
		{"iso-2022-jp", "\x1b$BF|K\\\x1b(B x", "日本 x"},
		{"iso-2022-kr", "\x1b$)C\x0eGQ1[\x0f x", "한글 x"},
		{"utf-7", "Hi +Jjo-!", "Hi ☺!"},
		{"hz-gb-2312", "~{VPND~} x", "中文 x"},
		{"x-no-such-charset", "caf\xe9", "café"},
		{"no such\" charset//TRANSLIT", "caf\xc3\xa9", "café"},
		{"../../etc/x", "x", "x"},
		/* GMime's, not in our list. */
		{"ibm037", "\xc8\x85\x93\x93\x96", "Hello"},
		{"gb2312", "a\xd6", "a\xef\xbf\xbd"},
		{"gb2312",
	         "\xd6\xff"
	         "b",
	         "\xef\xbf\xbd\xef\xbf\xbd"
	         "b"},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++)
		check(cases[i].charset, cases[i].in, strlen(cases[i].in),
		      cases[i].want);
}

Test(recode, reads_wide_units_and_marks)
{
	check("utf-16le", "H\0i\0", 4, "Hi");
	check("utf-16", "\xfe\xff\0H\0i", 6, "Hi");
	check(NULL, "\xff\xfeH\0i\0", 6, "Hi");
	check("utf-8", "\xfe\xff\0H\0i", 6, "Hi");
	check("utf-16be", "\0H\xd8\0\0i", 6, "H\xef\xbf\xbdi");
	check("utf-16le", "H\0i", 3, "H\xef\xbf\xbd");
}

Test(recode, streams_long_text)
{
	GString *in = g_string_new(NULL), *want = g_string_new(NULL);

	for (int i = 0; i < 20000; i++) {
		g_string_append_len(in, "\xd6\xd0x", 3);
		g_string_append(want, "中x");
	}
	check("gbk", in->str, in->len, want->str);
	g_string_truncate(in, 0);
	g_string_truncate(want, 0);
	for (int i = 0; i < 20000; i++) {
		g_string_append_c(in, '\xe9');
		g_string_append(want, "é");
	}
	check("latin1", in->str, in->len, want->str);
	g_string_free(in, TRUE);
	g_string_free(want, TRUE);
}
