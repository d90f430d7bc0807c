/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/time.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

/* `rest` is what must be left over. */
static const struct {
	const char *in, *rest, *out;
} table[] = {
	{"Fri Sep  6 21:19:10 2019", "", "2019-09-06T21:19:10+00:00"},
	{"Mon Jan 01 00:00:00 2001", "", "2001-01-01T00:00:00+00:00"},
	{" Mon Jan 1 0:00:00 2001", "", "2001-01-01T00:00:00+00:00"},
	{"Mon Jan  1 00:00 2001", "", "2001-01-01T00:00:00+00:00"},
	{"Mon Jan  1 00:00:00 EST 2001", "", "2001-01-01T00:00:00-05:00"},
	{"Mon Jan  1 00:00:00 MET 2001", "", "2001-01-01T00:00:00+00:00"},
	{"Mon Jan  1 00:00:00 2001 +0100", "", "2001-01-01T00:00:00+01:00"},
	{"Mon Jan  1 00:00:00 2001 GMT", "", "2001-01-01T00:00:00+00:00"},
	{"Mon Jan  1 00:00:00 2001 remote from uunet", " remote from uunet",
         "2001-01-01T00:00:00+00:00"},
	{"Mon, 1 Jan 2001 00:00:00 +0000", "", "2001-01-01T00:00:00+00:00"},
	{"Mon, 1 Jan 2001 03:00 -0300", "", "2001-01-01T03:00:00-03:00"},
	{"Mon Jan  1 00:00:00 PST8PDT 101", "", "2001-01-01T00:00:00-08:00"},
	{"Mon Jan  1 00:00:00 MET-1MST 2001", NULL, ""},
	{"2001-01-01T00:00:00Z", "", "2001-01-01T00:00:00+00:00"},
	{"2001-01-01 00:00:00 +0100", "", "2001-01-01T00:00:00+01:00"},
	{"Mon Jan  1 00:00:00 2001\t", "\t", "2001-01-01T00:00:00+00:00"},
	{"Mon Jan  1 00:00:00 2001\r\n", "\r\n", "2001-01-01T00:00:00+00:00"},
	{"Fri Dec 01 10:00:00 +0000 2023", "", "2023-12-01T10:00:00+00:00"},
	{"Fri Dec 01 10:00:00 +0530 2023", "", "2023-12-01T10:00:00+05:30"},
	{"Mon Jan  1 00:00:00 01", "", "2001-01-01T00:00:00+00:00"},
	{"Mon Jan  1 00:00:00 99", "", "1999-01-01T00:00:00+00:00"},
	{"Mon, Jan  1 00:00:00 2001", "", "2001-01-01T00:00:00+00:00"},
	{"Mon Jan  1 00:00:00 2001 and so on", " and so on",
         "2001-01-01T00:00:00+00:00"},
	/* not dates */
	{"", NULL, ""},
	{"the Jan 1 00:00:00 2001", NULL, ""},
	{"Jan  1 00:00:00 2001", NULL, ""},
	{"Mon Jan  0 00:00:00 2001", NULL, ""},
	{"Mon Jan 32 00:00:00 2001", NULL, ""},
	{"Mon Jan  1 25:00:00 2001", NULL, ""},
	{"Mon Jan  1 00:00:00", NULL, ""},
	{"Mon Jan  1 00:00:00 20011", NULL, ""},
	{"Mon Jan  1 00:00:00 2001x", NULL, ""},
	{"Mon Jan  1 2001", NULL, ""},
	{"Mon Foo  1 00:00:00 2001", NULL, ""},
	{"MonJan 1 00:00:00 2001", NULL, ""},
	{"2001-01-01", NULL, ""},
	{"Monday was the day when", NULL, ""},
};

Test(time_separator, table)
{
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		size_t len = strlen(table[i].in), used;
		char *in = g_memdup2(table[i].in, len);
		struct am_when w;
		char out[AM_TIME_ROOM];
		bool ok = am_time_parse_asctime(in, len, &w, &used);
		am_time_iso(&w, out);
		cr_expect_eq(ok, table[i].rest != NULL, "%s", table[i].in);
		cr_expect_str_eq(out, table[i].out, "%s: %s", table[i].in, out);
		if (ok && table[i].rest)
			cr_expect_str_eq(table[i].in + used, table[i].rest);
		else
			cr_expect_eq(used, 0);
		g_free(in);
	}
}
