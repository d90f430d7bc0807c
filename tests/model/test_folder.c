/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/folder.h"

#include <criterion/criterion.h>

#include <glib.h>

static const struct am_folder *make(const char *path)
{
	struct am_folder *f = NULL;
	struct am_error err;
	char **parts = g_strsplit(path, "|", -1);
	size_t n = *path ? g_strv_length(parts) : 0;

	cr_assert_eq(am_folder_new(&f, (const char *const *)parts, n,
	                           AM_ROLE_NONE, &err),
	             0);
	g_strfreev(parts);
	return f;
}

Test(folder, prints_parts_with_what_separates_escaped)
{
	static const struct {
		const char *parts, *printed;
	} cases[] = {
		{"", ""},
		{"Inbox", "Inbox"},
		{"a|b|c", "a/b/c"},
		{"a/b|c\\d", "a\\/b/c\\\\d"},
		{"[Gmail]|Alle", "[Gmail]/Alle"},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		const struct am_folder *f = make(cases[i].parts);
		char *s = am_folder_print(f);
		cr_assert_str_eq(s, cases[i].printed);
		cr_assert(!*cases[i].printed ||
		          am_folder_matches(f, cases[i].printed));
		g_free(s);
		am_folder_unref(&f);
		cr_assert_null(f);
	}
}

Test(folder, matches_globs)
{
	static const struct {
		const char *parts, *glob;
		bool hit;
	} cases[] = {
		{"Inbox", "inbox", true},
		{"Inbox", "INBOX", true},
		{"Inbox|Work", "inbox", true},
		{"Inboxes", "inbox", false},
		{"Inbox", "inbox/work", false},
		{"Lists|linux", "Lists/*", true},
		{"Lists", "Lists/*", false},
		{"Lists|a|b", "*b", true},
		{"Ärger|ÖL", "ärger/ö*", true},
		{"[Gmail]|All Mail", "[Gmail]/All Mail", true},
		{"[Gmail]|All Mail", "[gmail]/*", true},
		{"[Gmail]|All Mail", "[Gmail]", true},
		{"abc", "a[a-c]c", true},
		{"abc", "a?c", true},
		{"a*c", "a\\*c", true},
		{"abc", "a\\*c", false},
		{"", "*", true},
		{"x", "", false},
		{"\xff\xfe|x", "*/X", true},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		const struct am_folder *f = make(cases[i].parts);
		cr_assert_eq(am_folder_matches(f, cases[i].glob), cases[i].hit,
		             "%s against %s", cases[i].parts, cases[i].glob);
		am_folder_unref(&f);
	}
}

Test(folder, refuses_empty_parts)
{
	const char *parts[] = {"a", ""};
	struct am_folder *f;
	struct am_error err;

	cr_assert_eq(am_folder_new(&f, parts, 2, AM_ROLE_NONE, &err),
	             AM_FAILED);
	cr_assert_eq(err.kind, AM_E_ARGUMENT);
	cr_assert_null(f);
}

Test(folder, compares_and_hashes_parts)
{
	const struct am_folder *a = make("a|bc"), *b = make("ab|c");
	const struct am_folder *c = make("a|bc"), *d = make("a");

	cr_assert_not(am_folder_equal(a, b));
	cr_assert_neq(am_folder_hash(a), am_folder_hash(b));
	cr_assert(am_folder_equal(a, c));
	cr_assert_eq(am_folder_hash(a), am_folder_hash(c));
	const struct am_folder *all[] = {a, b, c, d};
	for (size_t i = 0; i < AM_COUNT(all); i++)
		am_folder_unref(&all[i]);
}

static void *count_up_and_down(void *folder)
{
	for (int i = 0; i < 20000; i++) {
		const struct am_folder *f = am_folder_ref(folder);
		am_folder_unref(&f);
	}
	return NULL;
}

Test(folder, is_counted_by_any_thread)
{
	const struct am_folder *f = make("a");
	GThread *threads[4];

	for (int i = 0; i < 4; i++)
		threads[i] = g_thread_new("count", count_up_and_down,
		                          (void *)(uintptr_t)f);
	for (int i = 0; i < 4; i++)
		g_thread_join(threads[i]);
	cr_assert_str_eq(f->parts[0], "a");
	am_folder_unref(&f);
	am_folder_unref(&f);
}
