/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An account into everything, and a second run that has nothing to do.
 */
#include "tests/lab/lab.h"

#include <string.h>

Test(import, brings_the_account_home_and_back, .timeout = 60)
{
	struct lab l;

	lab_start(&l, NULL);
	unsigned n = lab_fill(&l, "user1");
	lab_copy(&l, "user1", "a.mailark");
	lab_expect(&l, n, n, 0);
	lab_copy(&l, "user1", "a.mailark");
	lab_expect(&l, n, 0, n);
	lab_copy(&l, "a.mailark", "user2");
	lab_expect(&l, n, n, 0);
	lab_same(&l, "user1", "user2");
	lab_copy(&l, "a.mailark", "user2");
	lab_expect(&l, n, 0, n);
	lab_same(&l, "user1", "user2");
	lab_stop(&l);
}

Test(import, keeps_the_zone_of_the_received_date, .timeout = 60)
{
	struct lab l;

	lab_start(&l, NULL);
	account_fill(&l.d, "user1", "INBOX", 0, 1, 100);
	lab_copy(&l, "user1", "a.mailark");
	lab_copy(&l, "a.mailark", "user2");
	char *heard = dovecot_heard(&l.d, "user2");
	cr_expect(strstr(heard, "\" 2-Jan-2020 08:30:00 +0530\"") ||
	                  strstr(heard, "\"02-Jan-2020 08:30:00 +0530\""),
	          "%s", heard);
	g_free(heard);
	lab_stop(&l);
}

Test(import, fills_every_kind_of_target_alike, .timeout = 60)
{
	static const char *const targets[] = {"a.mailark", "b/", "c.mbox",
	                                      "d.eml/"};
	struct lab l;
	char *want = NULL;

	lab_start(&l, NULL);
	unsigned n = lab_fill(&l, "user1");
	for (size_t i = 0; i < AM_COUNT(targets); i++) {
		lab_copy(&l, "user1", targets[i]);
		lab_expect(&l, n, n, 0);
		(void)dovecot_heard(&l.d, "user1");
		lab_copy(&l, "user1", targets[i]);
		lab_expect(&l, n, 0, n);
		char *heard = dovecot_heard(&l.d, "user1");
		cr_expect(!strstr(heard, "BODY"), "%s: %s", targets[i], heard);
		g_free(heard);
		char *twice = lab_twice(&l, targets[i]);
		cr_expect_str_eq(twice, "", "%s", targets[i]);
		g_free(twice);
		lab_copy(&l, targets[i], "x.mailark");
		cr_expect_eq(l.c.status, 0, "%s", l.c.err);
		if (!want)
			want = lab_list(&l, "x.mailark");
	}
	g_free(want);
	lab_stop(&l);
}

Test(import, asks_little_when_nothing_is_new, .timeout = 120)
{
	struct lab l;

	lab_start(&l, NULL);
	for (unsigned i = 0; i < 50; i++) {
		char *folder = g_strdup_printf("Folder %u", i);
		account_fill(&l.d, "user1", folder, i * 10, 10, 200);
		g_free(folder);
	}
	lab_copy(&l, "user1", "a.mailark");
	lab_expect(&l, 500, 500, 0);
	g_free(dovecot_heard(&l.d, "user1"));
	unsigned before = l.r.turns;
	lab_copy(&l, "user1", "a.mailark");
	lab_expect(&l, 500, 0, 500);
	char *heard = dovecot_heard(&l.d, "user1");
	cr_expect(l.r.turns - before < 10, "%u round trips; %s",
	          l.r.turns - before, heard);
	cr_expect(!strstr(heard, "FETCH") && !strstr(heard, "EXAMINE"), "%s",
	          heard);
	g_free(heard);
	lab_stop(&l);
}

Test(import, knows_mail_again_under_another_address, .timeout = 60)
{
	static const char *const targets[] = {"a.mailark", "b/", "c.mbox"};
	struct lab l;

	lab_start(&l, NULL);
	account_fill(&l.d, "user1", "INBOX", 0, 40, 200);
	for (size_t i = 0; i < AM_COUNT(targets); i++) {
		char *line = g_strdup_printf(
			"copy --no-index --from imap,tls=off,%%P "
			"imap://user1@127.0.0.1:%u %s",
			l.d.imap, targets[i]);
		lab_copy(&l, "user1", targets[i]);
		lab_expect(&l, 40, 40, 0);
		lab_line(&l, line);
		lab_expect(&l, 40, 0, 40);
		lab_copy(&l, "user1", targets[i]);
		lab_expect(&l, 40, 0, 40);
		g_free(line);
	}
	lab_stop(&l);
}

Test(import, goes_over_tls_from_the_start_or_later, .timeout = 60)
{
	struct lab l;
	char *line;

	lab_start(&l, NULL);
	account_fill(&l.d, "user1", "INBOX", 0, 30, 100000);
	line = g_strdup_printf("copy --no-index --from imap,%%P,tls-ca=%s "
	                       "imap://user1@localhost:%u a.mailark",
	                       l.d.cert, l.d.imap);
	lab_line(&l, line);
	lab_expect(&l, 30, 30, 0);
	g_free(line);
	line = g_strdup_printf("copy --no-index --from imap,%%P,tls-ca=%s "
	                       "imaps://user1@localhost:%u b.mailark",
	                       l.d.cert, l.d.imaps);
	lab_line(&l, line);
	lab_expect(&l, 30, 30, 0);
	g_free(line);
	line = g_strdup_printf(
		"copy --no-index --from imap,%%P,compress=on,tls-ca=%s "
		"imaps://user1@localhost:%u c.mailark",
		l.d.cert, l.d.imaps);
	lab_line(&l, line);
	lab_expect(&l, 30, 30, 0);
	g_free(line);
	char *a = lab_list(&l, "a.mailark"), *b = lab_list(&l, "b.mailark");
	char *c = lab_list(&l, "c.mailark");
	cr_expect_str_eq(a, b);
	cr_expect_str_eq(a, c);
	g_free(a);
	g_free(b);
	g_free(c);
	lab_stop(&l);
}

/* Small folders are not waited for one by one. */
Test(import, waits_less_often_than_there_are_folders, .timeout = 60)
{
	enum { FOLDERS = 40 };
	struct lab l;

	lab_start(&l, NULL);
	for (unsigned i = 0; i < FOLDERS; i++) {
		char *folder = g_strdup_printf("Folder %u", i);
		account_fill(&l.d, "user1", folder, i * 3, 3, 500);
		g_free(folder);
	}
	/* Bytes that take their time, so that what is sent at once is, and is
	 * seen to be on a busy machine. */
	l.r.delay_ms = 150;
	lab_copy(&l, "user1", "a.mailark");
	lab_expect(&l, FOLDERS * 3, FOLDERS * 3, 0);
	/* Logging in twice is ten of them. */
	cr_expect_lt(l.r.turns, FOLDERS, "%u", l.r.turns);
	lab_copy(&l, "a.mailark", "user2");
	lab_same(&l, "user1", "user2");
	lab_stop(&l);
}

/* compress=auto measures what comes, and only a slow line is compressed; in the
 * middle of the run, on all its connections. */
Test(import, compresses_a_slow_line_and_no_other, .timeout = 60)
{
	enum { MESSAGES = 180, BYTES = 100000 };
	struct lab l;

	lab_start(&l, NULL);
	account_fill(&l.d, "user1", "INBOX", 0, MESSAGES, BYTES);
	lab_copy(&l, "user1", "fast.mailark");
	lab_expect(&l, MESSAGES, MESSAGES, 0);
	uint64_t fast = l.r.down;
	cr_assert_gt(fast, (uint64_t)(7 << 20));
	char *heard = dovecot_heard(&l.d, "user1");
	cr_expect(!strstr(heard, "COMPRESS DEFLATE"), "%s", heard);
	g_free(heard);
	l.r.down = 0;
	/* A quarter of what deflate takes in: on a busy machine the line waits
	 * for the program, which makes it look wider than it is. */
	l.r.rate = 1 << 20;
	lab_copy(&l, "user1", "slow.mailark");
	lab_expect(&l, MESSAGES, MESSAGES, 0);
	/* 2 MB to know it by and 2 under way come as they are; more, where the
	 * machine is so busy that it is known later. */
	cr_expect_lt(l.r.down, fast * 2 / 3, "%llu of %llu",
	             (unsigned long long)l.r.down, (unsigned long long)fast);
	heard = dovecot_heard(&l.d, "user1");
	cr_expect(strstr(heard, "COMPRESS DEFLATE"), "%s", heard);
	g_free(heard);
	char *a = lab_list(&l, "fast.mailark"),
	     *b = lab_list(&l, "slow.mailark");
	cr_expect_eq(cli_lines(a), MESSAGES - 1);
	cr_expect_str_eq(a, b);
	g_free(a);
	g_free(b);
	lab_stop(&l);
}

Test(import, takes_a_mail_drop_over_pop3, .timeout = 60)
{
	struct lab l;

	lab_start(&l, NULL);
	unsigned n = lab_fill(&l, "user1") - 48; /* those outside of INBOX */
	char *line = g_strdup_printf("copy --no-index --from pop3,tls=off,%%P "
	                             "pop3://user1@127.0.0.1:%u p.mailark",
	                             l.d.pop3);
	lab_line(&l, line);
	lab_expect(&l, n, n, 0);
	lab_line(&l, line);
	lab_expect(&l, n, 0, n);
	g_free(line);
	line = g_strdup_printf("copy --no-index --from pop3,%%P,tls-ca=%s "
	                       "pop3s://user1@localhost:%u q.mailark",
	                       l.d.cert, l.d.pop3s);
	lab_line(&l, line);
	lab_expect(&l, n, n, 0);
	g_free(line);
	/* Nobody's inbox was emptied. */
	lab_copy(&l, "user1/INBOX", "i.mailark");
	lab_expect(&l, n, n, 0);
	lab_stop(&l);
}
