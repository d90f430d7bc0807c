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

/* People put mailboxes anywhere; what is none is told of, all in a line. */
Test(mbox_programs, all_of_a_mozilla_profile_is_looked_at)
{
	char *dir = mbox_tmp();
	put(dir, "p/prefs.js", "// Mozilla User Preferences\n");
	put(dir, "p/Mail/Local Folders/Inbox", MAIL);
	put(dir, "p/Mail/Local Folders/Inbox.msf", "// mork");
	put(dir, "p/saved", MAIL);
	put(dir, "p/OldMail/deep/Sent", MAIL);
	put(dir, "p/OldMail/deep/notes", "no mail\n");
	put(dir, "p/extensions/x.json", "{}");
	put(dir, "p/cache2/entries/A", MAIL);
	put(dir, "p/places.sqlite", "SQLite");
	expect_folders(dir,
	               "p/Local Folders/Inbox|p/OldMail/deep/Sent|p/saved");
	struct run *run = mbox_run(dir, NULL, 1 << 20);
	cr_expect(mbox_noted(run, "mbox.profile-not-mail"));
	cr_expect(mbox_noted(run, "mbox.beside-not-mail"));
	mbox_run_free(&run);
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

/* --- what lies beside a mailbox ------------------------------------------- */

static struct run *read_beside(const char *dir, const char *name)
{
	char *path = g_build_filename(dir, name, NULL);
	struct run *run = mbox_run(path, NULL, 0);
	g_free(path);
	return run;
}

Test(mbox_programs, imap_backup_keeps_flags_in_a_file_of_its_own)
{
	char *dir = mbox_tmp();
	put(dir, "INBOX.mbox", MAIL MAIL);
	char *json = g_strdup_printf(
		"{\"version\":3,\"uid_validity\":7,\"messages\":["
		"{\"uid\":4,\"offset\":0,\"length\":%zu,\"flags\":[\"Seen\","
		"\"Recent\",\"Answered\"]},{\"uid\":9,\"offset\":%zu,"
		"\"length\":%zu,\"flags\":[\"$Forwarded\",\"work\"]},"
		"{\"uid\":1,\"offset\":-5},{\"offset\":\"x\"},3]}",
		strlen(MAIL), strlen(MAIL), strlen(MAIL));
	put(dir, "INBOX.imap", json);
	struct run *run = read_beside(dir, "INBOX.mbox");
	cr_assert_eq(run->messages->len, 2);
	cr_expect_eq(mbox_got(run, 0)->flags, AM_SEEN | AM_ANSWERED);
	cr_expect_eq(mbox_got(run, 1)->flags, AM_FORWARDED);
	cr_expect_str_eq(mbox_got(run, 1)->keywords, "work");
	mbox_run_free(&run);
	expect_folders(dir, "INBOX");
	g_free(json);
	put(dir, "INBOX.imap", "{\"version\": 3, \"messages\": [");
	run = read_beside(dir, "INBOX.mbox");
	cr_expect_eq(run->messages->len, 2);
	cr_expect_eq(mbox_got(run, 0)->flags, 0);
	mbox_run_free(&run);
	mbox_tmp_remove(&dir);
}

Test(mbox_programs, eudora_keeps_status_in_its_table_of_contents)
{
	static const char one[] = "From ???@??? Mon Jan  1 00:00:00 2001\r\n"
				  "A: b\r\nC: d\r\n\r\nx\r\n";
	enum { N = 4, HEAD = 104, ENTRY = 218 };
	static const uint8_t status[N] = {0, 1, 2, 3};
	guint8 toc[HEAD + N * ENTRY] = "1";
	char *dir = mbox_tmp();
	GString *box = g_string_new(NULL);
	toc[102] = N;
	for (size_t i = 0; i < N; i++) {
		toc[HEAD + i * ENTRY] = (guint8)box->len;
		toc[HEAD + i * ENTRY + 4] = sizeof one - 1;
		toc[HEAD + i * ENTRY + 12] = status[i];
		g_string_append(box, one);
	}
	cr_assert_lt(box->len, 256);
	put(dir, "In.mbx", box->str);
	g_free(mbox_file(dir, "In.toc", toc, sizeof toc));
	struct run *run = read_beside(dir, "In.mbx");
	cr_assert_eq(run->messages->len, N);
	cr_expect_eq(mbox_got(run, 0)->flags, 0);
	cr_expect_eq(mbox_got(run, 1)->flags, AM_SEEN);
	cr_expect_eq(mbox_got(run, 2)->flags, AM_SEEN | AM_ANSWERED);
	cr_expect_eq(mbox_got(run, 3)->flags, AM_SEEN | AM_FORWARDED);
	mbox_run_free(&run);
	expect_folders(dir, "In");
	/* Cut off, it says nothing. */
	g_free(mbox_file(dir, "In.toc", toc, sizeof toc - 1));
	run = read_beside(dir, "In.mbx");
	cr_expect_eq(mbox_got(run, 1)->flags, 0);
	mbox_run_free(&run);
	g_string_free(box, TRUE);
	mbox_tmp_remove(&dir);
}

Test(mbox_programs, vaults_list_has_labels_and_times)
{
	char *dir = mbox_tmp();
	put(dir, "me_0.mbox",
	    "From 12-ab.mbox@xxx Tue Apr 16 12:00:40 2019\nA: b\nC: d\n\nx\n\n"
	    "From 13-cd.mbox@xxx Tue Apr 16 01:00:40 2019\nA: b\nC: d\n\nx\n\n"
	    "From 14-ef.mbox@xxx Tue Apr 16 01:00:40 2019\nA: b\n"
	    "Date: Tue, 16 Apr 2019 13:00:00 +0000\n\nx\n");
	put(dir, "export-metadata.xml",
	    "<Root><Documents><Document DocID='1'><Tags>"
	    "<Tag TagName='Labels' TagDataType='Text' "
	    "TagValue='^INBOX,^UNREAD,Work &amp; &lt;more&gt;'/>"
	    "<Tag TagName='#DateReceived' TagDataType='DateTime' "
	    "TagValue='2019-04-15T17:00:40.389-07:00'/></Tags><Files>"
	    "<File><ExternalFile FileName='12-ab.mbox' FileSize='1'/></File>"
	    "</Files></Document><Document DocID=\"2\"><Tags><Tag "
	    "TagName=\"Labels\" TagValue=\"^SENT,^STARRED\"/></Tags><Files>"
	    "<ExternalFile FileName=\"13-cd.mbox\"/></Files></Document>"
	    "<Document><Tags><Tag TagName='Labels");
	struct run *run = read_beside(dir, "me_0.mbox");
	cr_assert_eq(run->messages->len, 3);
	cr_expect_eq(mbox_got(run, 0)->flags, 0);
	cr_expect_str_eq(mbox_got(run, 0)->labels, "Inbox,Work & <more>");
	cr_expect_str_eq(mbox_got(run, 0)->received_from,
	                 "vault.date-received");
	cr_expect_eq(mbox_got(run, 0)->received.sec, 1555372840);
	cr_expect_eq(mbox_got(run, 1)->flags, AM_SEEN | AM_FLAGGED);
	cr_expect_str_eq(mbox_got(run, 1)->labels, "Sent");
	/* Its separators have clocks of twelve hours: nobody is to go by them.
	 */
	cr_expect_eq(mbox_got(run, 2)->received.sec, 1555419600);
	mbox_run_free(&run);
	expect_folders(dir, "me_0");
	mbox_tmp_remove(&dir);
}
