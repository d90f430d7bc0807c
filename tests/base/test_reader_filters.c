/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/reader.h"

#include "helpers.h"

#include <criterion/criterion.h>

#include <string.h>

typedef int open_filter(struct am_reader **out, struct am_reader *inner,
                        struct am_error *err);

static const struct {
	open_filter *open;
	const char *in, *out;
} table[] = {
	{am_reader_crlf, "", ""},
	{am_reader_crlf, "\n", "\r\n"},
	{am_reader_crlf, "a\nb\r\nc\rd\n\n\r\n", "a\r\nb\r\nc\rd\r\n\r\n\r\n"},
	{am_reader_crlf, "\r\r\n", "\r\r\n"},
	{am_reader_crlf, "no end", "no end"},
	{am_reader_crlf, "x\r", "x\r"},
	{am_reader_lf, "", ""},
	{am_reader_lf, "\r\n", "\n"},
	{am_reader_lf, "a\nb\r\nc\rd\r\r\n\n\r\n", "a\nb\nc\rd\r\n\n\n"},
	{am_reader_lf, "x\r", "x\r"},
	{am_reader_lf, "\r", "\r"},
	{am_reader_lf, "\r\r\r", "\r\r\r"},
};

Test(reader_filters, work_at_any_step)
{
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		for (size_t step = 1; step < 20; step++) {
			size_t n = strlen(table[i].in);
			struct am_reader *r;
			int status;
			cr_assert_eq(table[i].open(&r,
			                           trickle(table[i].in, n, step,
			                                   AM_END),
			                           NULL),
			             AM_OK);
			GString *s = drain(r, &status, NULL);
			cr_expect_str_eq(s->str, table[i].out, "row %zu", i);
			cr_expect_eq(status, AM_END);
			g_string_free(s, TRUE);
		}
	}
}

Test(reader_filters, pass_errors_on_after_the_bytes)
{
	static open_filter *const filters[] = {am_reader_crlf, am_reader_lf};

	for (size_t i = 0; i < G_N_ELEMENTS(filters); i++) {
		struct am_error err;
		struct am_reader *r;
		int status;
		cr_assert_eq(
			filters[i](&r, trickle("abc\r", 4, 2, AM_FATAL), NULL),
			AM_OK);
		GString *s = drain(r, &status, &err);
		cr_expect_eq(status, AM_FATAL);
		cr_expect_eq(err.kind, AM_E_IO);
		cr_expect_str_eq(s->str, "abc\r");
		g_string_free(s, TRUE);
	}
}

/* Reading into the caller's buffer gives the filter odd amounts of room. */
Test(reader_filters, work_in_any_room)
{
	GString *in = g_string_new(NULL), *want = g_string_new(NULL);

	for (size_t i = 0; i < 90000; i++) {
		g_string_append(in, i % 3 ? "\n" : "ab\r\n");
		g_string_append(want, i % 3 ? "\r\n" : "ab\r\n");
	}
	for (size_t skew = 0; skew < 4; skew++) {
		struct am_reader *r;
		size_t got;
		char *buf = g_malloc(want->len + 1);
		cr_assert_eq(
			am_reader_crlf(&r,
		                       trickle(in->str, in->len, 7777, AM_END),
		                       NULL),
			AM_OK);
		cr_assert_eq(am_reader_read(r, buf, skew, &got, NULL), AM_OK);
		size_t first = 131073 + skew, more;
		cr_assert_eq(am_reader_read(r, buf + got, first, &more, NULL),
		             AM_OK);
		got += more;
		cr_assert_eq(am_reader_read(r, buf + got, want->len + 1 - got,
		                            &more, NULL),
		             AM_OK);
		cr_assert_eq(got + more, want->len);
		cr_assert(!memcmp(buf, want->str, want->len));
		am_reader_close(&r);
		g_free(buf);
	}
	g_string_free(in, TRUE);
	g_string_free(want, TRUE);
}
