/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/maildir/maildir.h"

#include "base/error.h"
#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(maildir, .fini = am_test_tmpdir_end, .timeout = 60);

static void expect_list(const char *path, const char *const *options,
                        uint32_t what, bool sorted, const char *want)
{
	am_test_expect_list(&am_format_maildir, path, options, what, sorted,
	                    want);
}

static void make_maildir(const char *path)
{
	static const char *const subs[] = {"cur", "new", "tmp"};

	for (size_t i = 0; i < 3; i++) {
		char *full = g_strconcat(path, "/", subs[i], NULL);

		am_test_mkdir(full);
		g_free(full);
	}
}

Test(maildir, reads_a_maildirpp_with_all_its_control_files)
{
	make_maildir("m");
	make_maildir("m/.Sent");
	make_maildir("m/.Entw&APw-rfe.a\\2eb");
	make_maildir("m/.\xc3\xa4");
	am_test_write_text("m/cur/2.h:2,abcRS", "two");
	am_test_write_text("m/cur/1.h:2,FXz", "one");
	am_test_write_text("m/new/3.h", "three");
	am_test_write_text("m/new/.nfs1", "no");
	am_test_write_text("m/tmp/4.h", "no");
	am_test_mkdir("m/cur/directory");
	am_test_write_text("m/dovecot-keywords",
	                   "0 $Forwarded\n1 Junk\n2 work\nx\n99 no\n");
	am_test_write_text("m/dovecot-uidlist",
	                   "3 V1234 N10 G0\n5 W4 :3.h\n4 :1.h:2,F\n"
	                   "7 S3 W4 :2.h:2,S\n8 :gone.h\n");
	am_test_write_text("m/.Sent/cur/1.h:2,aST", "sent");
	am_test_write_text("m/subscriptions", "V\t2\n\nSent\nINBOX\n");
	expect_list("m", NULL, AM_LIST_FOLDERS | AM_LIST_FLAGS | AM_LIST_MORE,
	            false,
	            "folder INBOX inbox subscribed\n"
	            "INBOX: \"three\" uid=5 maildir.uidvalidity=1234\n"
	            "INBOX: \"two\" seen answered forwarded junk [work] uid=7 "
	            "maildir.uidvalidity=1234\n"
	            "INBOX: \"one\" flagged maildir.flags=Xz\n"
	            "folder Entwürfe/a.b -\n"
	            "folder Sent sent subscribed\n"
	            "Sent: \"sent\" seen deleted forwarded\n"
	            "folder ä -");
}

Test(maildir, reads_nested_trees_and_several_accounts)
{
	make_maildir("t/home");
	make_maildir("t/home/.Work");
	make_maildir("t/plain");
	make_maildir("t/plain/below/deep");
	am_test_mkdir("t/nothing/here");
	am_test_write_text("t/home/cur/1", "a");
	am_test_write_text("t/home/.Work/cur/1", "b");
	am_test_write_text("t/plain/cur/1", "c");
	am_test_write_text("t/plain/below/deep/new/1", "d");
	expect_list("t", NULL, AM_LIST_FOLDERS, false,
	            "folder home/INBOX\nhome/INBOX: \"a\"\nfolder home/Work\n"
	            "home/Work: \"b\"\nfolder plain\nplain: \"c\"\n"
	            "folder plain/below/deep\nplain/below/deep: \"d\"");
}

Test(maildir, layout_can_be_forced)
{
	static const char *const fs[] = {"layout=fs", NULL};
	static const char *const plus[] = {"layout=++", NULL};

	make_maildir("m");
	make_maildir("m/.A");
	make_maildir("m/B");
	am_test_write_text("m/.A/cur/1", "a");
	am_test_write_text("m/B/cur/1", "b");
	expect_list("m", fs, 0, false, "B: \"b\"");
	expect_list("m", plus, 0, false, "A: \"a\"");
	expect_list("m", NULL, 0, false, "A: \"a\"\nB: \"b\"");
}

Test(maildir, reads_courier_keywords_uids_and_namespace)
{
	make_maildir("m");
	make_maildir("m/.INBOX.Sent");
	am_test_write_text("m/cur/1.a:2,S", "1");
	am_test_write_text("m/cur/2.b:2,S", "2");
	am_test_write_text("m/cur/3.c:2,", "3");
	am_test_write_text("m/courierimapkeywords/:list",
	                   "work\nhome\n$Forwarded\n\n1.a:0 2\n2.b:1\n");
	am_test_write_text("m/courierimapkeywords/.5.2.b", "older\n");
	am_test_write_text("m/courierimapkeywords/.6.2.b", "newer\nhome\n");
	am_test_write_text("m/courierimapkeywords/3.c", "changed\n");
	am_test_write_text("m/courierimapuiddb", "1 77 4\n1 3.c\n2 1.a\n");
	am_test_write_text("m/courierimapsubscribed", "INBOX.Sent\n");
	expect_list("m", NULL, AM_LIST_FOLDERS | AM_LIST_FLAGS | AM_LIST_MORE,
	            false,
	            "folder INBOX inbox\n"
	            "INBOX: \"3\" [changed] uid=1 maildir.uidvalidity=77\n"
	            "INBOX: \"1\" seen forwarded [work] uid=2 "
	            "maildir.uidvalidity=77\n"
	            "INBOX: \"2\" seen [newer] [home]\n"
	            "folder Sent sent subscribed");
}

#define R     "Received: from x by y; Tue, 4 Feb 2020 10:00:00 +0000\n"
#define D     "Date: Mon, 3 Feb 2020 10:00:00 +0000\n"
#define HOUR  3600
#define R_SEC INT64_C(1580810400)
#define D_SEC INT64_C(1580724000)

/* brief: whichever of mtime and name is nearer to Received:, within 48 h */
static const struct {
	const char *what, *mail;
	int64_t name, mtime;
	const char *from;
} dates[] = {
	{"append: mtime is the date", R "\n", R_SEC + 900 * HOUR, R_SEC + 5,
         "maildir.mtime"},
	{"copied without times", R "\n", R_SEC + 5, R_SEC + 9000 * HOUR,
         "maildir.name"},
	{"both wrong", R D "\n", R_SEC + 100 * HOUR, R_SEC + 9000 * HOUR,
         "header.received"},
	{"delivery", R "\n", R_SEC + 5, R_SEC + 5, "maildir.mtime"},
	{"imported lately", D "\n", R_SEC + 9000 * HOUR, R_SEC + 9000 * HOUR,
         "header.date"},
	{"sent mail", D "\n", D_SEC + 1, D_SEC + 700 * HOUR, "maildir.name"},
	{"no header: older", "\nx", R_SEC, R_SEC - 50, "maildir.mtime"},
	{"no header: older", "\nx", R_SEC - 50, R_SEC, "maildir.name"},
	{"no header, no name", "\nx", -1, R_SEC, "maildir.mtime"},
	{"nothing at all", "\nx", -1, 0, "-"},
	{"DOS epoch", R "\n", -1, 315532800, "header.received"},
};

Test(maildir, chooses_the_received_date)
{
	make_maildir("m");
	for (size_t i = 0; i < AM_COUNT(dates); i++) {
		char *path = dates[i].name < 0
		                     ? g_strdup_printf("m/cur/x%zu", i)
		                     : g_strdup_printf("m/cur/%" PRId64 ".x%zu",
		                                       dates[i].name, i);
		char *got;

		am_test_write_text(path, dates[i].mail);
		am_test_mtime(path, dates[i].mtime);
		got = am_test_list(&am_format_maildir, "m", NULL,
		                   AM_LIST_RECEIVED_FROM, false);
		cr_expect(g_str_has_suffix(got, dates[i].from), "%s: %s",
		          dates[i].what, got);
		g_free(got);
		char *full = am_test_path("%s", path);
		unlink(full);
		g_free(full);
		g_free(path);
	}
}

Test(maildir, one_bad_message_costs_one_message)
{
	make_maildir("m");
	make_maildir("m/.B");
	am_test_write_text("m/cur/1.a", "one");
	am_test_write_text("m/cur/3.c,S=99:2,S", "three");
	am_test_write_text("elsewhere", "linked");
	char *fifo = am_test_path("m/cur/2.fifo");
	char *link = am_test_path("m/cur/4.link");
	char *dangling = am_test_path("m/cur/5.dangling");
	char *loop = am_test_path("m/.B/loop");
	char *cur_link = am_test_path("m/.B/cur/cur");

	cr_assert(!mkfifo(fifo, 0600));
	cr_assert(!symlink("../../elsewhere", link));
	cr_assert(!symlink("nowhere", dangling));
	cr_assert(!symlink("..", loop));
	cr_assert(!symlink("..", cur_link));
	expect_list("m", NULL, AM_LIST_FOLDERS, false,
	            "folder INBOX\nINBOX: \"one\"\nfailed INBOX 2.fifo\n"
	            "INBOX: \"three\"\nINBOX: \"linked\"\n"
	            "failed INBOX 5.dangling\nfolder B\nfailed B .B/cur");
	cr_expect(am_test_notes("maildir.size-wrong") == 1);
	g_free(fifo);
	g_free(link);
	g_free(dangling);
	g_free(loop);
	g_free(cur_link);
}

Test(maildir, finds_a_message_whose_flags_change_meanwhile)
{
	static const char *const none[] = {NULL};
	char *from = am_test_path("m/new/1.a,S=3"), *root = am_test_path("m");
	char *to = am_test_path("m/cur/1.a,S=3:2,RS");
	struct am_location where = {.path = root, .options = none};
	struct am_item item = {0};
	struct am_source *src = NULL;

	make_maildir("m");
	am_test_write_text("m/new/1.a,S=3", "one");
	am_test_write_text("m/new/2.b", "two");
	cr_assert(am_format_maildir.open_source(&src, &where, am_test_ctx(),
	                                        NULL) == AM_OK);
	cr_assert(am_source_next(src, &item, NULL) == AM_OK && !item.message);
	cr_assert(am_source_next(src, &item, NULL) == AM_OK && item.message);
	cr_assert(!rename(from, to));
	cr_expect(am_source_load(src, item.message, NULL) == AM_OK);
	cr_expect(item.message->size == 3);
	am_message_free(&item.message);
	/* gone altogether: that one fails, the end comes as always */
	cr_assert(am_source_next(src, &item, NULL) == AM_OK && item.message);
	g_free(from);
	from = am_test_path("m/new/2.b");
	cr_assert(!unlink(from));
	struct am_error err = {0};
	cr_expect(am_source_load(src, item.message, &err) == AM_FAILED);
	cr_expect(err.kind == AM_E_NOTFOUND);
	am_message_free(&item.message);
	cr_expect(am_source_next(src, &item, NULL) == AM_END);
	am_source_close(&src);
	g_free(from);
	g_free(to);
	g_free(root);
}

Test(maildir, order_is_by_uid_then_time_then_name)
{
	make_maildir("m");
	am_test_write_text("m/cur/10.b:2,S", "c");
	am_test_write_text("m/cur/9.z:2,", "b");
	am_test_write_text("m/new/10.a", "a");
	am_test_write_text("m/cur/name", "d");
	am_test_write_text("m/cur/99.u:2,", "e");
	am_test_write_text("m/dovecot-uidlist", "3 V1 N3\n1 :name\n2 :99.u\n");
	expect_list("m", NULL, 0, false,
	            "INBOX: \"d\"\nINBOX: \"e\"\nINBOX: \"b\"\nINBOX: \"a\"\n"
	            "INBOX: \"c\"");
}

Test(maildir, damaged_control_files_are_as_good_as_none)
{
	static const char junk[] = "\0\xff\n3 V V\n:::\n\n-1 x\n999999999999 y";

	make_maildir("m");
	am_test_write_text("m/cur/1.a:2,aS", "x");
	am_test_write("m/dovecot-uidlist", junk, sizeof(junk));
	am_test_write("m/dovecot-keywords", junk, sizeof(junk));
	am_test_write("m/subscriptions", junk, sizeof(junk));
	am_test_write("m/mailark-folder", junk, sizeof(junk));
	am_test_write("m/courierimapkeywords/:list", junk, sizeof(junk));
	expect_list("m", NULL, AM_LIST_FOLDERS | AM_LIST_FLAGS | AM_LIST_MORE,
	            false,
	            "folder INBOX inbox\nINBOX: \"x\" seen maildir.flags=a");
}

Test(maildir, two_directories_of_one_name_stay_two_folders)
{
	make_maildir("m");
	make_maildir("m/.&AOQ-");
	make_maildir("m/.\xc3\xa4");
	am_test_write_text("m/.&AOQ-/cur/1", "a");
	am_test_write_text("m/.\xc3\xa4/cur/1", "b");
	expect_list("m", NULL, 0, false, "ä: \"a\"\nä (2): \"b\"");
	cr_expect(am_test_notes("maildir.folder-name-twice") == 1);
}

Test(maildir, what_is_no_maildir_is_refused)
{
	static const char *const none[] = {NULL};
	char *path = am_test_path("d"), *missing = am_test_path("missing");
	struct am_location where = {.path = path, .options = none};
	struct am_error err = {0};
	struct am_source *src = NULL;

	am_test_write_text("d/file", "x");
	cr_expect(am_format_maildir.open_source(&src, &where, am_test_ctx(),
	                                        &err) < 0);
	cr_expect(err.kind == AM_E_FORMAT);
	where.path = missing;
	cr_expect(am_format_maildir.open_source(&src, &where, am_test_ctx(),
	                                        &err) < 0);
	cr_expect(err.kind == AM_E_NOTFOUND);
	g_free(path);
	g_free(missing);
}

/* gzip of "From: a@b\n\nhi\n", as Dovecot's zlib plugin stores it. */
static const uint8_t packed[] = {
	0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x73, 0x2b,
	0xca, 0xcf, 0xb5, 0x52, 0x48, 0x74, 0x48, 0xe2, 0xe2, 0xca, 0xc8, 0xe4,
	0x02, 0x00, 0xfb, 0x94, 0x9b, 0xa4, 0x0e, 0x00, 0x00, 0x00,
};

Test(maildir, unpacks_what_dovecot_compressed)
{
	make_maildir("m");
	am_test_write("m/cur/1.a,S=14:2,S", packed, sizeof(packed));
	am_test_write("m/cur/2.b:2,S", packed, sizeof(packed) - 9);
	expect_list("m", NULL, AM_LIST_FLAGS, false,
	            "INBOX: \"From: a@b\\n\\nhi\\n\" seen\nfailed INBOX 2.b");
	cr_expect(am_test_notes("maildir.compressed") == 1);
	cr_expect(!am_test_notes("maildir.size-wrong"));
}

/* Programs with trees of their own kind. */
Test(maildir, kmail_and_evolution_have_folders_in_folders)
{
	make_maildir("k/inbox");
	make_maildir("k/.inbox.directory/work");
	make_maildir("k/.inbox.directory/.work.directory/deep");
	am_test_write_text("k/.inbox.directory/.work.directory/deep/new/1",
	                   "d");
	expect_list("k", NULL, AM_LIST_FOLDERS, true,
	            "folder inbox\nfolder inbox/work\nfolder inbox/work/deep\n"
	            "inbox/work/deep: \"d\"");
	make_maildir("e");
	make_maildir("e/.a_2Eb_5Fc.d");
	make_maildir("e/.\xc3\xa9t\xc3\xa9");
	am_test_write_text("e/..maildir++", "maildir++ 1");
	expect_list("e", NULL, AM_LIST_FOLDERS, true,
	            "folder INBOX\nfolder a.b_c/d\n"
	            "folder \xc3\xa9t\xc3\xa9");
}
