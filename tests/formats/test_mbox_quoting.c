/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/quoting.h"

#include <criterion/criterion.h>

#include <glib.h>
#include <string.h>

Test(mbox_quoting, finds_what_memmem_finds)
{
	GRand *rand = g_rand_new_with_seed(7);
	for (int round = 0; round < 2000; round++) {
		size_t len = (size_t)g_rand_int_range(rand, 0, 400);
		uint8_t *data = g_malloc(len + 1);
		for (size_t i = 0; i < len; i++)
			data[i] = (uint8_t) "From >\n"[g_rand_int_range(rand, 0,
			                                                7)];
		for (int wide = 0; wide < 2; wide++) {
			const char *word = wide ? "From" : "From ";
			cr_assert_eq(am_mbox_find(data, data + len, wide),
			             (uint8_t *)memmem(data, len, word,
			                               strlen(word)));
		}
		g_free(data);
	}
	g_rand_free(rand);
}

static const struct {
	const char *text;
	bool line;
	int depth;
} cases[] = {
	{"From ", true, 0},       {"From ", false, -1},
	{">From ", true, 1},      {">From ", false, -1},
	{"x\n>>From ", false, 2}, {"x\n> >From ", false, -1},
	{"x From ", true, -1},    {"\nFrom ", false, 0},
	{"\rFrom ", false, -1},   {"\r\n>From ", false, 1},
};

Test(mbox_quoting, depth_counts_only_at_line_starts)
{
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		const uint8_t *t = (const uint8_t *)cases[i].text;
		const uint8_t *at =
			(const uint8_t *)strstr(cases[i].text, "From ");
		cr_expect_eq(am_mbox_depth(at, t, cases[i].line, '\n'),
		             cases[i].depth, "case %zu", i);
	}
}

Test(mbox_quoting, endless_runs_are_text)
{
	GString *s = g_string_new("\n");
	for (int i = 0; i < AM_MBOX_QUOTE_MAX; i++)
		g_string_append_c(s, '>');
	g_string_append(s, "From ");
	const uint8_t *t = (const uint8_t *)s->str;
	cr_expect_eq(am_mbox_depth(t + s->len - 5, t, false, '\n'),
	             AM_MBOX_QUOTE_MAX);
	g_string_insert_c(s, 1, '>');
	t = (const uint8_t *)s->str;
	cr_expect_eq(am_mbox_depth(t + s->len - 5, t, false, '\n'), -1);
	cr_expect(!am_mbox_quote_wanted(AM_MBOX_QUOTE_RD, AM_MBOX_QUOTE_MAX));
	g_string_free(s, TRUE);
}
