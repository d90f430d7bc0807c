/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/utf8.h"

#include "base/arena.h"
#include "base/charset.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static const struct {
	const char *s;
	bool ok;
} table[] = {
	{"", true},
	{"ascii", true},
	{"\xC2\x80", true},
	{"\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF", true},
	{"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", true},
	{"\xED\x9F\xBF\xEE\x80\x80", true},
	{"\x80", false},
	{"\xC0\x80", false}, /* overlong */
	{"\xC1\xBF", false},
	{"\xE0\x9F\xBF", false},
	{"\xF0\x8F\xBF\xBF", false},
	{"\xED\xA0\x80", false}, /* surrogates */
	{"\xED\xBF\xBF", false},
	{"\xF4\x90\x80\x80", false}, /* beyond U+10FFFF */
	{"\xF5\x80\x80\x80", false},
	{"\xFF", false},
	{"\xC3", false}, /* cut */
	{"\xE2\x82", false},
	{"\xF0\x9F\x93", false},
	{"\xC3(", false},
};

Test(utf8, valid_at_every_place_of_the_fast_path)
{
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		for (size_t pad = 0; pad < 70; pad++) {
			size_t n = strlen(table[i].s);
			char *s = g_malloc(pad + n + 1);
			memset(s, 'x', pad);
			memcpy(s + pad, table[i].s, n);
			cr_expect_eq(am_utf8_valid(s, pad + n), table[i].ok,
			             "row %zu", i);
			g_free(s);
		}
	}
}

Test(utf8, agrees_with_glib_on_everything_of_three_bytes)
{
	for (unsigned v = 0; v < 1 << 24; v += 7) {
		char s[3] = {(char)(v >> 16), (char)(v >> 8), (char)v};
		if (memchr(s, 0, 3))
			continue;
		cr_assert_eq(am_utf8_valid(s, 3),
		             (bool)g_utf8_validate(s, 3, NULL), "%06x", v);
	}
}

Test(utf8, repair_keeps_what_is_good)
{
	struct am_arena *a = am_arena_new();

	cr_assert_str_eq(am_utf8_repair(a, "caf\xC3\xA9", 5), "café");
	cr_assert_str_eq(am_utf8_repair(a, "a\xFF\xC3\xA9\xE2\x82", 6),
	                 "a\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD");
	cr_assert_str_eq(am_utf8_repair(a, "a\0b", 3), "a\xEF\xBF\xBD"
	                                               "b");
	cr_assert_str_eq(am_utf8_repair(a, NULL, 0), "");
	am_arena_free(&a);
}
