/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/uid_table.h"

#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

TestSuite(uid_table, .timeout = 60, .fini = am_test_tmpdir_end);

/* What the UIDs of a mailbox with these messages are, as "1 2 3 next 4". */
static char *follow(struct am_uid_table *t, const char *name,
                    const int64_t *messages, size_t n, uint32_t *validity)
{
	GString *out = g_string_new("");
	uint32_t uids[8], next;
	struct am_error err = {0};

	cr_assert_eq(am_uid_table_follow(t, name, messages, n, uids, validity,
	                                 &next, &err),
	             AM_OK, "%s", err.text);
	for (size_t i = 0; i < n; i++)
		g_string_append_printf(out, "%" PRIu32 " ", uids[i]);
	g_string_append_printf(out, "next %" PRIu32, next);
	return g_string_free(out, FALSE);
}

#define expect_uids(t, name, wanted, ...)                                 \
	do {                                                              \
		const int64_t m_[] = {__VA_ARGS__};                       \
		char *is_ = follow(t, name, m_, AM_COUNT(m_), &validity); \
		cr_expect_str_eq(is_, wanted);                            \
		g_free(is_);                                              \
	} while (0)

Test(uid_table, uids_only_grow_and_outlive_the_program)
{
	char *dir = am_test_path(".");
	struct am_uid_table *t = am_uid_table_open(dir, 7);
	uint32_t validity, first;

	expect_uids(t, "a", "1 2 3 next 4", 10, 20, 30);
	first = validity;
	expect_uids(t, "b", "1 next 2", 20);
	/* One goes, one comes in front of the others. */
	expect_uids(t, "a", "4 1 3 next 5", 5, 10, 30);
	/* What comes back is new. */
	expect_uids(t, "a", "4 1 5 3 next 6", 5, 10, 20, 30);
	am_uid_table_close(&t);
	t = am_uid_table_open(dir, 7);
	expect_uids(t, "a", "4 1 5 3 next 6", 5, 10, 20, 30);
	cr_expect_eq(validity, first);
	/* A second one sees what the first one gave. */
	struct am_uid_table *u = am_uid_table_open(dir, 7);
	expect_uids(u, "a", "4 1 5 3 6 next 7", 5, 10, 20, 30, 40);
	expect_uids(t, "a", "4 1 5 3 6 next 7", 5, 10, 20, 30, 40);
	am_uid_table_close(&u);
	am_uid_table_close(&t);
	/* Of another archive it knows nothing. */
	t = am_uid_table_open(dir, 8);
	expect_uids(t, "a", "1 next 2", 30);
	am_uid_table_close(&t);
	g_free(dir);
}

Test(uid_table, is_in_memory_where_nothing_can_be_written)
{
	struct am_uid_table *t = am_uid_table_open("/dev/null/x", 7);
	uint32_t validity;

	expect_uids(t, "a", "1 2 next 3", 1, 2);
	expect_uids(t, "a", "1 3 next 4", 1, 3);
	am_uid_table_close(&t);
}
