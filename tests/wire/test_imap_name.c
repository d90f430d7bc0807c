/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/imap.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <string.h>

Test(imap_name, wire_to_parts)
{
	static const struct {
		const char *wire;
		char separator;
		bool utf8;
		const char *parts; /* joined by | */
		bool exact;
	} cases[] = {
		{"INBOX", '/', false, "INBOX", true},
		{"a/b/c", '/', false, "a|b|c", true},
		{"a.b/c", '.', false, "a|b/c", true},
		{"a/b", '\0', false, "a/b", true},
		{"a\\b", '\\', false, "a|b", true},
		{"Entw&APw-rfe/x", '/', false, "Entwürfe|x", true},
		{"&ZeVnLIqe-", '/', false, "日本語", true},
		{"a&-b", '/', false, "a&b", true},
		{"a//b/", '/', false, "a||b|", true},
		{"", '/', false, "", true},
		/* Wrong modified UTF-7: as it is. */
		{"Tom & Jerry/x", '/', false, "Tom & Jerry|x", false},
		{"&AGE-", '/', false, "&AGE-", false},
		{"&APw", '/', false, "&APw", false},
		/* Raw 8-bit. */
		{"Entw\xC3\xBCrfe", '/', false, "Entwürfe", false},
		{"Entw\xFCrfe", '/', false, "Entwürfe", false},
		/* UTF8=ACCEPT. */
		{"Entwürfe/&APw-", '/', true, "Entwürfe|&APw-", true},
		{"Entw\xFCrfe", '/', true, "Entwürfe", false},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		bool exact;
		char **parts = am_imap_name_parts(
			cases[i].wire, strlen(cases[i].wire),
			cases[i].separator, cases[i].utf8, &exact);
		char *all = g_strjoinv("|", parts);
		cr_expect_str_eq(all, cases[i].parts, "%s: %s", cases[i].wire,
		                 all);
		cr_expect_eq(exact, cases[i].exact, "%s", cases[i].wire);
		g_free(all);
		g_strfreev(parts);
	}

	bool exact;
	char **parts = am_imap_name_parts("a\0b/c", 5, '/', false, &exact);
	cr_expect_str_eq(parts[0], "a\xEF\xBF\xBD"
	                           "b");
	cr_expect_str_eq(parts[1], "c");
	cr_expect_not(exact);
	g_strfreev(parts);
}

Test(imap_name, parts_to_wire)
{
	static const char *const two[] = {"Größe & mehr", "b.c"};
	struct am_error err = {.kind = AM_E_NONE};

	char *wire = am_imap_name_wire(two, 2, '/', false, &err);
	cr_expect_str_eq(wire, "Gr&APYA3w-e &- mehr/b.c");
	g_free(wire);
	wire = am_imap_name_wire(two, 2, '/', true, &err);
	cr_expect_str_eq(wire, "Größe & mehr/b.c");
	g_free(wire);
	wire = am_imap_name_wire(two, 0, '/', true, &err);
	cr_expect_str_eq(wire, "");
	g_free(wire);
	cr_expect_eq(err.kind, AM_E_NONE);

	cr_expect_null(am_imap_name_wire(two, 2, '.', false, &err));
	cr_expect_eq(err.kind, AM_E_ARGUMENT);
	cr_expect_str_eq(err.text, "\"b.c\" holds the server's separator, .");
	cr_expect_null(am_imap_name_wire(two, 2, '\0', false, &err));
	wire = am_imap_name_wire(two + 1, 1, '\0', false, &err);
	cr_expect_str_eq(wire, "b.c");
	g_free(wire);
}
