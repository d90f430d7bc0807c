/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/charset.h"

#include "base/arena.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

#define BAD "\xEF\xBF\xBD"

static const struct {
	const char *charset, *in, *out;
} table[] = {
	{NULL, "plain", "plain"},
	{NULL, "caf\xC3\xA9", "café"},
	{NULL, "caf\xE9", "café"},
	{"", "caf\xE9 \x80", "café €"},
	{"utf-8", "caf\xC3\xA9", "café"},
	{"UTF8", "caf\xE9", "café"}, /* it lied */
	{"\"utf-8\"", "\xC3\xA9 \xE9", "é " BAD},
	{"iso-8859-1", "\xE9\x93", "é“"},
	{"ISO8859-1", "\xE9", "é"},
	{"latin1", "\xE9", "é"},
	{"windows-1252", "\x80", "€"},
	{"iso-8859-2", "\xB1", "ą"},
	{"iso_8859-2:1987", "\xB1", "ą"},
	{"iso-8859-4", "\xB1", "ą"},
	{"iso-8859-7", "\xE1", "α"},
	{"iso-8859-8-i", "\xE0", "א"},
	{"iso-8859-9", "\xFE", "ş"},
	{"iso-8859-15", "\xA4", "€"},
	{"iso-8859-99", "\xE9", "é"},
	{"iso-8859-12", "\xE9", "é"},
	{"cp-850", "\x82", "é"},
	{"cp850", "\x82", "é"},
	{"ibm850", "\x82", "é"},
	{"windows-1251", "\xE6", "ж"},
	{"win-1251", "\xE6", "ж"},
	{"x-cp1251", "\xE6", "ж"},
	{"cp1255", "\xE0", "א"},
	{"windows-1256", "\xC7", "ا"},
	{"windows-1254", "\xFE", "ş"},
	{"windows-1250", "\xB9", "ą"},
	{"windows-1253", "\xE1", "α"},
	{"koi8-r", "\xD6", "ж"},
	{"koi8-u", "\xA4", "є"},
	{"big5", "\xA4\xA4", "中"},
	{"bog5", "\xA4\xA4", "中"},
	{"gb2312", "\xD6\xD0", "中"},
	{"x-gbk", "\xD6\xD0", "中"},
	{"gbk", "\x80\x80\xD6\xD0", NULL},
	{"gb18030", "\x81\x30\x81\x30\xD6\xD0", "\xC2\x80中"},
	{"euc-kr", "\xC7\xD1", "한"},
	{"ks_c_5601-1987", "\xC7\xD1", "한"},
	{"euc-jp", "\xC6\xFC", "日"},
	{"shift_jis", "\x93\xFA", "日"},
	{"iso-2022-jp", "\x1B$BF|\x1B(B.", "日."},
	{"iso-2022-jp-2", "\x1B$BF|\x1B(B.", "日."},
	{"iso-2022-kr",
         "\x1B$)C\x0E"
         "GQ\x0F.",
         "한."},
	{"hz-gb-2312", "a~{VP~}~~b~\nc", "a中~bc"},
	{"utf-7", "Hi +ZeU-", "Hi 日"},
	{"x-unicode-2-0-utf-7", "+ZeU-", "日"},
	{"tis-620", "\xA1", "ก"},
	{"macintosh", "\x8E", "é"},
	/* nothing said */
	{"x-unknown", "caf\xE9", "café"},
	{"unknown-8bit", "caf\xC3\xA9", "café"},
	{"default_charset", "\xE9", "é"},
	{"x-user-defined", "\xE9", "é"},
	{"us-ascii", "\xE9", "é"},
	{"ansi_x3.4-1968", "\xE9", "é"},
	{"ansi_x3.110-1983", "caf\xE9", "café"},
	{"../../etc/passwd", "\xE9", "é"},
	{"a name much longer than any charset has ever been given by anybody",
         "\xE9", "é"},
	/* lies and damage */
	{"gb2312", "caf\xC3\xA9!", NULL},
	{"euc-kr",
         "\xC3\xA9\xC3\xA9"
         "x\xC3",
         NULL},
	{"big5",
         "\xA4\xA4\xFF"
         "a",
         "中" BAD "a"},
	{"gb18030", "\xD6", BAD},
	{"shift_jis", "\x93\xFA\x93", "日" BAD},
	{"iso-2022-jp",
         "a\xFF"
         "b",
         "a" BAD "b"},
	{"iso-2022-jp", "caf\xC3\xA9", "café"},
};

Test(charset, table)
{
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		struct am_arena *a = am_arena_new();
		size_t n = strlen(table[i].in), len;
		char *in = g_memdup2(table[i].in, n);
		char *out =
			am_charset_to_utf8(a, table[i].charset, in, n, &len);
		cr_expect(am_utf8_valid(out, len), "row %zu", i);
		cr_expect_eq(strlen(out), len);
		if (table[i].out)
			cr_expect_str_eq(out, table[i].out, "%s: <%s>",
			                 table[i].charset, out);
		g_free(in);
		am_arena_free(&a);
	}
}

Test(charset, wide_units_and_nuls)
{
	struct am_arena *a = am_arena_new();
	size_t len;

	char *out = am_charset_to_utf8(a, "utf-16le", "h\0i\0", 4, &len);
	cr_assert_str_eq(out, "hi");
	out = am_charset_to_utf8(a, "utf-16", "\xFE\xFF\0h\x65\xE5", 6, &len);
	cr_assert_str_eq(out, "h日");
	/* A lone surrogate costs one unit, not the rest. */
	out = am_charset_to_utf8(a, "utf-16be", "\xDC\x00\0h\0i\0", 7, &len);
	cr_assert_str_eq(out, BAD "hi" BAD);
	out = am_charset_to_utf8(a, "utf-8", "a\0b", 3, &len);
	cr_assert(len == 3 && !memcmp(out, "a\0b", 4));
	out = am_charset_to_utf8(a, "utf-8", NULL, 0, NULL);
	cr_assert_str_eq(out, "");
	am_arena_free(&a);
}

/* A quarter of a megabyte of the worst: must not take visibly long. */
Test(charset, work_is_linear, .timeout = 20)
{
	static const char *const charsets[] = {
		"gb18030", "iso-2022-jp", "utf-7", "utf-16", "euc-kr", "utf-8"};
	size_t n = 1 << 18;
	char *in = g_malloc(n);

	memset(in, 0xFF, n);
	for (size_t i = 0; i < G_N_ELEMENTS(charsets); i++) {
		struct am_arena *a = am_arena_new();
		size_t len;
		char *out = am_charset_to_utf8(a, charsets[i], in, n, &len);
		cr_expect(am_utf8_valid(out, len));
		am_arena_free(&a);
	}
	g_free(in);
}
