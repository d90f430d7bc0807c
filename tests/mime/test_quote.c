/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/quote.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <string.h>

static void add(void *user, bool quoted, const char *s, size_t len)
{
	GString *out = user;

	cr_assert(len && g_utf8_validate(s, (gssize)len, NULL));
	if (quoted && out->len && out->str[out->len - 1] == '}')
		g_string_truncate(out, out->len - 1);
	else if (quoted)
		g_string_append_c(out, '{');
	g_string_append_len(out, s, (gssize)len);
	if (quoted)
		g_string_append_c(out, '}');
}

#define ARMOUR(what)                                                    \
	"-----BEGIN PGP " what "-----\nhQEMA9\n> x\n-----END PGP " what \
	"-----\n"

Test(quote, tells_own_from_quoted_lines)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{"", ""},
		{"own\n", "own\n"},
		{"own", "own"},
		{"> old\nown\n", "{> old\n}own\n"},
		{"own\n> a\n> > b\n| c\nown\n",
	         "own\n{> a\n> > b\n| c\n}own\n"},
		{"own\r\n> old\r\n", "own\r\n{> old\r\n}"},
		{" > not\n", " > not\n"},
		{">", "{>}"},
		{"-- \nsignature\n", "-- \nsignature\n"},
		{"-", "-"},
		{"-----\n", "-----\n"},
		{"-----é x\n", "-----é x\n"},
		{"----------------------------------------------------\n",
	         "----------------------------------------------------\n"},
		{"a\n" ARMOUR("MESSAGE") "b\n", "a\nb\n"},
		{"a\n" ARMOUR("PUBLIC KEY BLOCK") "b\n", "a\nb\n"},
		{"-----BEGIN PGP SIGNED MESSAGE-----\nHash: x\n\ntext\n" ARMOUR(
			 "SIGNATURE") "b\n",
	         "Hash: x\n\ntext\nb\n"},
		{"-----BEGIN PGP MESSAGE-----\nnever closed\n", ""},
		{"-----BEGIN CERTIFICATE-----\nx\n",
	         "-----BEGIN CERTIFICATE-----\nx\n"},
		{"-----BEGIN PGP", "-----BEGIN PGP"},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		size_t len = strlen(cases[i].in);
		for (size_t step = 1; step < 200; step = step * 2 + 1) {
			GString *got = g_string_new(NULL);
			struct am_quote q = {.out = add, .user = got};
			for (size_t at = 0; at < len;) {
				/* As recoding does: between characters. */
				size_t n = MIN(step, len - at);
				while (at + n < len &&
				       ((uint8_t)cases[i].in[at + n] & 0xc0) ==
				               0x80)
					n++;
				am_quote_feed(&q, cases[i].in + at, n);
				at += n;
			}
			am_quote_finish(&q);
			cr_assert_str_eq(got->str, cases[i].want,
			                 "%s (%zu): %s", cases[i].in, step,
			                 got->str);
			g_string_free(got, TRUE);
		}
	}
}
