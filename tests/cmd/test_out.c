/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/attachments.h"
#include "cmd/out.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

Test(out, lets_no_control_character_through)
{
	char *s = out_clean("a\033[31mb\a\r\nc\xC2\x9Bz\xE2\x80\xAEx\xFFy\t",
	                    false);

	for (const char *p = s; *p; p++)
		cr_expect((unsigned char)*p >= 0x20 && *p != 0x7F);
	cr_expect_null(strstr(s, "\xC2\x9B"), "C1 control");
	cr_expect_null(strstr(s, "\xE2\x80\xAE"), "right-to-left override");
	cr_expect(g_utf8_validate(s, -1, NULL));
	g_free(s);
	s = out_clean("a\r\nb\tc", true);
	cr_expect_str_eq(s, "a\nb\tc");
	g_free(s);
}

Test(out, fits_text_into_columns)
{
	static const struct {
		const char *text;
		size_t columns;
		const char *want;
	} cases[] = {
		{"short", 10, "short"},
		{"exactly10!", 10, "exactly10!"},
		{"eleven char", 10, "eleven ch…"},
		{"日本語テキスト", 7, "日本語…"},
		{"日本語", 6, "日本語"},
		{NULL, 5, ""},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		char *s = out_fit(cases[i].text, cases[i].columns);
		cr_expect_str_eq(s, cases[i].want);
		g_free(s);
	}
}

Test(out, writes_numbers_for_people)
{
	char s[OUT_ROOM];

	out_count(0, s);
	cr_expect_str_eq(s, "0");
	out_count(999, s);
	cr_expect_str_eq(s, "999");
	out_count(1234567, s);
	cr_expect_str_eq(s, "1,234,567");
	out_count(UINT64_MAX, s);
	cr_expect_str_eq(s, "18,446,744,073,709,551,615");
	out_size(812, s);
	cr_expect_str_eq(s, "812 B");
	out_size(1536, s);
	cr_expect_str_eq(s, "1.5 KiB");
	out_size(1048575, s);
	cr_expect_str_eq(s, "1.0 MiB");
	out_duration(1.24, s);
	cr_expect_str_eq(s, "1.2 s");
	out_duration(200, s);
	cr_expect_str_eq(s, "3 min 20 s");
	out_duration(7500, s);
	cr_expect_str_eq(s, "2 h 5 min");
}

Test(out, makes_names_of_attachments_safe)
{
	static const struct {
		const char *name, *type, *want;
	} cases[] = {
		{"report.pdf", "application/pdf", "report.pdf"},
		{"../../etc/passwd", NULL, "passwd"},
		{"C:\\Windows\\x.exe", NULL, "x.exe"},
		{"..", "text/plain", "attachment.txt"},
		{"", "image/png", "attachment.png"},
		{NULL, "application/x-odd", "attachment.bin"},
		{"-rf", NULL, "rf"},
		{".bashrc", NULL, "bashrc"},
		{"a:b*c?.txt", NULL, "a_b_c_.txt"},
		{"con.txt", NULL, "_con.txt"},
		{"trailing. ", NULL, "trailing"},
		{"new\nline.txt", NULL, "new line.txt"},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		char *s = attachments_safe_name(cases[i].name, cases[i].type);
		cr_expect_str_eq(s, cases[i].want);
		g_free(s);
	}
	char *name = g_strnfill(1000, 'x');
	char *with = g_strconcat(name, ".pdf", NULL);
	char *s = attachments_safe_name(with, NULL);
	cr_expect_leq(strlen(s), 200u);
	cr_expect(g_str_has_suffix(s, ".pdf"));
	g_free(s);
	g_free(with);
	g_free(name);
}
