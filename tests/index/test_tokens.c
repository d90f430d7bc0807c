/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/tokens.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

/* Words with '|' between; one of a script without spaces has '.' behind, one
 * too long is "?". */
static char *cut(const char *text, size_t len)
{
	GString *out = g_string_new(NULL);
	struct am_tokens t;
	struct am_token tok;

	am_tokens_init(&t, text, len);
	while (am_tokens_next(&t, &tok))
		g_string_append_printf(out, "%s%s%s", out->len ? "|" : "",
		                       tok.len ? tok.text : "?",
		                       tok.single ? "." : "");
	return g_string_free(out, FALSE);
}

static const struct {
	const char *text, *words;
} cases[] = {
	{"", ""},
	{" -- \r\n\t!", ""},
	{"Hello, World", "hello|world"},
	{"x86_64 sys_clone3()", "x86|64|sys|clone3"},
	{"alice.b-c@mail.Example.ORG", "alice|b|c|mail|example|org"},
	{"don't", "don|t"},
	{"3.14 1,000", "3|14|1|000"},
	/* Folding. */
	{"Ångström", "angstrom"},
	{"A\xcc\x8angstro\xcc\x88m", "angstrom"},
	{"Straße STRASSE", "strasse|strasse"},
	{"Łódź Ørsted æon Þór", "lodz|orsted|aeon|thor"},
	{"ﬁne ＡＢＣ１２ Ⅷ", "fine|abc12|viii"},
	{"ΑΘΗΝΑ Αθήνας", "αθηνα|αθηνασ"},
	{"Москва́ Ёлка", "москва|елка"},
	{"İstanbul ISPARTA ısı", "istanbul|isparta|isi"},
	{"co\xc2\xadoperate", "cooperate"},
	{"नमस्ते दुनिया", "नमस्ते|दुनिया"},
	{"שָׁלוֹם مُحَمَّد", "שלום|محمد"},
	/* Scripts without spaces. */
	{"日本語abc", "日.|本.|語.|abc"},
	{"abc日本", "abc|日.|本."},
	{"한국어", "한.|국.|어."},
	{"が か\xe3\x82\x99 ｶﾞ", "が.|が.|ガ."},
	{"ﾊﾟ ﾊ", "パ.|ハ."},
	{"\u1112\u1161\u11ab\u1100\u116e\u11a8\u110b\u1165", "한.|국.|어."},
	{"하\u11ab", "한."},
	{"ไทยแลนด์ 2024", "ไ.|ท.|ย.|แ.|ล.|น.|ด.|์.|2024"},
	{"ລາວ ខ្មែរ", "ລ.|າ.|ວ.|ខ.|្.|ម.|ែ.|រ."},
	{"done 🎉 by 👍🏽 🇩🇪", "done|🎉.|by|👍.|🇩.|🇪."},
	{"בית־ספר", "בית|ספר"},
	{"٢٠٢٤ ๒๐ ۱۲", "2024|20|12"},
	{"ایران ايران", "ايران|ايران"},
	/* Not UTF-8. */
	{"caf\xe9 \xff\xfe ok\xc3", "caf|ok"},
	{"a\xed\xa0\x80z", "a|z"},
	/* 64 bytes are kept of a word; data holds its place. */
	{"a 0123456789012345678901234567890123456789012345678901234567890123 b",
         "a|0123456789012345678901234567890123456789012345678901234567890123|"
         "b"},
	{"a 01234567890123456789012345678901234567890123456789012345678901234 "
         "b",
         "a|0123456789012345678901234567890123456789012345678901234567890123|"
         "b"},
	{"a 0123456789012345678901234567890123456789012345678901234567890123"
         "01234567890123456789012345678901234567890123456789012345678901234 b",
         "a|?|b"},
	{"Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamten"
         "gesellschaftundnocheinmaldonaudampfschifffahrtselektrizitäten x",
         "donaudampfschifffahrtselektrizitatenhauptbetriebswerkbauunterbea|x"},
	{"ääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääää",
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
};

Test(tokens, cuts_and_folds)
{
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		char *words = cut(cases[i].text, strlen(cases[i].text));
		cr_expect_str_eq(words, cases[i].words, "case %zu", i);
		g_free(words);
	}
}

#define LINE64 \
	"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU2Nzg5QUJDREVGR0hJSktM"
#define UULINE "M0123456789012345678901234567890123456789012345678901234567AB"

static const struct {
	const char *text, *words;
} blobs[] = {
	{"text\n" LINE64 "\n" LINE64 "\nQUJDREVGR0hJSktMTU5P\nmore\n",
         "text|more"},
	{"> " LINE64 "\r\n> " LINE64 "\r\n> end\r\n", "end"},
	/* One line alone may be somebody's digest. */
	{"see\n0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
         "\nend",
         "see|0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef|"
         "end"},
	{"begin 644 x\n" UULINE "\n" UULINE "\n`\nend\n", "begin|644|x|end"},
	/* Long lines of text are text. */
	{"a line of text that is longer than sixty characters, with spaces 1\n"
         "a line of text that is longer than sixty characters, with spaces 2\n",
         "a|line|of|text|that|is|longer|than|sixty|characters|with|spaces|1|a|"
         "line|of|text|that|is|longer|than|sixty|characters|with|spaces|2"},
};

Test(tokens, passes_over_data)
{
	for (size_t i = 0; i < AM_COUNT(blobs); i++) {
		char *words = cut(blobs[i].text, strlen(blobs[i].text));
		cr_expect_str_eq(words, blobs[i].words, "case %zu", i);
		g_free(words);
	}
}

Test(tokens, passes_over_endless_runs)
{
	GString *text = g_string_new("before data:");
	char *words;

	for (int i = 0; i < 300; i++)
		g_string_append(text, "ab+cd/");
	g_string_append(text, " after\nnext");
	words = cut(text->str, text->len);
	cr_expect_str_eq(words, "before|after|next");
	g_free(words);
	/* What is asked for is never data. */
	struct am_tokens t;
	struct am_token tok;
	size_t n = 0;
	am_tokens_init(&t, text->str, text->len);
	t.keep_blobs = true;
	while (am_tokens_next(&t, &tok))
		n++;
	cr_expect_eq(n, 604);
	g_string_free(text, TRUE);
}

Test(tokens, says_where)
{
	const char *text = "The Größe, 日本";
	static const size_t at[][2] = {{0, 3}, {4, 11}, {13, 16}, {16, 19}};
	struct am_tokens t;
	struct am_token tok;
	size_t n = 0;

	am_tokens_init(&t, text, strlen(text));
	while (am_tokens_next(&t, &tok)) {
		cr_assert_lt(n, AM_COUNT(at));
		cr_expect_eq(tok.start, at[n][0]);
		cr_expect_eq(tok.end, at[n][1]);
		n++;
	}
	cr_expect_eq(n, 4);
}
