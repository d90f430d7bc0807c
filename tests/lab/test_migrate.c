/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From one account into another, and the samples into one and out again.
 */
#include "tests/lab/lab.h"

#include <stdlib.h>
#include <string.h>

Test(migrate, moves_an_account_and_finds_it_there_again, .timeout = 60)
{
	struct lab l;

	lab_start(&l, NULL);
	unsigned n = lab_fill(&l, "user1");
	lab_copy(&l, "user1", "user2");
	lab_expect(&l, n, n, 0);
	lab_same(&l, "user1", "user2");
	lab_copy(&l, "user1", "user2");
	lab_expect(&l, n, 0, n);
	lab_same(&l, "user1", "user2");
	/* And only what came since. */
	account_fill(&l.d, "user1", "Sent", 5000, 7, 500);
	account_fill(&l.d, "user1", "INBOX", 6000, 3, 500);
	lab_copy(&l, "user1", "user2");
	lab_expect(&l, n + 10, 10, n);
	lab_same(&l, "user1", "user2");
	lab_stop(&l);
}

Test(migrate, survives_lost_connections_on_both_sides, .timeout = 60)
{
	struct lab l;

	lab_start(&l, NULL);
	unsigned n = lab_fill(&l, "user1");
	/* A message that three connections are lost over counts as failed. */
	l.r.cut_at = 300000;
	l.r.cuts = 2;
	lab_copy(&l, "user1", "user2");
	lab_expect(&l, n, n, 0);
	cr_expect_eq(l.r.cuts, 0);
	lab_same(&l, "user1", "user2");
	lab_stop(&l);
}

/* What lies in two archives of the same mail. */
static void same_archives(struct lab *l, const char *a, const char *b)
{
	char *x = lab_list(l, a), *y = lab_list(l, b);
	char *diff = lines_differ(x, y);

	cr_expect_str_eq(diff, "", "%s", diff);
	g_free(diff);
	g_free(x);
	g_free(y);
}

Test(migrate, takes_the_samples_and_gives_them_back, .timeout = 60)
{
	const char *samples = getenv("SAMPLES");
	struct lab l;

	lab_start(&l, NULL);
	char *path = realpath(samples ? samples : "samples", NULL);
	cr_assert(path);
	lab_copy(&l, path, "a.mailark");
	lab_copy(&l, "a.mailark", "user1");
	/* One is empty, which Dovecot refuses: it becomes an empty line. */
	cr_assert_eq(l.c.status, 0, "%s%s", l.c.out, l.c.err);
	cr_assert(strstr(l.c.err, "only with changes: a line end"), "%s",
	          l.c.err);
	lab_copy(&l, "a.mailark", "user1");
	cr_assert(strstr(l.c.out, "stored 0 "), "%s", l.c.out);
	lab_copy(&l, "user1", "b.mailark");
	cr_assert_eq(l.c.status, 0, "%s", l.c.err);
	lab_copy(&l, "b.mailark", "user2");
	cr_assert_eq(l.c.status, 0, "%s", l.c.err);
	lab_same(&l, "user1", "user2");
	lab_copy(&l, "user2", "c.mailark");
	same_archives(&l, "b.mailark", "c.mailark");
	free(path);
	lab_stop(&l);
}

Test(migrate, is_compared_with_where_it_came_from, .timeout = 60)
{
	struct lab l;

	lab_start(&l, NULL);
	(void)lab_fill(&l, "user1");
	lab_copy(&l, "user1", "a.mailark");
	lab_copy(&l, "a.mailark", "user2");
	cr_expect_eq(lab_line(&l, "compare --from imap,tls=off,%P @user1 "
	                          "a.mailark"),
	             0, "%s%s", l.c.out, l.c.err);
	cr_expect_eq(lab_line(&l, "compare --from imap,tls=off,%P "
	                          "--to imap,tls=off,%P @user1 @user2"),
	             0, "%s%s", l.c.out, l.c.err);
	account_fill(&l.d, "user1", "INBOX", 9000, 1, 100);
	cr_expect_eq(lab_line(&l, "compare --to imap,tls=off,%P a.mailark "
	                          "@user1"),
	             1, "%s%s", l.c.out, l.c.err);
	lab_stop(&l);
}

/* Maildir++ with '.' between names, as Debian's own configuration has it. */
Test(migrate, finds_names_that_the_server_allows, .timeout = 60)
{
	struct lab l;

	lab_start(&l,
	          "mail_location = maildir:~/Maildir\n"
	          "namespace inbox {\n  separator = .\n  prefix = INBOX.\n}\n");
	cli_mbox(&l.c, "Plans.2.0.mbox", 0, 5, 200);
	lab_copy(&l, "Plans.2.0.mbox", "user1");
	lab_expect(&l, 5, 5, 0);
	lab_copy(&l, "Plans.2.0.mbox", "user1");
	lab_expect(&l, 5, 0, 5);
	lab_copy(&l, "user1", "a.mailark");
	lab_expect(&l, 5, 5, 0);
	lab_stop(&l);
}

static char *subscriptions(struct lab *l, const char *user)
{
	struct imap_talk *t = imap_talk_open(l->d.imap, user, "secret");
	const GString *all = imap_talk(t, "LSUB \"\" \"*\"");
	char **lines = g_strsplit(all->str, "\r\n", -1);
	GString *out = g_string_new(NULL);

	for (char **w = lines; *w; w++)
		if (g_str_has_prefix(*w, "* LSUB"))
			g_string_append_printf(out, "%s\n", strrchr(*w, '"'));
	imap_talk_close(t);
	g_strfreev(lines);
	return g_string_free(out, FALSE);
}

static void expect_followed(struct lab *l, const char *user)
{
	char *want = subscriptions(l, "user1"), *have = subscriptions(l, user);

	cr_expect_str_eq(have, want);
	cr_expect(strstr(want, "Empty"));
	g_free(want);
	g_free(have);
}

Test(migrate, follows_what_is_subscribed, .timeout = 60)
{
	struct lab l;

	lab_start(&l, NULL);
	(void)lab_fill(&l, "user1");
	struct imap_talk *t = imap_talk_open(l.d.imap, "user1", "secret");
	imap_talk(t, "SUBSCRIBE Empty");
	imap_talk(t, "SUBSCRIBE \"Lists/gr&APwA3w-e\"");
	imap_talk_close(t);
	/* One of them is there already, and nobody wants to see it yet. */
	t = imap_talk_open(l.d.imap, "user2", "secret");
	imap_talk(t, "CREATE Empty");
	imap_talk_close(t);
	lab_copy(&l, "user1", "user2");
	cr_assert_eq(l.c.status, 0, "%s", l.c.err);
	expect_followed(&l, "user2");
	lab_copy(&l, "user1", "a.mailark");
	lab_copy(&l, "a.mailark", "user3");
	cr_assert_eq(l.c.status, 0, "%s", l.c.err);
	expect_followed(&l, "user3");
	lab_stop(&l);
}
