/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/time.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

Test(time, civil_dates_go_round)
{
	int64_t sec = -INT64_C(200000000000);

	for (; sec < INT64_C(300000000000); sec += 86400 * 17 + 4711) {
		int y, mo, d, h, mi, s;
		struct tm tm;
		time_t t = (time_t)sec;
		am_time_civil(sec, &y, &mo, &d, &h, &mi, &s);
		cr_assert(gmtime_r(&t, &tm));
		cr_assert(y == tm.tm_year + 1900 && mo == tm.tm_mon + 1 &&
		          d == tm.tm_mday && h == tm.tm_hour &&
		          mi == tm.tm_min && s == tm.tm_sec);
		cr_assert_eq(am_time_from_civil(y, mo, d, h, mi, s), sec);
	}
	cr_assert_eq(am_time_from_civil(1970, 13, 1, 0, 0, 0), 365 * 86400);
	cr_assert_eq(am_time_from_civil(1970, 0, 1, 0, 0, 0), -31 * 86400);
}

Test(time, the_ends_of_the_scale_are_safe)
{
	static const int64_t ends[] = {INT64_MIN, INT64_MAX, 0, -1};

	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		int y, mo, d, h, mi, s;
		char out[AM_TIME_ROOM];
		struct am_when w = {ends[i], INT16_MIN, true};
		am_time_civil(ends[i], &y, &mo, &d, &h, &mi, &s);
		cr_expect(mo >= 1 && mo <= 12 && d >= 1 && d <= 31);
		am_time_asctime(ends[i], out);
		am_time_iso(&w, out);
		w.offset_min = INT16_MAX;
		am_time_iso(&w, out);
	}
	cr_assert_gt(am_time_now(), INT64_C(1600000000));
}

Test(time, formats)
{
	char out[AM_TIME_ROOM];
	struct am_when w = {1577934245, 60, true};

	am_time_iso(&w, out);
	cr_expect_str_eq(out, "2020-01-02T04:04:05+01:00");
	w.offset_min = -210;
	am_time_iso(&w, out);
	cr_expect_str_eq(out, "2020-01-01T23:34:05-03:30");
	w.known = false;
	am_time_iso(&w, out);
	cr_expect_str_eq(out, "");
	am_time_asctime(1567804750, out);
	cr_expect_str_eq(out, "Fri Sep  6 21:19:10 2019");
	am_time_asctime(0, out);
	cr_expect_str_eq(out, "Thu Jan  1 00:00:00 1970");
	am_time_asctime(-1, out);
	cr_expect_str_eq(out, "Wed Dec 31 23:59:59 1969");
}

/* "" : no date. */
static void expect(const char *in, bool ok, const struct am_when *w,
                   const char *want)
{
	char out[AM_TIME_ROOM];

	am_time_iso(w, out);
	cr_expect_eq(ok, w->known, "%s", in);
	cr_expect_str_eq(out, want, "%s: %s, not %s", in, out, want);
}

static const struct {
	const char *in, *out;
} isos[] = {
	{"2020-01-02", "2020-01-02T00:00:00+00:00"},
	{"2020-01-02T03:04:05Z", "2020-01-02T03:04:05+00:00"},
	{"2020-01-02T03:04:05+01:00", "2020-01-02T03:04:05+01:00"},
	{"2020-01-02T03:04:05 +01:00", "2020-01-02T03:04:05+01:00"},
	{"2020-01-02 03:04", "2020-01-02T03:04:00+00:00"},
	{"2020-01-02T03:04:05.123-0330", "2020-01-02T03:04:05-03:30"},
	{"2020-02-29", "2020-02-29T00:00:00+00:00"},
	{"2019-02-29", ""},
	{"2020-01-02x", ""},
	{"2020-01-02T", ""},
	{"2020-01-02 ", ""},
	{"2020-13-02", ""},
	{"2020-00-02", ""},
	{"2020-01-00", ""},
	{"2020-01-32", ""},
	{"20-01-02", ""},
	{"2020-01", ""},
	{"0000-01-01", ""},
	{"", ""},
};

Test(time, iso_is_the_whole_string_or_nothing)
{
	for (size_t i = 0; i < G_N_ELEMENTS(isos); i++) {
		struct am_when w;
		bool ok = am_time_parse_iso(isos[i].in, &w);
		expect(isos[i].in, ok, &w, isos[i].out);
	}
}
