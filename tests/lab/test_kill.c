/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The program killed at any moment: nothing is lost and nothing doubled.
 * LAB_KILLS=200 for more than a few times; three in five come before the end
 * of the run they are meant for.
 */
#include "tests/lab/lab.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static unsigned kills(void)
{
	const char *n = getenv("LAB_KILLS");

	return n ? (unsigned)g_ascii_strtoull(n, NULL, 10) : 20;
}

/* Moments from the start of the program until it would have ended: a run is
 * timed, and the moments go from its begin to its end, a little at random. */
static void kill_often(struct lab *l, const char *from, const char *to,
                       unsigned usual_ms)
{
	unsigned n = kills(), killed = 0;

	for (unsigned i = 0; i < n; i++) {
		unsigned ms = 5 + usual_ms * i / n +
		              (unsigned)g_random_int_range(0, 20);
		pid_t pid = lab_copy_start(l, from, to);
		g_usleep((gulong)ms * 1000);
		kill(pid, SIGKILL);
		cli_wait(&l->c, pid);
		killed += l->c.status == -SIGKILL;
		cr_assert(l->c.status == -SIGKILL || l->c.status == 0, "%d: %s",
		          l->c.status, l->c.err);
	}
	cr_log_info("%u of %u killed before their end", killed, n);
}

static unsigned run_ms(struct lab *l, const char *from, const char *to)
{
	gint64 start = g_get_monotonic_time();

	cr_assert_eq(lab_copy(l, from, to), 0, "%s", l->c.err);
	return (unsigned)((g_get_monotonic_time() - start) / 1000);
}

static void check(struct lab *l, unsigned n, const char *archive)
{
	char *twice = lab_twice(l, archive);

	cr_expect_str_eq(twice, "");
	g_free(twice);
	cr_assert_eq(cli_run(&l->c, "verify", archive, NULL), 0, "%s%s",
	             l->c.out, l->c.err);
	char *list = lab_list(l, archive);
	cr_expect_eq(cli_lines(list) + 1, n);
	g_free(list);
}

Test(kill, loses_and_doubles_nothing_of_an_import, .timeout = 300)
{
	struct lab l;

	lab_start(&l, NULL);
	unsigned n = lab_fill(&l, "user1");
	l.r.delay_ms = 10;
	unsigned ms = run_ms(&l, "user1", "first.mailark");
	kill_often(&l, "user1", "a.mailark", ms);
	cr_assert_eq(lab_copy(&l, "user1", "a.mailark"), 0, "%s", l.c.err);
	check(&l, n, "a.mailark");
	lab_copy(&l, "a.mailark", "user2");
	lab_same(&l, "user1", "user2");
	lab_stop(&l);
}

static void kill_to_tree(const char *format)
{
	struct lab l;

	lab_start(&l, NULL);
	unsigned n = lab_fill(&l, "user1");
	l.r.delay_ms = 10;
	l.to = format;
	unsigned ms = run_ms(&l, "user1", "first/");
	kill_often(&l, "user1", "a/", ms);
	cr_assert_eq(lab_copy(&l, "user1", "a/"), 0, "%s", l.c.err);
	char *want = lab_list(&l, "first/"), *have = lab_list(&l, "a/");
	char *diff = lines_differ(want, have);
	cr_expect_str_eq(diff, "");
	cr_expect_eq(cli_lines(have) + 1, n);
	g_free(diff);
	g_free(have);
	g_free(want);
	lab_stop(&l);
}

Test(kill, loses_and_doubles_nothing_in_a_maildir, .timeout = 300)
{
	kill_to_tree("maildir");
}

Test(kill, loses_and_doubles_nothing_in_a_tree_of_mboxes, .timeout = 300)
{
	kill_to_tree("mbox");
}

Test(kill, loses_and_doubles_nothing_in_a_tree_of_files, .timeout = 300)
{
	kill_to_tree("eml");
}

Test(kill, loses_and_doubles_nothing_of_an_upload, .timeout = 300)
{
	struct lab l;

	lab_start(&l, NULL);
	(void)lab_fill(&l, "user1");
	lab_copy(&l, "user1", "a.mailark");
	l.r.delay_ms = 10;
	unsigned ms = run_ms(&l, "a.mailark", "user3");
	kill_often(&l, "a.mailark", "user2", ms);
	cr_assert_eq(lab_copy(&l, "a.mailark", "user2"), 0, "%s", l.c.err);
	lab_same(&l, "user1", "user2");
	lab_stop(&l);
}

Test(kill, loses_and_doubles_nothing_of_a_migration, .timeout = 300)
{
	struct lab l;

	lab_start(&l, NULL);
	(void)lab_fill(&l, "user1");
	l.r.delay_ms = 10;
	unsigned ms = run_ms(&l, "user1", "user3");
	kill_often(&l, "user1", "user2", ms);
	cr_assert_eq(lab_copy(&l, "user1", "user2"), 0, "%s", l.c.err);
	lab_same(&l, "user1", "user2");
	lab_stop(&l);
}
