/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What happens on a server between two runs, and what the second makes of it.
 */
#include "tests/lab/lab.h"

#include <glib/gstdio.h>

#include <string.h>

static struct lab l;
static struct imap_talk *t;
static unsigned n;

static void begin(void)
{
	lab_start(&l, NULL);
	n = lab_fill(&l, "user1");
	lab_copy(&l, "user1", "a.mailark");
	lab_expect(&l, n, n, 0);
	g_free(dovecot_heard(&l.d, "user1"));
	t = imap_talk_open(l.d.imap, "user1", "secret");
}

static void end(void)
{
	if (t)
		imap_talk_close(t);
	lab_stop(&l);
}

/* No message was read once more. */
static void expect_bodies(unsigned bodies)
{
	char *heard = dovecot_heard(&l.d, "user1");

	if (!bodies)
		cr_expect(!strstr(heard, "BODY.PEEK[]"), "%s", heard);
	else
		cr_expect(strstr(heard, "BODY.PEEK[]"), "%s", heard);
	g_free(heard);
}

/* What a fresh archive of the account holds is among what ours does. */
static void expect_all_of_it(void)
{
	lab_copy(&l, "user1", "fresh.mailark");
	char *want = lab_list(&l, "fresh.mailark");
	char *have = lab_list(&l, "a.mailark");
	char *diff = lines_differ(want, have);
	cr_expect(*diff != '-' && !strstr(diff, "\n-"), "%s", diff);
	g_free(diff);
	g_free(have);
	g_free(want);
}

Test(incremental, takes_new_mail_only, .init = begin, .fini = end,
     .timeout = 60)
{
	static const char mail[] = "Subject: new\r\n\r\nnew\r\n";

	imap_talk_append(t, "INBOX", "(\\Seen work)",
	                 "01-Feb-2021 10:00:00 -0330", mail, strlen(mail));
	(void)imap_talk(t, "CREATE Brand/News");
	imap_talk_append(t, "Brand/News", "()", NULL, mail, strlen(mail));
	lab_copy(&l, "user1", "a.mailark");
	lab_expect(&l, n + 2, 2, n);
	expect_bodies(2);
	expect_all_of_it();
}

Test(incremental, follows_flags_without_reading_mail, .init = begin,
     .fini = end, .timeout = 60)
{
	(void)imap_talk(t, "SELECT INBOX");
	(void)imap_talk(t, "UID STORE 1:10 +FLAGS.SILENT (\\Flagged urgent)");
	(void)imap_talk(t, "UID STORE 5:30 -FLAGS.SILENT (\\Seen)");
	(void)imap_talk(t, "UNSELECT");
	lab_copy(&l, "user1", "a.mailark");
	lab_expect(&l, n, 0, n);
	expect_bodies(0);
	expect_all_of_it();
}

Test(incremental, keeps_what_the_server_expunged, .init = begin, .fini = end,
     .timeout = 60)
{
	(void)imap_talk(t, "SELECT INBOX");
	(void)imap_talk(t, "UID STORE 3:7 +FLAGS.SILENT (\\Deleted)");
	(void)imap_talk(t, "UID EXPUNGE 3:7");
	(void)imap_talk(t, "UNSELECT");
	lab_copy(&l, "user1", "a.mailark");
	lab_expect(&l, n - 5, 0, n - 5);
	expect_bodies(0);
	expect_all_of_it();
	char *have = lab_list(&l, "a.mailark");
	cr_expect_eq(cli_lines(have) + 1, n);
	g_free(have);
}

Test(incremental, finds_moved_mail_in_its_new_folder, .init = begin,
     .fini = end, .timeout = 60)
{
	(void)imap_talk(t, "CREATE Moved");
	(void)imap_talk(t, "SELECT INBOX");
	(void)imap_talk(t, "UID MOVE 1:5 Moved");
	(void)imap_talk(t, "UNSELECT");
	lab_copy(&l, "user1", "a.mailark");
	cr_expect_eq(l.c.status, 0, "%s", l.c.err);
	cr_expect(strstr(l.c.out, "failed 0"), "%s", l.c.out);
	expect_all_of_it();
	/* And once that is known there is nothing to do. */
	lab_copy(&l, "user1", "a.mailark");
	lab_expect(&l, n, 0, n);
}

Test(incremental, follows_a_renamed_folder, .init = begin, .fini = end,
     .timeout = 60)
{
	(void)imap_talk(t, "RENAME Lists Old/Lists");
	lab_copy(&l, "user1", "a.mailark");
	cr_expect_eq(l.c.status, 0, "%s", l.c.err);
	expect_all_of_it();
	lab_copy(&l, "user1", "a.mailark");
	lab_expect(&l, n, 0, n);
}

Test(incremental, knows_mail_again_that_was_numbered_anew, .init = begin,
     .fini = end, .timeout = 60)
{
	static const char *const files[] = {"dovecot-uidlist", "dovecot.index",
	                                    "dovecot.index.log",
	                                    "dovecot.index.cache"};
	static const char mail[] = "Subject: new\r\n\r\nnew\r\n";
	char *maildir = dovecot_maildir(&l.d, "user1");

	imap_talk_close(t);
	t = NULL;
	dovecot_kill(&l.d);
	for (size_t i = 0; i < AM_COUNT(files); i++) {
		char *path = g_build_filename(maildir, files[i], NULL);
		g_unlink(path);
		g_free(path);
	}
	g_free(maildir);
	dovecot_again(&l.d);
	t = imap_talk_open(l.d.imap, "user1", "secret");
	imap_talk_append(t, "INBOX", "()", NULL, mail, strlen(mail));
	g_free(dovecot_heard(&l.d, "user1"));
	lab_copy(&l, "user1", "a.mailark");
	lab_expect(&l, n + 1, 1, n);
	char *twice = lab_twice(&l, "a.mailark");
	cr_expect_str_eq(twice, "", "%s", twice);
	g_free(twice);
	expect_all_of_it();
	lab_copy(&l, "user1", "a.mailark");
	lab_expect(&l, n + 1, 0, n + 1);
}

Test(incremental, serves_a_maildir_as_well, .init = begin, .fini = end,
     .timeout = 60)
{
	lab_copy(&l, "user1", "m/");
	lab_expect(&l, n, n, 0);
	account_fill(&l.d, "user1", "INBOX", 7000, 5, 100);
	g_free(dovecot_heard(&l.d, "user1"));
	lab_copy(&l, "user1", "m/");
	lab_expect(&l, n + 5, 5, n);
	char *twice = lab_twice(&l, "m/");
	cr_expect_str_eq(twice, "", "%s", twice);
	g_free(twice);
}
