/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The trees and the notes of single programs that keep their mail in mboxes. */
#include "test_mbox_help.h"

#include "base/compiler.h"
#include "formats/mozilla_profile.h"

#include <criterion/criterion.h>

#include <fcntl.h>
#include <string.h>

#define SEP  "From a@b Mon Jan  1 00:00:00 2001\n"
#define MAIL SEP "A: b\nC: d\n\nx\n\n"

static void put(const char *dir, const char *name, const char *bytes)
{
	char *path = mbox_file(dir, name, bytes, strlen(bytes));
	g_free(path);
}

static void expect_folders(const char *dir, const char *want)
{
	struct run *run = mbox_run(dir, NULL, 0);
	g_ptr_array_add(run->folders, NULL);
	char *all = g_strjoinv("|", (char **)run->folders->pdata);
	g_ptr_array_set_size(run->folders, (int)run->folders->len - 1);
	cr_expect_str_eq(all, want, "%s", all);
	cr_expect_eq(run->failures->len, 0);
	cr_expect(!mbox_noted(run, "mbox.not-a-mailbox"));
	g_free(all);
	mbox_run_free(&run);
}

Test(mbox_programs, accounts_of_a_mozilla_profile_have_their_names)
{
	char *dir = mbox_tmp();
	put(dir, "p/prefs.js",
	    "// Mozilla User Preferences\n"
	    "user_pref(\"mail.server.server1.name\", \"\\u00e4 \\\"x\\\"\");\n"
	    "user_pref(\"mail.server.server1.directory-rel\", "
	    "\"[ProfD]Mail/Local Folders\");\n"
	    "user_pref(\"mail.server.server2.userName\", \"me\");\n"
	    "user_pref(\"mail.server.server2.hostname\", \"h.example\");\n"
	    "user_pref(\"mail.server.server2.directory\", "
	    "\"C:\\\\p\\\\ImapMail\\\\h.example\");\n"
	    "user_pref(\"mail.server.server3.name\", \"never closed);\n");
	put(dir, "p/Mail/Local Folders/Inbox", MAIL);
	put(dir, "p/Mail/Local Folders/Inbox.sbd/Work", MAIL);
	put(dir, "p/Mail/unknown.example/Inbox", MAIL);
	put(dir, "p/ImapMail/h.example/INBOX", MAIL);
	put(dir, "p/ImapMail/h.example/INBOX.msf", "// mork");
	put(dir, "p/cache2/entries/A", MAIL);
	put(dir, "p/places.sqlite", "SQLite");
	expect_folders(dir, "p/me@h.example/INBOX|p/\xc3\xa4 \"x\"/Inbox|"
	                    "p/\xc3\xa4 \"x\"/Inbox/Work|"
	                    "p/unknown.example/Inbox");
	mbox_tmp_remove(&dir);
}

Test(mbox_programs, kmails_hidden_directories_are_folders)
{
	char *dir = mbox_tmp();
	put(dir, "inbox", MAIL);
	put(dir, ".inbox.index", "# KMail-Index V1506");
	put(dir, ".inbox.index.ids", "");
	put(dir, ".inbox.directory/work", MAIL);
	put(dir, ".inbox.directory/.work.directory/deep", MAIL);
	expect_folders(dir, "inbox/work/deep|inbox/work|inbox");
	mbox_tmp_remove(&dir);
}

Test(mbox_programs, folders_of_evolution_1_are_directories)
{
	char *dir = mbox_tmp();
	put(dir, "local/Inbox/folder-metadata.xml", "<efolder/>");
	put(dir, "local/Inbox/mbox", MAIL);
	put(dir, "local/Inbox/mbox.ev-summary", "x");
	put(dir, "local/Inbox/subfolders/Work/folder-metadata.xml",
	    "<efolder/>");
	put(dir, "local/Inbox/subfolders/Work/mbox", MAIL);
	struct run *run = mbox_run(dir, NULL, 0);
	cr_assert_eq(run->messages->len, 2);
	cr_expect_str_eq(mbox_got(run, 0)->folder, "local/Inbox");
	cr_expect_str_eq(mbox_got(run, 1)->folder, "local/Inbox/Work");
	mbox_run_free(&run);
	mbox_tmp_remove(&dir);
}

Test(mbox_programs, x_evolution_is_state)
{
	static const char two[] =
		SEP "A: b\nX-Evolution: 0000001c-0019\n\nx\n\n" SEP
		    "A: c\nX-Evolution: 0000001d-0086\n\ny\n\n";
	static const char foreign[] =
		SEP "A: b\nX-Evolution: 0000001c-0019\nB: c\n\nx\n\n" SEP
		    "A: b\nC: d\n\nx\n\n";
	struct run *run = mbox_run_bytes("x", two, sizeof two - 1, NULL, 0);
	cr_assert_eq(run->messages->len, 2);
	cr_expect_eq(mbox_got(run, 0)->flags,
	             AM_SEEN | AM_FLAGGED | AM_ANSWERED);
	cr_expect_eq(mbox_got(run, 1)->flags, AM_DRAFT | AM_DELETED | AM_JUNK);
	cr_expect(mbox_raw_is(mbox_got(run, 0), "A: b\n\nx\n", 8));
	cr_expect_eq(run->whole->len, sizeof two - 1);
	cr_expect(!memcmp(run->whole->str, two, sizeof two - 1));
	mbox_run_free(&run);
	/* In a mail that was forwarded it is the mail's. */
	run = mbox_run_bytes("x", foreign, sizeof foreign - 1, NULL, 0);
	cr_expect_eq(mbox_got(run, 0)->flags, 0);
	cr_expect_eq(g_bytes_get_size(mbox_got(run, 0)->raw), 40);
	mbox_run_free(&run);
}
