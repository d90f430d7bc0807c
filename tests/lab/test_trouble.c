/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What goes wrong with servers: one clear line each, or the run goes on.
 */
#include "tests/lab/lab.h"

#include <glib/gstdio.h>

#include <stdio.h>
#include <string.h>

static void expect_line(struct lab *l, const char *line, const char *word)
{
	cr_expect_eq(lab_line(l, line), 2, "%s: %d", line, l->c.status);
	cr_expect(strstr(l->c.err, word), "%s: %s", line, l->c.err);
	cr_expect_eq(cli_lines(l->c.err), 1, "%s: %s", line, l->c.err);
	cr_expect(!cli_exists(&l->c, "x.mailark"), "%s", line);
}

Test(trouble, says_in_a_line_why_it_cannot_begin, .timeout = 60)
{
	struct lab l;
	char *line;

	lab_start(&l, NULL);
	account_fill(&l.d, "user1", "INBOX", 0, 1, 100);
	cli_write(&l.c, "wrong", "not it\n", 7);
	char *path = cli_path(&l.c, "wrong");
	g_chmod(path, 0600);
	g_free(path);
	expect_line(&l,
	            "copy --from imap,tls=off,password-file=wrong @user1 "
	            "x.mailark",
	            "login refused");
	expect_line(&l, "copy --from imap,tls=off @user1 x.mailark",
	            "no password for user1");
	expect_line(&l, "copy --from imap,%P @user1 x.mailark", "self-signed");
	expect_line(&l,
	            "copy --from imap,%P imap://u@nowhere.invalid x.mailark",
	            "nowhere.invalid");
	expect_line(&l, "copy --from imap,%P imap://u@127.0.0.1:1 x.mailark",
	            "refused");
	/* A certificate for another name: this address is not in it. */
	line = g_strdup_printf(
		"copy --from imap,%%P,tls-ca=%s imaps://user1@127.0.0.2:%u "
		"x.mailark",
		l.d.cert, l.d.imaps);
	expect_line(&l, line, "127.0.0.2");
	g_free(line);
	lab_stop(&l);
}

Test(trouble, goes_on_after_lost_connections, .timeout = 60)
{
	struct lab l;

	lab_start(&l, NULL);
	unsigned n = lab_fill(&l, "user1");
	/* A message that three connections are lost over counts as failed. */
	l.r.cut_at = 300000;
	l.r.cuts = 2;
	lab_copy(&l, "user1", "a.mailark");
	lab_expect(&l, n, n, 0);
	cr_expect_eq(l.r.cuts, 0);
	char *twice = lab_twice(&l, "a.mailark");
	cr_expect_str_eq(twice, "");
	g_free(twice);
	lab_copy(&l, "a.mailark", "user2");
	lab_same(&l, "user1", "user2");
	lab_stop(&l);
}

Test(trouble, fetches_no_byte_of_a_large_message_twice, .timeout = 60)
{
	struct lab l;
	GString *text = g_string_new("Subject: large\n\n");

	lab_start(&l, NULL);
	for (unsigned i = 0; i < 600000; i++)
		g_string_append_printf(text, "a line of %u characters\n", i);
	account_folder(&l.d, "user1", "INBOX");
	account_put(&l.d, "user1", "INBOX", 1, text->str, text->len, "S", 1);
	l.r.cut_at = 5 << 20;
	l.r.cuts = 3;
	lab_copy(&l, "user1", "a.mailark");
	lab_expect(&l, 1, 1, 0);
	cr_expect_eq(l.r.cuts, 0);
	/* With CRLF; a piece has 4 MiB, and of each cut 1 MiB of the second
	 * was in vain. */
	uint64_t size = text->len + 600002;
	cr_expect(l.r.down < size + (4 << 20), "%llu bytes came of %llu",
	          (unsigned long long)l.r.down, (unsigned long long)size);
	g_string_free(text, TRUE);
	lab_stop(&l);
}

Test(trouble, gains_by_each_connection_that_is_lost, .timeout = 60)
{
	struct lab l;
	GString *text = g_string_new("Subject: not small\n\n");

	lab_start(&l, NULL);
	for (unsigned i = 0; i < 300000; i++)
		g_string_append_printf(text, "a line of %u characters\n", i);
	account_folder(&l.d, "user1", "INBOX");
	account_put(&l.d, "user1", "INBOX", 1, text->str, text->len, "S", 1);
	/* None of these brings the whole of it, and there are more of them than
	 * a message is given that brings nothing. */
	l.r.cut_at = 2 << 20;
	l.r.cuts = 5;
	lab_copy(&l, "user1", "a.mailark");
	lab_expect(&l, 1, 1, 0);
	cr_expect_eq(l.r.cuts, 0);
	uint64_t size = text->len + 300002;
	/* The first was in vain; of each other one at most two pieces. */
	cr_expect(l.r.down < size + (2 << 20) + (5 << 20), "%llu of %llu",
	          (unsigned long long)l.r.down, (unsigned long long)size);
	g_string_free(text, TRUE);
	lab_stop(&l);
}

Test(trouble, outlives_the_server, .timeout = 60)
{
	struct lab l;

	lab_start(&l, NULL);
	unsigned n = lab_fill(&l, "user1");
	l.r.delay_ms = 40;
	pid_t pid = lab_copy_start(&l, "user1", "a.mailark");
	for (int i = 0; i < 1000 && l.r.down < 500000; i++)
		g_usleep(5000);
	dovecot_kill(&l.d);
	dovecot_again(&l.d);
	cli_wait(&l.c, pid);
	lab_expect(&l, n, n, 0);
	lab_copy(&l, "a.mailark", "user2");
	lab_same(&l, "user1", "user2");
	lab_stop(&l);
}

Test(trouble, names_what_a_full_mailbox_refused, .timeout = 60)
{
	struct lab l;

	lab_start(&l, NULL);
	account_fill(&l.d, "user1", "INBOX", 0, 50, 10000);
	lab_copy(&l, "user1", "full");
	cr_expect(l.c.status == 1 || l.c.status == 2, "%d", l.c.status);
	cr_expect(strstr(l.c.err, "uota"), "%s", l.c.err);
	char *account = imap_talk_account(l.d.imap, "full");
	cr_expect(cli_lines(account) > 8, "%s", account);
	/* The ledger says what is there, and each that is not has its line. */
	unsigned found, stored, failed;
	const char *ledger = strstr(l.c.out, "found ");
	cr_assert(ledger && sscanf(ledger,
	                           "found %u = stored %u + duplicates 0 + "
	                           "filtered 0 + failed %u",
	                           &found, &stored, &failed) == 3,
	          "%s", l.c.out);
	cr_expect_eq(found, stored + failed);
	cr_expect_eq(stored, 50 - failed, "%s", l.c.out);
	unsigned there = 0;
	for (const char *p = account; (p = strstr(p, "INBOX|")); p++)
		there++;
	cr_expect_eq(stored, there, "%s%s", l.c.out, account);
	cr_expect_geq(cli_lines(l.c.err), (int)failed, "%s", l.c.err);
	g_free(account);
	lab_stop(&l);
}
