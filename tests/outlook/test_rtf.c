/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/rtf/rtf.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static const struct {
	const char *rtf;
	enum am_rtf_kind kind;
	const char *out;
} cases[] = {
	/* The example of [MS-OXRTFEX] 3.1, shortened. */
	{"{\\rtf1\\ANSI\\ansicpg1251\\fromhtml1 \\deff0 {\\fonttbl "
         "{\\f0\\fmodern Courier New;}{\\f1\\fswiss "
         "Arial;}{\\f2\\fswiss\\fcharset0 Arial;}} "
         "{\\colortbl\\red0\\green0\\blue0;\\red0\\green0\\blue255;} "
         "{\\*\\htmltag64}\\uc1\\pard\\plain\\deftab360 \\f0\\fs24 "
         "{\\*\\htmltag <HTML>\\par <head>\\par }{\\*\\htmltag241 \\par "
         "}{\\*\\htmltag18 <p>}\\htmlrtf \\b \\htmlrtf0 Hi "
         "\\'cf\\u1088?\\htmlrtf \\par \\htmlrtf0 {\\*\\mhtmltag "
         "x}{\\*\\htmltag26 </p>}}",
         AM_RTF_HTML, "<HTML>\r\n<head>\r\n\r\n<p>Hi Пр</p>"},
	{"{\\rtf1\\ansi\\fromtext {\\fonttbl{\\f0 x;}}a\\tab "
         "b\\par\\{c\\}\\~d\\line e\\\\}",
         AM_RTF_TEXT,
         "a\tb\r\n{c}\xc2\xa0"
         "d\r\ne\\"},
	/* Double bytes of a font, the second of them a letter. */
	{"{\\rtf1{\\fonttbl{\\f0\\fcharset0 a;}{\\f1\\fcharset128 "
         "b;}}\\f1\\'83A\\'82\\'a0\\f0\\'e4}",
         AM_RTF_RICH, "\xe3\x82\xa2\xe3\x81\x82\xc3\xa4"},
	{"{\\rtf1\\uc2\\u228 ab{\\uc0\\u246}x\\u-10179 ab\\u-8704 aby}",
         AM_RTF_RICH, "\xc3\xa4\xc3\xb6x\xf0\x9f\x98\x80y"},
	{"{\\rtf1 a{\\pict\\bin3 }}}}b{\\*\\unknown c{\\par d}}e{\\info "
         "f}\\ldblquote g\\rdblquote}",
         AM_RTF_RICH, "abe\xe2\x80\x9cg\xe2\x80\x9d"},
	/* NULs, plain and from UTF-7. */
	{"{\\rtf1 a\\'00b{\\ansicpg65000 +AAA-}c}", AM_RTF_RICH,
         "a\xef\xbf\xbd"
         "b\xef\xbf\xbd"
         "c"},
	{"{\\rtf1 cut \\'e", AM_RTF_RICH, "cut e"},
	{"{\\rtf1 a}}}}b\\", AM_RTF_RICH, "ab"},
};

Test(rtf, gives_back_what_it_was_made_of)
{
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		enum am_rtf_kind kind;
		struct am_error err = {0};
		char *out = NULL;
		size_t len;
		cr_assert(am_rtf_read((const uint8_t *)cases[i].rtf,
		                      strlen(cases[i].rtf), &kind, &out, &len,
		                      &err) == 0);
		cr_expect(kind == cases[i].kind, "%zu", i);
		const char *got = out + strspn(out, " ");
		cr_expect_str_eq(got, cases[i].out, "%zu: %s", i, got);
		cr_expect(len == strlen(out));
		g_free(out);
	}
}

Test(rtf, refuses_what_is_none_and_what_never_ends)
{
	enum am_rtf_kind kind;
	struct am_error err = {0};
	char *out = NULL, *deep = g_strnfill(2000, '{');
	size_t len;
	cr_expect(am_rtf_read((const uint8_t *)"<html>", 6, &kind, &out, &len,
	                      &err) == AM_FAILED);
	cr_expect(am_rtf_read(NULL, 0, &kind, &out, &len, &err) == AM_FAILED);
	memcpy(deep, "{\\rtf1", 6);
	cr_expect(am_rtf_read((const uint8_t *)deep, 2000, &kind, &out, &len,
	                      &err) == AM_FAILED);
	cr_expect(err.kind == AM_E_LIMIT && !out);
	g_free(deep);
}
