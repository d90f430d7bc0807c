/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/time.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static const struct {
	const char *in, *out;
} table[] = {
	/* RFC 5322, appendix A */
	{"Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T09:55:06-06:00"},
	{"Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n"
         "               -0330 (Newfoundland Time)",
         "1969-02-13T23:32:00-03:30"},
	/* the plain form, and what nearly is */
	{"Tue, 5 Mar 2024 10:20:30 +0100", "2024-03-05T10:20:30+01:00"},
	{"Tue, 05 Mar 2024 10:20:30 +0100 (CET)", "2024-03-05T10:20:30+01:00"},
	{" tue, 15 mar 2024 10:20:60 -0330", "2024-03-15T10:21:00-03:30"},
	{"Tue, 5 Mar 1824 10:20:30 +0100", "1824-03-05T10:20:30+01:00"},
	{"Tue, 31 Apr 2024 10:20:30 +0100", ""},
	{"Tue, 00 Mar 2024 10:20:30 +0100", ""},
	{"Tue, 5 Mar 2024 25:20:30 +0100", ""},
	{"Tue, 5 Mar 2024 10:20:30 +0100 x", "2024-03-05T10:20:30+01:00"},
	{"Tue, 5 Mar 2024 10:20:30 +01:00", "2024-03-05T10:20:30+01:00"},
	{"Tue, 5 Mar 2024 10:20:30 +010", "2024-03-05T10:20:30+00:10"},
	{"Tue, 5 Mar 2024 10:20:30 +9900", "2024-03-05T10:20:30+00:00"},
	{"Tue, 5 Mar 20244 10:20:30 +0100", ""},
	{"Tue, 5 Mar 2024 1:20:30 +0100", "2024-03-05T01:20:30+01:00"},
	{"21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06+00:00"},
	{"Fri, 21 Nov 1997 09(comment):   55  :  06 -0600",
         "1997-11-21T09:55:06-06:00"},
	{"1 Jan 2001 10: GMT", ""},
	{"1 Jan 2001 10:00:00:00 GMT", "2001-01-01T10:00:00+00:00"},
	{"1 Jan 2001 10:001 GMT", ""},
	{"1 Jan 2001 00:00 +0000", "2001-01-01T00:00:00+00:00"},
	/* years */
	{"1 Jan 49 00:00 GMT", "2049-01-01T00:00:00+00:00"},
	{"1 Jan 50 00:00 GMT", "1950-01-01T00:00:00+00:00"},
	{"1 Jan 00 00:00 GMT", "2000-01-01T00:00:00+00:00"},
	{"1 Jan 101 00:00 GMT", "2001-01-01T00:00:00+00:00"},
	{"1 Jan 20011 00:00 GMT", ""},
	/* zones */
	{"1 Jan 2001 00:00 EST", "2001-01-01T00:00:00-05:00"},
	{"1 Jan 2001 00:00 PDT", "2001-01-01T00:00:00-07:00"},
	{"1 Jan 2001 00:00 UT", "2001-01-01T00:00:00+00:00"},
	{"1 Jan 2001 00:00 Z", "2001-01-01T00:00:00+00:00"},
	{"1 Jan 2001 00:00 CET", "2001-01-01T00:00:00+00:00"},
	{"1 Jan 2001 00:00 A", "2001-01-01T00:00:00+00:00"},
	{"1 Jan 2001 00:00", "2001-01-01T00:00:00+00:00"},
	{"1 Jan 2001 00:00 -0000", "2001-01-01T00:00:00+00:00"},
	{"1 Jan 2001 00:00 GMT+0100", "2001-01-01T00:00:00+01:00"},
	{"1 Jan 2001 00:00 +01:00", "2001-01-01T00:00:00+01:00"},
	{"1 Jan 2001 00:00 +0530 (IST)", "2001-01-01T00:00:00+05:30"},
	{"1 Jan 2001 00:00 +9959", "2001-01-01T00:00:00+00:00"},
	{"1 Jan 2001 00:00 +0160", "2001-01-01T00:00:00+00:00"},
	{"1 Jan 2001 00:00:00 \"GMT\"", "2001-01-01T00:00:00+00:00"},
	/* comments */
	{"1 Jan 2001 (2 Feb 2002 (3 Mar) 11:11) 10:00 GMT",
         "2001-01-01T10:00:00+00:00"},
	{"1 Jan 2001 10:00 +0100 (a \\) 2)", "2001-01-01T10:00:00+01:00"},
	{"1 Jan 2001 10:00 (never closed", "2001-01-01T10:00:00+00:00"},
	/* other orders and dresses */
	{"Mon Jan  1 00:00:00 2001", "2001-01-01T00:00:00+00:00"},
	{"Mon Jan  1 00:00:00 EST 2001", "2001-01-01T00:00:00-05:00"},
	{"Mon Jan  1 00:00:00 +0200 2001", "2001-01-01T00:00:00+02:00"},
	{"Mon, 01-Jan-2001 00:00:00 GMT", "2001-01-01T00:00:00+00:00"},
	{"01-Jan-01 00:00:00 GMT", "2001-01-01T00:00:00+00:00"},
	{"January 1, 2001 3:04 PM", "2001-01-01T15:04:00+00:00"},
	{"1 Sept 2001 12:00 AM", "2001-09-01T00:00:00+00:00"},
	{"2001-02-03T04:05:06Z", "2001-02-03T04:05:06+00:00"},
	{"2001-02-03 04:05:06 +0100", "2001-02-03T04:05:06+01:00"},
	{"2001/02/03 04:05:06 EST", "2001-02-03T04:05:06-05:00"},
	{"Mon 1 Jan 2001 12.30.45 +0100", "2001-01-01T12:30:45+01:00"},
	{"MON,1 JAN 2001 1:02:03 -0800", "2001-01-01T01:02:03-08:00"},
	{"  , Mon,, 1 Jan 2001 10:00", "2001-01-01T10:00:00+00:00"},
	{"1 Jan 2001", "2001-01-01T00:00:00+00:00"},
	{"1 Jan 2001 23:59:60 GMT", "2001-01-02T00:00:00+00:00"},
	{"1 Jan 2001 10:00:00.75 GMT", "2001-01-01T10:00:00+00:00"},
	/* no date */
	{"", ""},
	{"now", ""},
	{"Mon,", ""},
	{"0 Jan 2001 00:00 GMT", ""},
	{"32 Jan 2001 00:00 GMT", ""},
	{"31 Jun 2001 00:00 GMT", ""},
	{"29 Feb 1900 00:00 GMT", ""},
	{"1 Foo 2001 00:00 GMT", ""},
	{"1 Jan 2001 24:00 GMT", ""},
	{"1 Jan 2001 10:60 GMT", ""},
	{"1 Jan 2001 10:00:61 GMT", ""},
	{"1 Jan 10:00", ""},
	{"Jan 2001 10:00", ""},
	{"1.2.2001 10:00", ""},
	{"99999999999999999999 Jan 2001", ""},
	{"((((((((", ""},
};

Test(time_mail, table)
{
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		/* From the heap and without a NUL: no byte too far is read. */
		size_t len = strlen(table[i].in);
		char *in = g_memdup2(table[i].in, len);
		struct am_when w;
		char out[AM_TIME_ROOM];
		bool ok = am_time_parse_mail(in, len, &w);
		am_time_iso(&w, out);
		cr_expect_eq(ok, w.known);
		cr_expect_str_eq(out, table[i].out, "%s: %s, not %s",
		                 table[i].in, out, table[i].out);
		g_free(in);
	}
}

Test(time_mail, cut_anywhere_is_never_wrong_memory)
{
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		for (size_t n = 0; n < strlen(table[i].in); n++) {
			char *in = g_memdup2(table[i].in, n);
			struct am_when w;
			(void)am_time_parse_mail(in, n, &w);
			g_free(in);
		}
	}
	struct am_when w;
	cr_assert_not(am_time_parse_mail(NULL, 0, &w));
}

Test(time_mail, a_received_field_has_its_date_behind_the_last_semicolon)
{
	static const struct {
		const char *in, *out;
	} fields[] = {
		{"from a by b; Sat, 6 Sep 2019 21:19:10 +0200",
	         "2019-09-06T21:19:10+02:00"},
		{"from a (x; y) by b;\r\n\tMon, 1 Jan 2001 00:00:00 GMT",
	         "2001-01-01T00:00:00+00:00"},
		{"from a by b Sat, 6 Sep 2019 21:19:10 +0200", ""},
		{"from a by b;", ""},
		{"", ""},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
		struct am_when w = {.known = true};
		char out[AM_TIME_ROOM];
		bool ok = am_time_parse_received(fields[i].in,
		                                 strlen(fields[i].in), &w);

		am_time_iso(&w, out);
		cr_expect_eq(ok, w.known);
		cr_expect_str_eq(out, fields[i].out, "%s: %s", fields[i].in,
		                 out);
	}
}
