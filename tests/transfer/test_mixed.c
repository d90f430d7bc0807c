/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transfer/mixed.h"

#include "base/blob.h"
#include "model/folder.h"
#include "support/listing.h"
#include "support/msg_sample.h"
#include "support/tmpdir.h"
#include "transfer/registry.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(mixed, .fini = am_test_tmpdir_end);

/* A mail of each kind; one text is called like Outlook's files. */
static void make_tree(void)
{
	GByteArray *file = am_test_msg_file(AM_TEST_MSG_SIGNED);

	am_test_write("t/sub/a.msg", file->data, file->len);
	g_byte_array_free(file, TRUE);
	am_test_write_text("t/mail.msg", "From: a@b\nSubject: text\n\nx\n");
	am_test_write_text("t/one.eml", "From: a@b\nSubject: one\n\nx\n");
	am_test_write_text("t/box", "From a@b Thu Jan  1 00:00:00 2020\n"
	                            "From: a@b\nSubject: box\n\nx\n");
	am_test_write_text("t/md/cur/1:2,S", "From: a@b\nSubject: md\n\nx\n");
	am_test_mkdir("t/md/new");
	am_test_mkdir("t/md/tmp");
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static unsigned n_failed; /* in the last origins() */

/* The origins of all that is there, in order, as one line. */
static char *origins(const char *first)
{
	char *path = g_build_filename(am_test_tmpdir(), "t", NULL);
	struct am_location where = {.path = path};
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
	struct am_source *src = NULL;
	struct am_error err = {0};
	struct am_item item;
	int r;

	cr_assert_eq(am_mixed_open(&src, am_format_find(first), &where,
	                           am_test_ctx(), &err),
	             AM_OK, "%s", err.text);
	while ((r = am_source_next(src, &item, &err)) != AM_END) {
		if (r == AM_FAILED) {
			n_failed++;
			continue;
		}
		cr_assert_eq(r, AM_OK, "%s: %s", first, err.text);
		if (!item.message)
			continue;
		cr_assert_eq(am_source_load(src, item.message, &err), AM_OK,
		             "%s: %s", item.message->origin, err.text);
		g_ptr_array_add(list, g_strdup(item.message->origin));
		am_message_free(&item.message);
	}
	am_source_close(&src);
	g_ptr_array_sort(list, by_text);
	g_ptr_array_add(list, NULL);
	char *line = g_strjoinv(" ", (char **)list->pdata);
	g_ptr_array_free(list, TRUE);
	g_free(path);
	return line;
}

Test(mixed, whatever_comes_first_all_is_read_and_once)
{
	static const char *const firsts[] = {"eml", "mbox", "maildir", "msg"};

	make_tree();
	am_test_write_text("t/sub/x.zip", "PK\3\4");
	for (size_t i = 0; i < AM_COUNT(firsts); i++) {
		n_failed = 0;
		char *got = origins(firsts[i]);
		cr_expect_eq(n_failed, 1, "%s: %u", firsts[i], n_failed);
		cr_expect_eq(am_test_notes("eml.not-mail") +
		                     am_test_notes("msg.not-mail") +
		                     am_test_notes("mbox.not-a-mailbox"),
		             0);
		/* The mbox and the mail in the Maildir have other names. */
		char **words = g_strsplit(got, " ", -1);
		cr_expect_eq(g_strv_length(words), 5, "%s: %s", firsts[i], got);
		cr_expect(strstr(got, "sub/a.msg"), "%s: %s", firsts[i], got);
		g_strfreev(words);
		g_free(got);
	}
}

Test(mixed, outlooks_files_alone_are_known)
{
	GByteArray *file = am_test_msg_file(AM_TEST_MSG_CONTACT);
	char *path = g_build_filename(am_test_tmpdir(), "t", NULL);
	struct am_location where = {.path = path};
	const struct am_format *format = NULL;
	struct am_error err = {0};

	am_test_write("t/sub/a.msg", file->data, file->len);
	cr_assert_eq(am_format_detect(&where, &format, &err), AM_OK, "%s",
	             err.text);
	cr_expect_str_eq(format->name, "msg");
	g_free(path);
	path = g_build_filename(am_test_tmpdir(), "t/sub/a.msg", NULL);
	where.path = path;
	cr_assert_eq(am_format_detect(&where, &format, &err), AM_OK);
	cr_expect_str_eq(format->name, "msg");
	char *got = origins("msg");
	cr_expect_str_eq(got, "sub/a.msg");
	g_free(got);
	g_free(path);
	g_byte_array_free(file, TRUE);
}

/* Folders that have nothing in them are told of by the format they are of. */
Test(mixed, an_empty_maildir_is_no_folder_of_files)
{
	static const char *const dirs[] = {"t/cur",       "t/new",
	                                   "t/tmp",       "t/.Sent/cur",
	                                   "t/.Sent/new", "t/.Sent/tmp"};
	for (size_t i = 0; i < AM_COUNT(dirs); i++)
		am_test_mkdir(dirs[i]);
	char *path = g_build_filename(am_test_tmpdir(), "t", NULL);
	struct am_location where = {.path = path};
	struct am_source *src = NULL;
	struct am_error err = {0};
	struct am_item item;
	GString *folders = g_string_new(NULL);

	cr_assert_eq(am_mixed_open(&src, am_format_find("maildir"), &where,
	                           am_test_ctx(), &err),
	             AM_OK, "%s", err.text);
	while (am_source_next(src, &item, &err) == AM_OK) {
		char *text = am_folder_print(item.folder);
		g_string_append_printf(folders, "%s ", text);
		g_free(text);
	}
	cr_expect_str_eq(folders->str, "INBOX Sent ");
	am_source_close(&src);
	g_string_free(folders, TRUE);
	g_free(path);
}
