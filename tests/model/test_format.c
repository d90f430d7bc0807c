/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/format.h"

#include <criterion/criterion.h>

#include <string.h>

static const struct am_option table[] = {
	{.name = "dialect", .preset = "mboxrd"},
	{.name = "sync"},
	{.name = "split", .preset = "1M"},
	{0},
};
static const char *const given[] = {"dialect=mboxo", "sync", "dialect=a=b",
                                    NULL};
static const struct am_location where = {.path = "x", .options = given};
static const struct am_location bare = {.path = "x"};

Test(format, finds_options_given_or_preset)
{
	cr_assert_str_eq(am_location_option(&where, table, "dialect"), "a=b");
	cr_assert_str_eq(am_location_option(&where, table, "sync"), "yes");
	cr_assert_str_eq(am_location_option(&where, table, "split"), "1M");
	cr_assert_null(am_location_option(&where, table, "other"));
	cr_assert_str_eq(am_location_option(&bare, table, "dialect"), "mboxrd");
	cr_assert_null(am_location_option(&bare, table, "sync"));
	cr_assert_null(am_location_option(&bare, NULL, "sync"));
}

Test(format, reads_switches_and_sizes)
{
	static const struct {
		const char *option;
		int r;
		bool on;
	} cases[] = {
		{"sync", 0, true},
		{"sync=yes", 0, true},
		{"sync=ON", 0, true},
		{"sync=1", 0, true},
		{"sync=no", 0, false},
		{"sync=false", 0, false},
		{"sync=maybe", AM_FAILED, false},
		{"sync=", AM_FAILED, false},
	};
	struct am_error err;
	uint64_t size;
	bool on;

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		const char *options[] = {cases[i].option, NULL};
		struct am_location w = {.options = options};
		cr_assert_eq(am_location_switch(&w, table, "sync", &on, &err),
		             cases[i].r);
		cr_assert_eq(on, cases[i].on);
	}
	cr_assert_eq(am_location_switch(&bare, table, "sync", &on, &err), 0);
	cr_assert_not(on);
	cr_assert_eq(am_location_size(&bare, table, "split", &size, &err), 0);
	cr_assert_eq(size, 1u << 20);
	const char *bad[] = {"split=much", NULL};
	struct am_location w = {.options = bad};
	cr_assert_eq(am_location_size(&w, table, "split", &size, &err),
	             AM_FAILED);
	cr_assert_not_null(strstr(err.text, "split"));
}

Test(format, names_an_unknown_option)
{
	const char *bad[] = {"sync", "colour=red", NULL};
	struct am_location w = {.options = bad};
	struct am_error err;

	cr_assert_eq(am_location_check(&where, table, "mbox", &err), 0);
	cr_assert_eq(am_location_check(&bare, NULL, "mbox", &err), 0);
	cr_assert_eq(am_location_check(&w, table, "mbox", &err), AM_FAILED);
	cr_assert_eq(err.kind, AM_E_ARGUMENT);
	cr_assert_not_null(strstr(err.text, "\"colour\""));
}

Test(format, parses_sizes)
{
	static const struct {
		const char *s;
		uint64_t size;
		bool bad;
	} cases[] = {
		{"10", 10, false},
		{"10k", 10240, false},
		{"5M", 5u << 20, false},
		{"1.5G", 1610612736, false},
		{"2kB", 2048, false},
		{"2KiB", 2048, false},
		{"3b", 3, false},
		{"0.25k", 256, false},
		{"1.0000000001k", 1024, false},
		{"1T", UINT64_C(1) << 40, false},
		{"", 0, true},
		{"k", 0, true},
		{"-1", 0, true},
		{"1.", 0, true},
		{"1x", 0, true},
		{"1kk", 0, true},
		{"99999999999999999999", 0, true},
		{"99999999999T", 0, true},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct am_error err;
		uint64_t size = 0;
		int r = am_parse_size(cases[i].s, &size, &err);
		cr_assert_eq(r, cases[i].bad ? AM_FAILED : AM_OK, "%s",
		             cases[i].s);
		cr_assert_eq(size, cases[i].size, "%s", cases[i].s);
	}
}
