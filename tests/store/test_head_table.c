/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/head_table.h"

#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(head_table, .timeout = 60, .fini = am_test_tmpdir_end);

/* The ids that hold it, as "3 7 ". */
static char *find(struct am_head_table *t, const char *text)
{
	GString *out = g_string_new("");
	struct am_error err = {0};
	struct am_heads heads;

	cr_assert_eq(am_head_table_find(t, &text, 1, &heads, &err), AM_OK, "%s",
	             err.text);
	for (size_t i = 0; i < heads.n; i++)
		g_string_append_printf(out, "%" PRId64 " ", heads.ids[i]);
	am_heads_clear(&heads);
	return g_string_free(out, FALSE);
}

#define expect_found(t, text, wanted)                               \
	do {                                                        \
		char *is_ = find(t, text);                          \
		cr_expect_str_eq(is_, wanted, "%s: %s", text, is_); \
		g_free(is_);                                        \
	} while (0)

Test(head_table, finds_every_text_that_holds_it)
{
	const int64_t some[] = {3, 9, 4, 100}, later[] = {5};
	const char *const texts[] = {"x-spam: no\nfrom: ann\n", "",
	                             "no no no spam", "ends with spam"};
	const char *const more[] = {"spam"};
	const char *const both[] = {"ann", "no no"};
	char *dir = am_test_path(".");
	struct am_head_table *t = am_head_table_open(dir, "heads.sqlite", 1, 7);
	struct am_error err = {0};
	struct am_heads heads;

	cr_assert_eq(am_head_table_add(t, some, texts, 4, &err), AM_OK, "%s",
	             err.text);
	expect_found(t, "spam", "3 4 100 ");
	expect_found(t, "no", "3 4 ");
	expect_found(t, "x-spam: no\nfrom", "3 ");
	/* Not from the end of one to the beginning of the next. */
	expect_found(t, "ann\nno", "");
	expect_found(t, "spamends", "");
	cr_assert_eq(am_head_table_add(t, later, more, 1, &err), AM_OK);
	cr_expect(am_head_table_has(t, 5) && am_head_table_has(t, 9));
	cr_expect_eq(am_head_table_count(t), 5);
	cr_expect(!am_head_table_has(t, 6) && !am_head_table_has(t, 1 << 20) &&
	          !am_head_table_has(t, -1));
	am_head_table_close(&t);
	t = am_head_table_open(dir, "heads.sqlite", 1, 7);
	expect_found(t, "spam", "3 4 5 100 ");
	cr_assert_eq(am_head_table_find(t, both, 2, &heads, &err), AM_OK);
	cr_expect_eq(am_heads_ask(&heads, 3), AM_OK);
	cr_expect_eq(am_heads_ask(&heads, 4), AM_OK);
	cr_expect_eq(am_heads_ask(&heads, 9), AM_END);
	cr_expect_eq(am_heads_ask(&heads, 6), AM_RETRY);
	am_heads_clear(&heads);
	am_head_table_close(&t);
	/* Of another archive, and in another layout, it knows nothing. */
	t = am_head_table_open(dir, "others.sqlite", 1, 7);
	expect_found(t, "spam", "");
	am_head_table_close(&t);
	t = am_head_table_open(dir, "others.sqlite", 2, 7);
	cr_assert_eq(am_head_table_add(t, later, more, 1, &err), AM_OK);
	am_head_table_close(&t);
	t = am_head_table_open(dir, "others.sqlite", 3, 7);
	expect_found(t, "spam", "");
	am_head_table_close(&t);
	t = am_head_table_open(dir, "heads.sqlite", 1, 8);
	expect_found(t, "spam", "");
	cr_expect(!am_head_table_has(t, 3));
	am_head_table_close(&t);
	g_free(dir);
}

Test(head_table, is_in_memory_where_nothing_can_be_written)
{
	struct am_head_table *t =
		am_head_table_open("/dev/null/x", "heads.sqlite", 1, 7);
	const int64_t id = 1;
	const char *const text = "abc";

	cr_assert_eq(am_head_table_add(t, &id, &text, 1, NULL), AM_OK);
	expect_found(t, "b", "1 ");
	am_head_table_close(&t);
}

/* What is looked through again comes from memory as far as there is room, and
 * is all there whether it does or not. */
Test(head_table, more_than_is_kept_in_memory_is_found_again)
{
	static const char *const small[] = {"spam, little"};
	const int64_t ids[] = {1, 2, 3};
	char *dir = am_test_path(".");
	struct am_head_table *t = am_head_table_open(dir, "heads.sqlite", 1, 7);
	GString *text = g_string_new("spam, much of it");
	struct am_error err = {0};

	g_string_set_size(text, 80 << 20);
	memset(text->str + 16, 'x', text->len - 16);
	cr_assert_eq(am_head_table_add(t, &ids[0], small, 1, &err), AM_OK);
	cr_assert_eq(am_head_table_add(t, &ids[1],
	                               (const char *const *)&text->str, 1,
	                               &err),
	             AM_OK);
	cr_assert_eq(am_head_table_add(t, &ids[2], small, 1, &err), AM_OK);
	for (int i = 0; i < 3; i++) {
		expect_found(t, "spam", "1 2 3 ");
		expect_found(t, "little", "1 3 ");
	}
	am_head_table_close(&t);
	g_string_free(text, TRUE);
	g_free(dir);
}
