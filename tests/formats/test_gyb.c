/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/eml/eml.h"
#include "formats/eml/gyb.h"

#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>
#include <sqlite3.h>

#include <string.h>

TestSuite(gyb, .fini = am_test_tmpdir_end, .timeout = 60);

static void make_list(const char *dir)
{
	static const char sql[] =
		"CREATE TABLE messages(message_num INTEGER PRIMARY KEY, "
		"message_filename TEXT, message_internaldate TIMESTAMP);"
		"CREATE TABLE labels(message_num INTEGER, label TEXT);"
		"INSERT INTO messages VALUES (1, '2019/4/16/a.eml', ''), "
		"(2, '2019/4/16/b.eml', ''), (3, '2019/4/17/c.eml', '');"
		"INSERT INTO labels VALUES (1, 'INBOX'), (1, 'UNREAD'), "
		"(1, 'top/nested'), (2, 'STARRED'), (2, 'SPAM'), (2, '');";
	char *path = am_test_path("%s/" AM_GYB_FILE, dir);
	sqlite3 *db = NULL;

	cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	g_free(path);
}

static void expect_list(const char *path, const char *want)
{
	char *got = g_strchomp(
		am_test_list(&am_format_eml, path, NULL, AM_LIST_FLAGS, false));
	cr_expect_str_eq(got, want, "%s gives\n%s\nnot\n%s", path, got, want);
	g_free(got);
}

Test(gyb, labels_come_from_the_list)
{
	am_test_write_text("g/2019/4/16/a.eml", "A: a\n\n");
	am_test_write_text("g/2019/4/16/b.eml", "A: b\n\n");
	am_test_write_text("g/2019/4/17/c.eml", "A: c\n\n");
	am_test_write_text("g/2019/4/17/unknown.eml", "A: d\n\n");
	make_list("g");
	static const char plain[] =
		"2019/4/16: \"A: a\\n\\n\"\n"
		"2019/4/16: \"A: b\\n\\n\" seen flagged junk\n"
		"2019/4/17: \"A: c\\n\\n\" seen\n"
		"2019/4/17: \"A: d\\n\\n\"";
	expect_list("g", plain);
	/* The same further down in a tree. */
	am_test_write_text("t/x.eml", "A: x\n\n");
	am_test_write_text("t/me/2019/4/16/b.eml", "A: b\n\n");
	make_list("t/me");
	expect_list("t", ": \"A: x\\n\\n\"\n"
	                 "me/2019/4/16: \"A: b\\n\\n\" seen flagged junk");
}

Test(gyb, a_list_that_is_none_says_nothing)
{
	am_test_write_text("g/2019/4/16/a.eml", "A: a\n\n");
	am_test_write_text("g/" AM_GYB_FILE, "not a database, but as long as "
	                                     "one would be");
	expect_list("g", "2019/4/16: \"A: a\\n\\n\"");
}
