/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/imap.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <string.h>

static char *text_of(const struct am_imap_set *set, size_t room)
{
	GString *all = g_string_new(NULL);
	char *out = g_malloc(room);
	size_t next = 0;

	while (!am_imap_set_print(set, &next, out, room)) {
		cr_assert_lt(strlen(out), room);
		g_string_append_printf(all, "%s%s", all->len ? "," : "", out);
	}
	g_free(out);
	return g_string_free(all, FALSE);
}

static void expect(const struct am_imap_set *set, const char *want)
{
	static const size_t rooms[] = {24, 25, 31, 1000};

	for (size_t i = 0; i < AM_COUNT(rooms); i++) {
		char *got = text_of(set, rooms[i]);
		cr_expect_str_eq(got, want, "%s is not %s", got, want);
		g_free(got);
	}
}

Test(imap_set, parses)
{
	static const struct {
		const char *text;
		uint32_t star;
		bool good;
		const char *want;
	} cases[] = {
		{"1", 0, true, "1"},
		{"1:3,7,9:*", 12, true, "1:3,7,9:12"},
		{"*", 5, true, "5"},
		{"*:3", 5, true, "3:5"},
		{"9:*", 5, true, "5:9"},
		{"5:3", 0, true, "3:5"},
		{"4294967295", 0, true, "4294967295"},
		{"3,1,2", 0, true, "1:3"},
		{"10,1:20,5", 0, true, "1:20"},
		{"4294967295,1:4294967294", 0, true, "1:4294967295"},
		{"4294967293:4294967294,4294967290:4294967291,4294967288", 0,
	         true,
	         "4294967288,4294967290:4294967291,4294967293:"
	         "4294967294"},
		{"", 0, false, ""},
		{"0", 0, false, ""},
		{"*", 0, false, ""},
		{"1:*", 0, false, ""},
		{"1,,2", 0, false, "1"},
		{"1,2:", 0, false, "1"},
		{"1,", 0, false, "1"},
		{"1 2", 0, false, ""},
		{"4294967296", 0, false, ""},
		{"99999999999999999999999", 0, false, ""},
		{"-1", 0, false, ""},
		{"1:2:3", 0, false, ""},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct am_imap_set *set = am_imap_set_new();
		struct am_error err = {.kind = AM_E_NONE};
		int r = am_imap_set_parse(set, cases[i].text,
		                          strlen(cases[i].text), cases[i].star,
		                          &err);
		cr_expect_eq(r, cases[i].good ? AM_OK : AM_FAILED, "%s",
		             cases[i].text);
		cr_expect_eq(err.kind, r ? AM_E_FORMAT : AM_E_NONE);
		expect(set, cases[i].want);
		am_imap_set_free(&set);
		cr_expect_null(set);
	}
}

/* Against an array of booleans, in any order of changes and looks. */
Test(imap_set, is_a_set)
{
	enum { N = 300, STEPS = 60000 };
	bool model[N + 1] = {false};
	struct am_imap_set *set = am_imap_set_new();
	struct am_imap_set *other = am_imap_set_new();
	uint32_t seed = 12345;

	for (size_t step = 0; step < STEPS; step++) {
		seed = seed * 1664525 + 1013904223;
		uint32_t first = 1 + (seed >> 8) % N;
		uint32_t last = MIN(N, first + (seed >> 20) % 6);
		bool add = seed >> 31;
		for (uint32_t n = first; n <= last; n++)
			model[n] = add;
		/* By itself, and now and then through another set. */
		if (seed >> 27 & 1) {
			am_imap_set_free(&other);
			other = am_imap_set_new();
			am_imap_set_add(other, last, first);
			if (add)
				am_imap_set_add_all(set, other);
			else
				am_imap_set_remove_all(set, other);
		} else if (add) {
			am_imap_set_add(set, first, last);
		} else {
			am_imap_set_remove(set, first, last);
		}
		if (seed >> 24 & 7)
			continue;
		uint64_t count = 0;
		size_t ranges = 0;
		for (uint32_t n = 1; n <= N; n++) {
			cr_assert_eq(am_imap_set_has(set, n), model[n]);
			count += model[n];
			ranges += model[n] && !model[n - 1];
		}
		cr_assert_eq(am_imap_set_count(set), count);
		cr_assert_eq(am_imap_set_ranges(set), ranges);
	}
	am_imap_set_remove_all(set, set);
	cr_expect_eq(am_imap_set_count(set), 0);
	am_imap_set_add(set, 1, UINT32_MAX);
	cr_expect_eq(am_imap_set_count(set), UINT32_MAX);
	am_imap_set_free(&set);
	am_imap_set_free(&other);
}

/* Every other number, the worst for ranges, in the worst order. */
Test(imap_set, no_order_is_slow, .timeout = 20)
{
	enum { N = 1000000 };
	struct am_imap_set *set = am_imap_set_new();

	for (uint32_t n = N; n; n--)
		am_imap_set_add(set, 2 * n, 2 * n);
	cr_expect_eq(am_imap_set_ranges(set), N);
	for (uint32_t n = N; n; n--)
		am_imap_set_remove(set, 2 * n, 2 * n);
	cr_expect_eq(am_imap_set_count(set), 0);
	for (uint32_t n = 1; n <= N; n++) {
		am_imap_set_add(set, 7, 7);
		am_imap_set_add(set, 2, 3);
	}
	expect(set, "2:3,7");

	GString *text = g_string_new("1");
	for (uint32_t n = 1; n <= N; n++)
		g_string_append_printf(text, ",%" PRIu32, 4 * N - 2 * n);
	cr_expect_eq(am_imap_set_parse(set, text->str, text->len, 0, NULL),
	             AM_OK);
	g_string_free(text, TRUE);
	cr_expect_eq(am_imap_set_ranges(set), N + 2);
	am_imap_set_free(&set);
}
