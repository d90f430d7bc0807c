/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copies that are broken off, and what is there then. */
#include "tests/support/run_cli.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t number_after(const char *text, const char *word)
{
	const char *at = strstr(text, word);

	cr_assert(at, "no %s in: %s", word, text);
	return g_ascii_strtoull(at + strlen(word), NULL, 10);
}

Test(copy_stop, stays_when_a_hangup_is_ignored, .timeout = 120)
{
	struct cli c;
	void (*before)(int) = signal(SIGHUP, SIG_IGN);

	cli_init(&c);
	cli_mbox(&c, "in.mbox", 0, 4000, 2000);
	pid_t pid = cli_start(&c, "copy --no-index in.mbox a.mailark");
	while (!cli_exists(&c, "a.mailark"))
		g_usleep(1000);
	kill(pid, SIGHUP);
	cr_expect_eq(cli_wait(&c, pid), 0, "%s", c.err);
	signal(SIGHUP, before);
	cr_expect_eq(cli_line(&c, "compare in.mbox a.mailark"), 0);
	cli_end(&c);
}

Test(copy_stop, interrupted_leaves_a_whole_archive_and_goes_on, .timeout = 120)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGKILL};
	struct cli c;

	cli_init(&c);
	cli_mbox(&c, "in.mbox", 0, 30000, 2000);
	for (size_t i = 0; i < AM_COUNT(signals); i++) {
		pid_t pid = cli_start(&c, "copy --no-index in.mbox a.mailark");
		/* As soon as there is something to interrupt. */
		for (int k = 0; k < 500 && !cli_exists(&c, "a.mailark"); k++)
			usleep(2000);
		usleep(100000);
		kill(pid, signals[i]);
		cli_wait(&c, pid);
		/* From the second time on the archive is there before the
		 * program has set up its handlers. */
		if (signals[i] == SIGKILL || (i && c.status < 0)) {
			cr_expect(c.status == -signals[i] || c.status == 0);
		} else if (c.status) {
			cr_expect_eq(c.status, 2, "%s", c.err);
			cr_expect(strstr(c.err, "run the same command again"),
			          "%s", c.err);
		}
		cr_expect_eq(cli_line(&c, "verify --full a.mailark"), 0, "%s",
		             c.err);
	}
	cr_assert_eq(cli_line(&c, "copy --no-index in.mbox a.mailark"), 0, "%s",
	             c.err);
	cr_assert_eq(cli_line(&c, "list --json a.mailark"), 0);
	cr_expect_eq(number_after(c.out, "\"messages\":"), 30000u);
	cli_end(&c);
}

Test(copy_stop, interrupted_while_it_indexes_says_how_to_go_on, .timeout = 120)
{
	struct cli c;

	cli_init(&c);
	cli_mbox(&c, "in.mbox", 0, 12000, 4000);
	pid_t pid = cli_start(&c, "copy in.mbox a.mailark");
	while (!cli_exists(&c, "a.mailark.cache/xapian"))
		usleep(1000);
	kill(pid, SIGTERM);
	cr_assert_eq(cli_wait(&c, pid), 2, "%d %s", c.status, c.err);
	cr_expect(strstr(c.err, "stopped; the mail is safe, but the index is "
	                        "not up to date: mailark index a.mailark"),
	          "%s", c.err);
	cr_expect_eq(cli_line(&c, "index a.mailark"), 0);
	cr_expect_eq(cli_line(&c, "search --count a.mailark number11999"), 0);
	cr_expect_str_eq(c.out, "1\n");
	cli_end(&c);
}

Test(copy_stop, of_two_writers_the_second_is_told_who_holds_the_lock)
{
	struct cli c;

	cli_init(&c);
	cli_mbox(&c, "in.mbox", 0, 30000, 2000);
	cli_mbox(&c, "other.mbox", 50000, 10, 0);
	pid_t pid = cli_start(&c, "copy --no-index in.mbox a.mailark");
	for (int k = 0; k < 500 && !cli_exists(&c, "a.mailark"); k++)
		usleep(2000);
	usleep(50000);
	struct cli d = c;
	d.out = d.err = NULL;
	int status = cli_line(&d, "copy --no-index other.mbox a.mailark");
	cr_expect(status == 2 || status == 0, "%d %s", status, d.err);
	if (status == 2) {
		char *owner = g_strdup_printf("%d", (int)pid);
		cr_expect(strstr(d.err, owner), "names the owner: %s", d.err);
		g_free(owner);
	}
	g_free(d.out);
	g_free(d.err);
	kill(pid, SIGTERM);
	cli_wait(&c, pid);
	cr_expect_eq(cli_line(&c, "verify --full a.mailark"), 0, "%s", c.err);
	cli_end(&c);
}
