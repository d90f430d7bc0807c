/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/imap.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <string.h>

Test(imap_write, strings_as_they_need)
{
	static const struct {
		bool plus, minus, utf8;
		const char *text, *want;
		size_t waits;
	} cases[] = {
		{false, false, false, "INBOX", "INBOX", 0},
		{false, false, false, "a/b.c-d", "a/b.c-d", 0},
		{false, false, false, "", "\"\"", 0},
		{false, false, false, "nil", "\"nil\"", 0},
		{false, false, false, "Sent Mail", "\"Sent Mail\"", 0},
		{false, false, false, "[Gmail]/x", "\"[Gmail]/x\"", 0},
		{false, false, false, "a*%", "\"a*%\"", 0},
		{false, false, false, "a\"b\\c", "\"a\\\"b\\\\c\"", 0},
		{false, false, false, "(", "\"(\"", 0},
		{false, false, false, "{5}", "\"{5}\"", 0},
		{false, false, false, "t\tx", "\"t\tx\"", 0},
		{false, false, false, "a\r\nb", "{4}\r\na\r\nb", 1},
		{true, false, false, "a\r\nb", "{4+}\r\na\r\nb", 0},
		{false, true, false, "a\nb", "{3+}\r\na\nb", 0},
		{true, false, false, "\xC3\xA4", "{2+}\r\n\xC3\xA4", 0},
		{true, false, true, "\xC3\xA4", "\"\xC3\xA4\"", 0},
		{true, false, true, "\xC3", "{1+}\r\n\xC3", 0},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct am_imap_out out = {.literal_plus = cases[i].plus,
		                          .literal_minus = cases[i].minus,
		                          .utf8 = cases[i].utf8};
		cr_expect_eq(am_imap_put_string(&out, cases[i].text,
		                                strlen(cases[i].text), NULL),
		             AM_OK);
		cr_expect_str_eq(out.data, cases[i].want);
		cr_expect_eq(out.len, strlen(cases[i].want));
		cr_expect_eq(out.n_waits, cases[i].waits);
		am_imap_out_free(&out);
	}
}

Test(imap_write, a_command_with_waits)
{
	struct am_imap_out out = {.literal_minus = true};
	struct am_error err;
	GString *large = g_string_new(NULL);

	am_imap_put(&out, "%s LOGIN ", "a1");
	cr_expect_eq(am_imap_put_string(&out, "fred", 4, &err), AM_OK);
	am_imap_put(&out, " ");
	for (unsigned i = 0; i < 5000; i++)
		g_string_append_c(large, 'x');
	g_string_append(large, "\n");
	cr_expect_eq(am_imap_put_string(&out, large->str, 4096, &err), AM_OK);
	am_imap_put(&out, " ");
	size_t before = out.len;
	cr_expect_eq(am_imap_put_string(&out, large->str, large->len, &err),
	             AM_OK);
	am_imap_put(&out, "\r\n");
	cr_expect_eq(out.n_waits, 1);
	cr_expect_eq(out.waits[0], before + strlen("{5001}\r\n"));
	cr_expect(g_str_has_prefix(out.data, "a1 LOGIN fred {4096+}\r\nxx"));
	cr_expect(g_str_has_suffix(out.data, "xx\n\r\n"));
	cr_expect_eq(strlen(out.data), out.len);

	am_imap_out_clear(&out);
	cr_expect_eq(out.len, 0);
	am_imap_put(&out, "%s", large->str); /* more than there was room */
	cr_expect_str_eq(out.data, large->str);
	g_string_free(large, TRUE);

	am_imap_out_clear(&out);
	out.literal_minus = false;
	for (size_t i = 0; i < AM_COUNT(out.waits); i++)
		cr_expect_eq(am_imap_put_string(&out, "\n", 1, &err), AM_OK);
	cr_expect_eq(am_imap_put_string(&out, "\n", 1, &err), AM_FAILED);
	cr_expect_eq(err.kind, AM_E_LIMIT);
	cr_expect_eq(am_imap_put_string(&out, "a\0b", 3, &err), AM_FAILED);
	cr_expect_eq(err.kind, AM_E_ARGUMENT);
	am_imap_out_free(&out);
	am_imap_out_free(&out);
}
