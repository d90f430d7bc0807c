/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/safe_name.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static const struct {
	const char *in, *posix, *windows, *portable;
} names[] = {
	{"plain", "plain", "plain", "plain"},
	{"", "_", "_", "_"},
	{"   ", "_", "_", "_"},
	{".", "_", "_", "_"},
	{"..", "_.", "_", "_"},
	{".hidden", "_hidden", "_hidden", "_hidden"},
	{"a/b\\c:d*e?f\"g<h>i|j", "a_b\\c:d*e?f\"g<h>i|j",
         "a_b_c_d_e_f_g_h_i_j", "a_b_c_d_e_f_g_h_i_j"},
	{"../../etc/passwd", "_._.._etc_passwd", "_._.._etc_passwd",
         "_._.._etc_passwd"},
	{"a\tb\r\n c\x01\x7f", "a b c__", "a b c__", "a_b_c__"},
	{"end. . ", "end. .", "end", "end._._"},
	{"CON", "CON", "_CON", "_CON"},
	{"con.txt", "con.txt", "_con.txt", "_con.txt"},
	{"COM1", "COM1", "_COM1", "_COM1"},
	{"COM10", "COM10", "COM10", "COM10"},
	{"lpt\xc2\xb2.x", "lpt\xc2\xb2.x", "_lpt\xc2\xb2.x", "lpt_.x"},
	{"CONSOLE", "CONSOLE", "CONSOLE", "CONSOLE"},
	{"nul .eml", "nul .eml", "_nul .eml", "nul_.eml"},
	{"Entwürfe", "Entwürfe", "Entwürfe", "Entwurfe"},
	{"e\xcc\x81", "é", "é", "e"},
	{"日本語", "日本語", "日本語", "___"},
	/* writing turned round, so that "gpj.exe" looks like "exe.jpg" */
	{"a\xe2\x80\xaegpj.exe", "agpj.exe", "agpj.exe", "agpj.exe"},
	{"bad \xff\xfe bytes", "bad __ bytes", "bad __ bytes", "bad____bytes"},
};

Test(safe_name, makes_any_text_a_component)
{
	for (size_t i = 0; i < AM_COUNT(names); i++) {
		const char *want[] = {names[i].posix, names[i].windows,
		                      names[i].portable};

		for (unsigned p = 0; p < 3; p++) {
			char *got = am_safe_name(names[i].in, p, AM_SAFE_MAX);
			char *again = am_safe_name(got, p, AM_SAFE_MAX);

			cr_expect(!strcmp(got, want[p]), "%s in %u: %s not %s",
			          names[i].in, p, got, want[p]);
			cr_expect_str_eq(again, got);
			g_free(got);
			g_free(again);
		}
	}
}

/* Bytes kept of a text when so many fit. */
static const struct {
	const char *text;
	size_t max_bytes, max_chars, kept;
} cuts[] = {
	{"abc", 2, SIZE_MAX, 2},
	{"äöü", 3, SIZE_MAX, 2},
	{"äöü", SIZE_MAX, 2, 4},
	{"ae\xcc\x81"
         "x",
         3, SIZE_MAX, 1}, /* not between e and its accent */
	{"ae\xcc\x81"
         "x",
         SIZE_MAX, 2, 4},
	/* a family of three with joiners; a flag of two letters */
	{"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7!", 10, SIZE_MAX, 0},
	{"\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa!", 7, SIZE_MAX, 0},
	{"\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa!", 8, SIZE_MAX, 8},
	{"", 0, 0, 0},
};

Test(safe_name, cuts_between_what_a_reader_takes_for_characters)
{
	for (size_t i = 0; i < AM_COUNT(cuts); i++) {
		size_t kept = am_safe_name_cut(cuts[i].text, cuts[i].max_bytes,
		                               cuts[i].max_chars);

		cr_expect(kept == cuts[i].kept, "%zu: %zu", i, kept);
	}
}

Test(safe_name, profiles_have_names)
{
	enum am_safe_profile p;

	cr_expect(am_safe_name_profile("posix", &p) && p == AM_SAFE_POSIX);
	cr_expect(am_safe_name_profile("windows", &p) && p == AM_SAFE_WINDOWS);
	cr_expect(am_safe_name_profile("portable", &p) &&
	          p == AM_SAFE_PORTABLE);
	cr_expect(!am_safe_name_profile("dos", &p));
}
