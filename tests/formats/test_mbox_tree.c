/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_mbox_help.h"

#include "base/compiler.h"
#include "formats/mbox/names.h"

#include <criterion/criterion.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAIL "From a@b Mon Jan  1 00:00:00 2001\nA: b\nC: d\n\nx\n\n"

static void put(const char *dir, const char *name, const char *bytes)
{
	char *path = mbox_file(dir, name, bytes, strlen(bytes));
	g_free(path);
}

static char *all_folders(const struct run *run)
{
	g_ptr_array_add(run->folders, NULL);
	char *all = g_strjoinv("|", (char **)run->folders->pdata);
	g_ptr_array_set_size(run->folders, (int)run->folders->len - 1);
	return all;
}

Test(mbox_tree, folders_are_directories_and_names)
{
	char *dir = mbox_tmp();
	put(dir, "Inbox", MAIL);
	put(dir, "Inbox.msf", "// <!-- mork -->");
	put(dir, "Inbox.sbd/Work", MAIL);
	put(dir, "Inbox.sbd/Work.sbd/Deep", MAIL);
	put(dir, "Trash", "");
	put(dir, "filterlog.html", "<html>");
	put(dir, "notes.txt", "no mailbox\n");
	put(dir, "apple.mbox/mbox", MAIL);
	put(dir, "apple.mbox/table_of_contents", "\x01\x02");
	put(dir, "b.mbox", MAIL);
	put(dir, "b.mbx", MAIL);
	put(dir, ".hidden", MAIL);
	put(dir, "all.mailark.cache/xapian/flintlock", "");
	struct run *run = mbox_run(dir, NULL, 0);
	char *all = all_folders(run);
	cr_expect_str_eq(all, ".hidden|Inbox|Inbox/Work|Inbox/Work/Deep|Trash|"
	                      "apple|b|b (2)");
	cr_expect_eq(run->messages->len, 7);
	cr_expect_eq(run->failures->len, 0);
	cr_expect(mbox_noted(run, "mbox.not-a-mailbox"));
	cr_expect_str_eq(mbox_got(run, 3)->origin, "Inbox.sbd/Work.sbd/Deep:0");
	g_free(all);
	mbox_run_free(&run);
	mbox_tmp_remove(&dir);
}

Test(mbox_tree, a_mail_that_is_no_mailbox_is_not_passed_over)
{
	char *dir = mbox_tmp();
	put(dir, "1", MAIL);
	put(dir, "2", "Received: from a\nFrom: a@b\nSubject: lone\n\nx\n");
	put(dir, "in/3", "Return-Path: <a@b>\nSubject: deeper\n\nx\n");
	put(dir, "in/4", "Return-Path: <a@b>\nSubject: beside\n\nx\n");
	put(dir, "in/notes.txt", "nothing of the kind\n");
	struct run *run = mbox_run(dir, NULL, 0);
	char *all = all_folders(run);
	cr_expect_str_eq(all, "1||in");
	cr_assert_eq(run->messages->len, 4);
	cr_expect_eq(run->failures->len, 0);
	cr_expect_str_eq(mbox_got(run, 1)->origin, "2");
	cr_expect_str_eq(mbox_got(run, 3)->origin, "in/4");
	cr_expect(mbox_noted(run, "mbox.lone-mail"));
	cr_expect(mbox_noted(run, "mbox.not-a-mailbox"));
	g_free(all);
	mbox_run_free(&run);
	mbox_tmp_remove(&dir);
}

Test(mbox_tree, what_cannot_be_read_is_one_failure_each)
{
	char *dir = mbox_tmp();
	put(dir, "a", MAIL);
	put(dir, "z", MAIL);
	char *fifo = g_build_filename(dir, "fifo", NULL);
	char *loop = g_build_filename(dir, "loop", NULL);
	char *dangling = g_build_filename(dir, "dangling", NULL);
	cr_assert_eq(mkfifo(fifo, 0600), 0);
	cr_assert_eq(symlink(".", loop), 0);
	cr_assert_eq(symlink("nowhere", dangling), 0);
	struct run *run = mbox_run(dir, NULL, 0);
	cr_expect_eq(run->messages->len, 2);
	cr_expect_eq(run->failures->len, 3);
	mbox_run_free(&run);
	run = mbox_run(fifo, NULL, 0);
	cr_expect_eq(run->failures->len, 1, "not a hang");
	mbox_run_free(&run);
	g_free(fifo);
	g_free(loop);
	g_free(dangling);
	mbox_tmp_remove(&dir);
}

Test(mbox_tree, archives_that_nobody_opens_are_called_so)
{
	char *dir = mbox_tmp();
	put(dir, "a", MAIL);
	put(dir, "old.7z", "7z\xBC\xAF\x27\x1C");
	put(dir, "old.rar", "Rar!\x1A\x07\x01");
	struct run *run = mbox_run(dir, NULL, 0);
	cr_expect_eq(run->messages->len, 1);
	cr_expect(mbox_noted(run, "mbox.not-opened"));
	cr_expect_not(mbox_noted(run, "mbox.not-a-mailbox"));
	mbox_run_free(&run);
	mbox_tmp_remove(&dir);
}

/* Mail may be in it, and it is not looked into. */
Test(mbox_tree, a_zip_or_tar_is_a_failure_by_name)
{
	char *dir = mbox_tmp();
	put(dir, "a.mbox", MAIL);
	put(dir, "b.zip", "PK\x03\x04");
	put(dir, "c.tar", "name\n" MAIL);
	put(dir, "d.odt", "PK\x03\x04");
	put(dir, "e.zip", MAIL);
	put(dir, ".f.zip", "PK\x03\x04");
	struct run *run = mbox_run(dir, NULL, 0);
	cr_expect_eq(run->messages->len, 2);
	cr_expect_eq(run->failures->len, 2);
	cr_expect(mbox_noted(run, "mbox.not-a-mailbox"));
	mbox_run_free(&run);
	mbox_tmp_remove(&dir);
}

Test(mbox_tree, links_to_each_other_do_not_multiply, .timeout = 20)
{
	char *dir = mbox_tmp();
	for (int i = 0; i < 12; i++) {
		char *name = g_strdup_printf("%d/box", i);
		put(dir, name, MAIL);
		g_free(name);
		for (int k = 0; k < 12; k++) {
			char *link = g_strdup_printf("%s/%d/to%d", dir, i, k);
			char *to = g_strdup_printf("../%d", k);
			cr_assert_eq(symlink(to, link), 0);
			g_free(link);
			g_free(to);
		}
	}
	struct run *run = mbox_run(dir, NULL, 0);
	cr_expect_eq(run->messages->len, 12);
	mbox_run_free(&run);
	mbox_tmp_remove(&dir);
}

static const struct {
	const char *file, *part;
} names[] = {
	{"Inbox", "Inbox"},
	{"Inbox.mbox", "Inbox"},
	{"a.mboxrd.gz", "a"},
	{"a.gz", "a"},
	{"a.b", "a.b"},
	{".mbox", ".mbox"},
	{"50%20off", "50%20off"},
	{"a%2Fb.mbox", "a/b"},
	{"%2Edot.mbox", ".dot"},
	{"100%25", "100%"},
	{"bad\xff", "bad\xef\xbf\xbd"},
};

Test(mbox_tree, names_of_files)
{
	for (size_t i = 0; i < AM_COUNT(names); i++) {
		char *part = am_mbox_name_of_file(names[i].file);
		cr_expect_str_eq(part, names[i].part);
		g_free(part);
	}
}

static int bid_of(const struct am_format *format, const char *name,
                  const char *head, bool packed)
{
	struct am_probe probe = {.name = name,
	                         .head = (const uint8_t *)head,
	                         .head_len = strlen(head),
	                         .packed = packed ? "gzip" : NULL,
	                         .size = strlen(head)};
	return format->probe(&probe);
}

static int bid(const char *name, const char *head, bool packed)
{
	return bid_of(&am_format_mbox, name, head, packed);
}

/* Cousins in one tree are read together; alone each has its own name. */
Test(mbox_tree, probing_mmdf)
{
	static const char mmdf[] = "\1\1\1\1\nA: b\n";

	cr_expect_gt(bid_of(&am_format_mmdf, "x", mmdf, false),
	             bid("x", mmdf, false));
	cr_expect_eq(bid_of(&am_format_mmdf, "x", MAIL, false), 0);
}

Test(mbox_tree, probing_files)
{
	cr_expect_gt(bid("x", MAIL, false), 32);
	cr_expect_gt(bid("x", MAIL, true), 32);
	cr_expect_gt(bid("x", "\xef\xbb\xbf" MAIL, false), 32);
	cr_expect_gt(bid("x", "From \r\nA: b\r\nC: d\r\n", false), 32);
	cr_expect_gt(bid("x", "junk\n\n" MAIL, false), 0);
	cr_expect_eq(bid("x", "Subject: a\nTo: b\n\n" MAIL, false), 0);
	cr_expect_eq(bid("x", "\1\1\1\nA: b\n", false), 0);
	cr_expect_eq(bid("x", "From here on\nno mail\n", false), 0);
	cr_expect_eq(bid("x.mbox", "", false), 8);
	cr_expect_eq(bid("x", "", false), 0);
}

Test(mbox_tree, probing_directories)
{
	static const uint8_t mail[] = MAIL, letter[] = "Subject: a\nTo: b\n\n";
	struct am_probe_entry mailbox = {.name = "Inbox",
	                                 .head = mail,
	                                 .head_len = sizeof(mail) - 1,
	                                 .size = sizeof(mail) - 1};
	struct am_probe_entry eml = {.name = "1.eml",
	                             .head = letter,
	                             .head_len = sizeof(letter) - 1,
	                             .size = sizeof(letter) - 1};
	struct am_probe_entry cur = {.name = "cur", .is_directory = true};
	struct am_probe_entry new = {.name = "new", .is_directory = true};
	struct am_probe_entry tmp = {.name = "tmp", .is_directory = true};
	struct am_probe_entry boxes[] = {mailbox, mailbox};
	struct am_probe_entry letters[] = {eml, eml};
	struct am_probe_entry maildir[] = {cur, mailbox, new, tmp};
	struct am_probe probe = {.name = "x", .is_directory = true};
	probe.entries = boxes;
	probe.n_entries = 2;
	cr_expect_gt(am_format_mbox.probe(&probe), 32);
	probe.entries = letters;
	cr_expect_eq(am_format_mbox.probe(&probe), 0);
	probe.entries = maildir;
	probe.n_entries = 4;
	cr_expect_eq(am_format_mbox.probe(&probe), 0);
	/* Cut out of a larger one: as it is recognised by itself. */
	static const uint8_t late[] = "the rest of a mail\n\n" MAIL;
	struct am_probe_entry cut = {.name = "x",
	                             .head = late,
	                             .head_len = sizeof(late) - 1,
	                             .size = sizeof(late) - 1};
	probe.entries = &cut;
	probe.n_entries = 1;
	cr_expect_gt(am_format_mbox.probe(&probe), 0);
}

/* As collections for spam filters are: thousands of files, each with a From_
 * line and one mail. */
Test(mbox_tree, many_numbered_files_of_one_mail_are_one_folder)
{
	static const char *const numbers[] = {
		"00001.7c53336b37003a9286aba55d2945844c",
		"00002.9c4069e25e1e",
		"00003.860e3c3cee1b",
		"4",
		"5.",
		"00006-5f9b3c3c",
		"7",
		"8"};
	char *dir = mbox_tmp();
	for (size_t i = 0; i < AM_COUNT(numbers); i++) {
		char *name = g_strdup_printf("ham/%s", numbers[i]);
		put(dir, name, MAIL);
		g_free(name);
	}
	put(dir, "ham/9", MAIL MAIL); /* a mailbox */
	put(dir, "ham/2003", MAIL);   /* of a year, */
	put(dir, "ham/200305", MAIL); /* of a month */
	put(dir, "ham/1.old", MAIL);
	put(dir, "few/1", MAIL);
	put(dir, "few/2", MAIL);
	struct run *run = mbox_run(dir, NULL, 1 << 20);
	cr_expect_eq(run->failures->len, 0);
	cr_assert_eq(run->messages->len, AM_COUNT(numbers) + 7);
	unsigned n = 0, told = 0;
	for (guint i = 0; i < run->messages->len; i++)
		n += !strcmp(mbox_got(run, i)->folder, "ham");
	for (guint i = 0; i < run->folders->len; i++)
		told += !strcmp(run->folders->pdata[i], "ham");
	cr_expect_eq(n, AM_COUNT(numbers));
	cr_expect_eq(told, 1);
	/* ham, 9, 2003, 200305, 1.old; 1, 2 */
	cr_expect_eq(run->folders->len, 7);
	cr_expect(mbox_noted(run, "mbox.single-mails"));
	mbox_run_free(&run);
	mbox_tmp_remove(&dir);
}
