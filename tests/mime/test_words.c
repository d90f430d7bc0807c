/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/words.h"

#include "base/arena.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <string.h>

Test(words, decodes)
{
	static const struct {
		const char *value, *want;
	} cases[] = {
		{"", ""},
		{"plain text?", "plain text?"},
		{"  trimmed \r\n", "trimmed"},
		{"folded\r\n once\n\ttwice", "folded once twice"},
		{"broken\nline", "broken line"},
		{"bell\x07"
	         "and\x7f"
	         "del",
	         "bell and del"},
		/* RFC 2047 §8 */
		{"=?US-ASCII?Q?Ann_Other?= <a@b>", "Ann Other <a@b>"},
		{"=?iso-8859-1?q?H=F6rnchen?=", "Hörnchen"},
		{"(=?ISO-8859-1?Q?a?=)", "(a)"},
		{"(=?ISO-8859-1?Q?a?= b)", "(a b)"},
		{"(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"},
		{"(=?ISO-8859-1?Q?a?=\n    =?ISO-8859-1?Q?b?=)", "(ab)"},
		{"(=?ISO-8859-1?Q?a_b?=)", "(a b)"},
		{"(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"},
		{"=?utf-8?B?SGVsbG8=?= =?UTF-8?B?IHdvcmxk?=", "Hello world"},
		{"=?iso-8859-8?b?+ezl7Q==?=", "שלום"},
		{"=?utf-8*de?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"},
		/* Characters and quanta cut between words. */
		{"=?utf-8?Q?=E2=82?= =?utf-8?Q?=AC?=", "€"},
		{"=?utf-8?B?4oI=?=\n =?utf-8?B?rA==?=", "€"},
		{"=?utf-8?B?4oKs4?= =?utf-8?B?oKs?=", "€€"},
		{"=?utf-8?B?4oI?= =?utf-8?Q?=AC?=", "€"},
		{"=?utf-8?Q?=E2=82?= =?iso-8859-1?Q?x?=", "â‚x"},
		/* Base64 that is not quite. */
		{"=?utf-8?B?SGVsbG8?=", "Hello"},
		{"=?utf-8?B?SGVs bG8=?=", "Hello"},
		{"=?utf-8?B?SG*Vs!bG8=?=", "Hello"},
		{"=?utf-8?B?SGVsbG8=SGVsbG8=?=", "HelloHello"},
		{"=?utf-8?B?S?= x", " x"},
		{"=?utf-8?B?"
	         "?= x",
	         " x"},
		{"=?utf-8?Q?"
	         "?=x",
	         "x"},
		/* Q that is not quite. */
		{"=?utf-8?Q?spaces in words?=", "spaces in words"},
		{"=?utf-8?Q?a=C3=B?=", "aÃ=B"},
		{"=?utf-8?Q?50%=?=", "50%="},
		{"=?utf-8?Q?=3D=3F=5F?=", "=?_"},
		{"=?utf-8?Q?line=0D=0Aend=00?=", "line  end "},
		/* Other charsets. */
		{"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"},
		{"=?iso-2022-jp?B?GyRCRnw=?= =?ISO-2022-JP?B?S1wbKEI=?=",
	         "日本"},
		{"=?gb2312?B?1tDOxA==?=", "中文"},
		{"=?koi8-r?Q?=D0=D2=C9?=", "при"},
		{"=?windows-1252?Q?=80?=", "€"},
		{"=?x-unknown?Q?caf=E9?=", "café"},
		{"=?no-such-set?Q?caf=C3=A9?=", "café"},
		{"=?iso-8859-1?Q?=93quoted=94?=", "“quoted”"},
		/* No words. */
		{"=?utf-8?Q?never closed", "=?utf-8?Q?never closed"},
		{"=?utf-8?Q?one =?utf-8?Q?two?=", "=?utf-8?Q?one two"},
		{"=?utf-8?X?what?=", "=?utf-8?X?what?="},
		{"=??Q?no charset?=", "=??Q?no charset?="},
		{"=?utf-8?Q?", "=?utf-8?Q?"},
		{"=?utf-8", "=?utf-8"},
		{"=?", "=?"},
		{"=?=?=?", "=?=?=?"},
		{"=?two words?Q?x?=", "=?two words?Q?x?="},
		/* Words in the middle of others, as many mailers have them. */
		{"a=?utf-8?Q?b?=c", "abc"},
		{"\"=?utf-8?Q?b?=\" <x@y>", "\"b\" <x@y>"},
		{"=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"},
		/* Raw 8-bit text. */
		{"caf\xe9", "café"},
		{"caf\xc3\xa9", "café"},
		{"caf\xe9 =?utf-8?Q?=C3=A9?= \x93x\x94", "café é “x”"},
		{"\x1b$BF|K\\\x1b(B", "日本"},
		{"x\xc2\x85y", "x  y"},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct am_arena *arena = am_arena_new();
		const char *v = cases[i].value;
		char *got = am_words_decode(arena, v, strlen(v));
		cr_assert_str_eq(got, cases[i].want, "%s: \"%s\", not \"%s\"",
		                 v, got, cases[i].want);
		am_arena_free(&arena);
	}
}

Test(words, takes_long_words_and_values_whole)
{
	struct am_arena *arena = am_arena_new();
	GString *s = g_string_new("=?utf-8?Q?");

	for (int i = 0; i < 20000; i++)
		g_string_append(s, "=C3=A9x");
	g_string_append(s, "?=");
	char *got = am_words_decode(arena, s->str, s->len);
	cr_assert_eq(strlen(got), 60000);
	cr_assert_eq(memcmp(got + 59994, "éxéx", 6), 0);

	g_string_truncate(s, 0);
	for (int i = 0; i < 20000; i++)
		g_string_append(s, "=?utf-8?B?w6k=?=\n ");
	got = am_words_decode(arena, s->str, s->len);
	cr_assert_eq(strlen(got), 40000);
	g_string_free(s, TRUE);
	am_arena_free(&arena);
}

Test(words, keeps_nul_out)
{
	struct am_arena *arena = am_arena_new();

	cr_assert_str_eq(am_words_decode(arena, "a\0b", 3), "a b");
	cr_assert_str_eq(am_words_decode(arena, "=?x?Q?a\0b?=", 11), "a b");
	am_arena_free(&arena);
}

Test(words, notes_specials_and_takes_a_hint)
{
	struct am_arena *arena = am_arena_new();
	static const char comma[] = "=?utf-8?Q?Doe=2C_Ann?= <a@b>";
	static const char none[] = "=?utf-8?Q?Ann?= <a@b>";
	static const char raw[] = "\xd6\xd0\xce\xc4";
	bool specials;

	am_words_decode_in(arena, NULL, comma, strlen(comma), &specials);
	cr_assert(specials);
	am_words_decode_in(arena, NULL, none, strlen(none), &specials);
	cr_assert_not(specials);
	cr_assert_str_eq(am_words_decode_in(arena, "gb2312", raw, strlen(raw),
	                                    &specials),
	                 "中文");
	cr_assert_null(am_words_unfold(arena, raw, strlen(raw)));
	cr_assert_null(am_words_unfold(arena, none, strlen(none)));
	am_arena_free(&arena);
}

Test(words, is_linear)
{
	static const char *const pieces[] = {
		"=?a?q?x",
		"=?a?q?x ",
		"=?",
		"=?utf-8?B?",
		" =?a?q? =?",
		"?=",
		"=?a?b?=?=",
		"\x1b$B",
		"\xe9\n",
		"=?a?q?"
		"?= ",
	};

	for (size_t i = 0; i < AM_COUNT(pieces); i++) {
		struct am_arena *arena = am_arena_new();
		GString *s = g_string_new(NULL);
		while (s->len < 2000000)
			g_string_append(s, pieces[i]);
		gint64 start = g_get_monotonic_time();
		am_words_decode(arena, s->str, s->len);
		cr_assert_lt(g_get_monotonic_time() - start, 5 * G_USEC_PER_SEC,
		             "%s", pieces[i]);
		g_string_free(s, TRUE);
		am_arena_free(&arena);
	}
}
