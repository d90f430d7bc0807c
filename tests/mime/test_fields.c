/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/scan.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <string.h>

Test(fields, walks_what_is_a_field_and_nothing_else)
{
	static const struct {
		const char *block, *want;
	} cases[] = {
		{"", ""},
		{"\nA: b\n", ""},
		{"A: b\n", "A=b@0|"},
		{"A: b", "A=b@0|"},
		{"A:b\r\nC : d\r\n\r\nE: f\r\n", "A=b@0|C=d@5|"},
		{"A: b\n c\n\td\nE:\n", "A=b\n c\n\td@0|E=@11|"},
		{"A: b\r\n c\r\n", "A=b\r\n c@0|"},
		{"From x@y Thu Jan 1 00:00:00\nA: b\n", "A=b@28|"},
		{">From x\nA: b\n", "A=b@8|"},
		{" stray\nA: b\n", "A=b@7|"},
		{"junk\n continued\nA: b\n", "A=b@16|"},
		{": no name\nA: b\n", "A=b@10|"},
		{"n\xc3\xa4me: x\nA: b\n", "A=b@9|"},
		{"two words: x\nA: b\n", "A=b@13|"},
		{"A:  \t b \n", "A=b @0|"},
		{"A: b\r\n\rC: d\n", "A=b@0|"},
		{"A: b\n \n c\nD: e\n", "A=b\n \n c@0|D=e@10|"},
		{"A: b\r c\rD: e\r\rF: g", "A=b\r c@0|D=e@8|"},
		{"A: b\r\r\nC: d\r\r\n\r\r\nE: f\n", "A=b@0|C=d@7|"},
		{"A: b\r\n\r\r\nC: d\r\n", "A=b@0|"},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct am_fields f;
		struct am_field field;
		GString *got = g_string_new(NULL);
		am_fields_init(&f, cases[i].block, strlen(cases[i].block), 0);
		while (am_fields_next(&f, &field))
			g_string_append_printf(got, "%.*s=%.*s@%" PRIu64 "|",
			                       (int)field.name_len, field.name,
			                       (int)field.value_len,
			                       field.value, field.offset);
		cr_assert_str_eq(got->str, cases[i].want, "%zu: %s", i,
		                 got->str);
		g_string_free(got, TRUE);
	}
}

Test(fields, knows_where_a_header_ends)
{
	cr_expect_eq(am_header_len("A: b\n\nc", 7), 6);
	cr_expect_eq(am_header_len("A: b\r\n\r\nc", 9), 8);
	cr_expect_eq(am_header_len("A: b\r\rc\r", 8), 6);
	cr_expect_eq(am_header_len("A: b\r\rc\n", 8), 6);
	cr_expect_eq(am_header_len("A: b\rc\n", 7), 7);
	cr_expect_eq(am_header_len("A: b\r\r\n\r\r\nc", 11), 10);
	cr_expect_eq(am_header_len("A: b", 4), 4);
	cr_expect_eq(am_header_len("", 0), 0);
}

Test(fields, compares_names_without_case)
{
	struct am_field f = {.name = "message-ID: x", .name_len = 10};

	cr_assert(am_field_is(&f, "Message-Id"));
	cr_assert_not(am_field_is(&f, "Message-I"));
	cr_assert_not(am_field_is(&f, "Message-Idx"));
	f.name = "a[";
	f.name_len = 2;
	cr_assert_not(am_field_is(&f, "a{"));
}

Test(fields, measures_a_header)
{
	cr_assert_eq(am_header_len("", 0), 0);
	cr_assert_eq(am_header_len("A: b\n\nbody\n", 11), 6);
	cr_assert_eq(am_header_len("A: b\r\n\r\nbody", 12), 8);
	cr_assert_eq(am_header_len("\nbody", 5), 1);
	cr_assert_eq(am_header_len("A: b\n \nC: d\n", 12), 12);
	cr_assert_eq(am_header_len("A: b", 4), 4);
	cr_assert_eq(am_header_len("\r", 1), 1);
}
