/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/fold.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(fold, .timeout = 60);

static const struct {
	const char *text, *folded;
} texts[] = {
	{"", ""},
	{"Plain ASCII, 42!\r\n", "plain ascii, 42!\r\n"},
	{"Gr\xC3\xBC\xC3\x9F"
         "e aus K\xC3\x96LN",
         "grusse aus koln"},
	/* Composed and taken apart are one. */
	{"caf\xC3\xA9 cafe\xCC\x81", "cafe cafe"},
	{"\xEF\xBC\xA1\xEF\xBD\x82", "ab"}, /* full width */
	{"\xD0\x9F\xD1\x80\xD0\x98", "\xD0\xBF\xD1\x80\xD0\xB8"},
	{"soft\xC2\xADhyphen", "softhyphen"},
	/* Kana with its mark, Hangul letter by letter. */
	{"\xE3\x81\x8B\xE3\x82\x99", "\xE3\x81\x8C"},
	{"\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8", "\xEA\xB0\x81"},
	{"10\xC2\xA0km\tx", "10 km\tx"}, /* blanks of other kinds */
	{"\xE2\x80\x9Cquoted\xE2\x80\x9D", "\xE2\x80\x9Cquoted\xE2\x80\x9D"},
	{"bad \xFF\xC3 end\xC3",
         "bad \xEF\xBF\xBD\xEF\xBF\xBD end\xEF\xBF\xBD"},
};

Test(fold, text_is_compared_so)
{
	for (size_t i = 0; i < AM_COUNT(texts); i++) {
		char *folded =
			am_fold_text(texts[i].text, strlen(texts[i].text));
		cr_expect_str_eq(folded, texts[i].folded, "%zu: %s", i, folded);
		/* Once more changes nothing. */
		char *again = am_fold_text(folded, strlen(folded));
		cr_expect_str_eq(again, folded);
		g_free(again);
		g_free(folded);
	}
	char *nul = am_fold_text("A\0B", 3);
	cr_expect_str_eq(nul, "a b");
	g_free(nul);
}
