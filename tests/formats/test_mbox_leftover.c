/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/leftover.h"

#include "base/file.h"
#include "formats/mbox/lock.h"
#include "formats/mbox/mbox.h"
#include "model/sink.h"
#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(mbox_leftover, .fini = am_test_tmpdir_end, .timeout = 60);

#define OLD "From a@b Thu Jan  1 00:00:00 2026\nSubject: old\n\nold\n\n"

/* More than is held back before it is written. */
static char *long_text(void)
{
	GString *text = g_string_new("Subject: long\n\n");

	while (text->len < 700000)
		g_string_append(text, "one more line of many\n");
	return g_string_free(text, FALSE);
}

static void put(struct am_sink *sink, const char *text, bool commit)
{
	const struct am_test_message message = {.folder = {"A"}, .bytes = text};
	struct am_error err;

	cr_assert_eq(am_test_put(sink, &message, &err), AM_OK, "%s", err.text);
	if (commit)
		cr_assert_eq(am_sink_commit(sink, &err), AM_OK, "%s", err.text);
}

/* A run that puts these, commits behind the first so many, and is killed. */
static void killed(const char *path, const char *const *texts, int commits)
{
	(void)am_test_tmpdir();
	pid_t pid = fork();
	if (!pid) {
		struct am_sink *sink =
			am_test_sink(&am_format_mbox, path, NULL);
		for (int i = 0; texts[i]; i++)
			put(sink, texts[i], i < commits);
		kill(getpid(), SIGKILL);
	}
	int status;
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFSIGNALED(status));
}

/* The next run. */
static void open_and_close(const char *path)
{
	struct am_sink *sink = am_test_sink(&am_format_mbox, path, NULL);

	am_sink_close(&sink);
}

static void expect_file(const char *path, const char *want, size_t len)
{
	size_t have;
	char *text = am_test_read(path, &have);

	cr_assert_eq(have, len, "%zu, not %zu", have, len);
	cr_assert(!memcmp(text, want, len));
	g_free(text);
}

Test(mbox_leftover, half_a_message_is_taken_back)
{
	char *big = long_text();
	size_t len;

	am_test_write_text("a.mbox", OLD);
	killed("a.mbox", (const char *[]){"Subject: x\n\nx\n", big, NULL}, 1);
	char *left = am_test_read("a.mbox", &len);
	cr_assert_gt(len, 500000, "some of it is there");
	cr_assert(am_test_exists("a.mbox.lock"));
	open_and_close("a.mbox");
	char *kept = am_test_read("a.mbox", &len);
	cr_expect(strstr(kept, "Subject: x\n"), "what was committed stays");
	cr_expect_not(strstr(kept, "Subject: long"));
	cr_expect(g_str_has_prefix(left, kept));
	cr_expect_not(am_test_exists("a.mbox.lock"));
	cr_expect_eq(am_test_notes("mbox.leftovers"), 1);
	open_and_close("a.mbox");
	cr_expect_eq(am_test_notes("mbox.leftovers"), 1);
	g_free(kept);
	g_free(left);
	g_free(big);
}

/* Whatever somebody else put there since, it is theirs. */
Test(mbox_leftover, nothing_is_cut_that_others_wrote)
{
	static const char more[] = "\nFrom x@y Thu Jan  1 00:00:00 2026\n\nm\n";
	char *big = long_text();
	size_t len;

	am_test_write_text("a.mbox", OLD);
	killed("a.mbox", (const char *[]){big, NULL}, 0);
	char *left = am_test_read("a.mbox", &len);
	char *now = g_strconcat(left, more, NULL);
	am_test_write_text("a.mbox", now);
	open_and_close("a.mbox");
	expect_file("a.mbox", now, strlen(now));
	cr_expect_eq(am_test_notes("mbox.leftover-unsure"), 1);
	cr_expect_not(am_test_exists("a.mbox.lock"));
	g_free(now);
	g_free(left);
	g_free(big);
}

/* Or took away: the mailbox is shorter than it was. */
Test(mbox_leftover, nothing_is_done_to_what_is_shorter)
{
	char *big = long_text();

	am_test_write_text("a.mbox", OLD OLD);
	killed("a.mbox", (const char *[]){big, NULL}, 0);
	am_test_write_text("a.mbox", OLD);
	open_and_close("a.mbox");
	expect_file("a.mbox", OLD, sizeof OLD - 1);
	cr_expect_eq(am_test_notes("mbox.leftovers"), 0);
	g_free(big);
}

static int files_in(const char *path)
{
	char *full = am_test_path("%s", path);
	GDir *dir = g_dir_open(full, 0, NULL);
	int n = 0;

	while (dir && g_dir_read_name(dir))
		n++;
	if (dir)
		g_dir_close(dir);
	g_free(full);
	return n;
}

Test(mbox_leftover, files_that_got_no_name_go)
{
	/* Somebody else's, beside them. */
	am_test_write_text("t/A.mbox.frog.tmp", "x");
	am_test_write_text("t/B.mbox.12345678.tmp", "x");
	killed("t/", (const char *[]){"a: b\n\nx\n", NULL}, 0);
	cr_assert_eq(files_in("t"), 4, "one to be and its lock");
	open_and_close("t/");
	cr_expect_eq(files_in("t"), 2);
	cr_expect_eq(am_test_notes("mbox.leftovers"), 1);
}

Test(mbox_leftover, a_run_that_lives_is_left_alone)
{
	struct am_sink *sink = am_test_sink(&am_format_mbox, "t/", NULL);

	put(sink, "a: b\n\nx\n", false);
	cr_assert_eq(files_in("t"), 2);
	open_and_close("t/");
	cr_expect_eq(files_in("t"), 2);
	am_sink_close(&sink);
	cr_expect_eq(files_in("t"), 0);
}

/* What a lock says must be whole. */
Test(mbox_leftover, of_a_lock_that_says_nonsense_nothing_is_believed)
{
	static const char *const texts[] = {
		"safe, from, to: 00000000000000000000 00000000000000000000 "
		"0000000000000099999\n",
		"safe, from, to: 0 0 99999\n",
		"safe, from, to: 00000000000000000009 00000000000000000001 "
		"00000000000000099999\n",
		/* No message begins there. */
		"safe, from, to: 00000000000000000009 00000000000000000009 "
		"00000000000000099999\n",
		"frog\n",
	};
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		char *lock =
			g_strdup_printf("%ld\nmailark on %s\n%s", (long)pid,
		                        g_get_host_name(), texts[i]);
		am_test_write_text("a.mbox", OLD OLD);
		am_test_write_text("a.mbox.lock", lock);
		open_and_close("a.mbox");
		expect_file("a.mbox", OLD OLD, 2 * (sizeof OLD - 1));
		g_free(lock);
	}
}
