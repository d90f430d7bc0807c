/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The smaller commands: list, compare, verify, repair, compact, formats. */
#include "base/file.h"
#include "tests/support/run_cli.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const kinds[] = {"in.mbox", "a.mailark", "d/"};

static void set_up(struct cli *c)
{
	cli_init(c);
	cli_mbox(c, "in.mbox", 0, 20, 300);
	cr_assert_eq(cli_line(c, "copy --no-index in.mbox a.mailark"), 0, "%s",
	             c->err);
	cr_assert_eq(cli_line(c, "copy in.mbox d/"), 0, "%s", c->err);
}

Test(commands, numbers_are_the_same_in_every_language)
{
	struct cli c;
	int status = -1;

	cli_init(&c);
	cli_mbox(&c, "in.mbox", 0, 20, 300);
	char *locale = cli_path(&c, "de_DE.UTF-8");
	const char *const make[] = {"localedef", "-i",   "de_DE", "-f",
	                            "UTF-8",     locale, NULL};
	bool made =
		g_spawn_sync(NULL, (char **)(uintptr_t)make, NULL,
	                     G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL |
	                             G_SPAWN_STDERR_TO_DEV_NULL,
	                     NULL, NULL, NULL, NULL, &status, NULL);
	if (made && !status) {
		setenv("LOCPATH", c.dir, 1);
		setenv("LC_ALL", "de_DE.UTF-8", 1);
	} else {
		cr_log_info("no other language can be had here");
	}
	cr_expect_eq(cli_line(&c, "copy in.mbox x/"), 0, "%s", c.err);
	cr_expect(strstr(c.out, " KiB in "), "%s", c.out);
	cr_expect(!strchr(strstr(c.out, "failed 0, ") + 10, ','), "%s", c.out);
	g_free(locale);
	cli_end(&c);
}

/* A program that was taken out of its place does what needs no index. */
Test(commands, search_tells_of_a_part_that_is_missing)
{
	const char *program = getenv("MAILARK");
	char *bytes, *alone;
	struct cli c;
	size_t len;

	set_up(&c);
	cr_assert(g_file_get_contents(program ? program : "build/mailark",
	                              &bytes, &len, NULL));
	cli_write(&c, "alone", bytes, len);
	g_free(bytes);
	alone = cli_path(&c, "alone");
	cr_assert_eq(chmod(alone, 0755), 0);
	setenv("MAILARK", alone, 1);
	cr_expect_eq(cli_line(&c, "list a.mailark"), 0, "%s", c.err);
	cr_expect_eq(cli_line(&c, "search a.mailark word"), 2);
	cr_expect(strstr(c.err, "the index needs a part of mailark: "), "%s",
	          c.err);
	cr_expect(strstr(c.err, "mailark-xapian.so"), "%s", c.err);
	cr_expect_eq(cli_lines(c.err), 1, "%s", c.err);
	cr_expect_eq(cli_line(&c, "index a.mailark"), 2);
	cr_expect(strstr(c.err, "mailark-xapian.so"), "%s", c.err);
	g_free(alone);
	cli_end(&c);
}

Test(commands, main_answers_for_itself)
{
	struct cli c;

	cli_init(&c);
	cr_expect_eq(cli_run(&c, "--version", NULL), 0);
	cr_expect(g_str_has_prefix(c.out, "mailark "), "%s", c.out);
	cr_expect_eq(cli_run(&c, "--help", NULL), 0);
	cr_expect_eq(cli_run(&c, NULL, NULL), 2);
	cr_expect(strstr(c.out, "usage: mailark COMMAND"), "%s", c.out);
	cr_expect_eq(cli_run(&c, "cpoy", NULL), 2);
	cr_expect(strstr(c.err, "did you mean copy?"), "%s", c.err);
	cr_expect_eq(cli_run(&c, "frobnicate", NULL), 2);
	cr_expect(strstr(c.err, "no command \"frobnicate\""), "%s", c.err);
	cr_expect_eq(cli_run(&c, "help", "serach", NULL), 2);
	cr_expect(strstr(c.err, "did you mean search?"), "%s", c.err);
	cli_end(&c);
}

Test(commands, list_shows_folders_and_messages_of_every_kind)
{
	struct cli c;

	set_up(&c);
	for (size_t i = 0; i < AM_COUNT(kinds); i++) {
		cr_expect_eq(cli_run(&c, "list", kinds[i], NULL), 0, "%s",
		             c.err);
		cr_expect(strstr(c.out, "        20 "), "%s: %s", kinds[i],
		          c.out);
		cr_expect_eq(cli_run(&c, "list", "--json", kinds[i], NULL), 0);
		cr_expect(strstr(c.out, "\"messages\":20"), "%s", c.out);
		cr_expect_eq(cli_run(&c, "list", "-m", kinds[i], NULL), 0);
		cr_expect_eq(cli_lines(c.out), 20u);
		cr_expect(strstr(c.out, "message number 19"), "%s", c.out);
	}
	cr_expect_eq(cli_run(&c, "list", "in.mbox", "d/", NULL), 0);
	cr_expect(strstr(c.out, "in.mbox:\n"));
	cr_expect_eq(cli_run(&c, "list", NULL), 2);
	cr_expect_eq(cli_run(&c, "list", "nothing", NULL), 2);
	cr_expect_str_eq(c.err, "mailark: list: nothing: no such file\n");
	cli_end(&c);
}

/* Mail of a PST is not composed to be counted. */
Test(commands, list_tells_of_sizes_that_are_not_those_of_mails)
{
	struct cli c;
	char *pst = g_canonicalize_filename("samples/pst/unicode.pst", NULL);

	cli_init(&c);
	cr_expect_eq(cli_run(&c, "list", pst, NULL), 0, "%s", c.err);
	cr_expect(strstr(c.out, " 0 B  Gel"), "%s", c.out);
	cr_expect_eq(cli_count(c.out, " ~"), 7u, "%s", c.out);
	cr_expect(strstr(c.out, " KiB  in all"), "%s", c.out);
	cr_expect_eq(cli_run(&c, "list", "--json", pst, NULL), 0, "%s", c.err);
	cr_expect_eq(cli_count(c.out, "\"bytes_about\":true}"), 6u, "%s",
	             c.out);
	cli_end(&c);
	g_free(pst);
}

Test(commands, list_prints_the_members_of_the_contract)
{
	static const char *const members[] = {
		"{\"folder\":[",
		"\"origin\":\"",
		"\"size\":",
		"\"sha256\":\"",
		"\"sha256_lf\":\"",
		"\"exactness\":\"",
		"\"flags\":[",
		"\"keywords\":[",
		"\"labels\":[",
		"\"received\":\"20",
		"\"received_from\":\"",
		"\"message_id\":\"",
		"\"subject\":\"message number",
		"\"from\":\"User",
		"\"date\":\"2020-01-02T03:",
		"\"attachments\":0}",
	};
	struct cli c;

	set_up(&c);
	for (size_t i = 0; i < AM_COUNT(kinds); i++) {
		cr_assert_eq(cli_run(&c, "list", "--messages", "--json",
		                     kinds[i], NULL),
		             0, "%s", c.err);
		for (size_t k = 0; k < AM_COUNT(members); k++)
			cr_expect_eq(cli_count(c.out, members[k]), 20u,
			             "%s: %s", kinds[i], members[k]);
		cr_expect_eq(cli_count(c.out, "\"id\":"), i == 1 ? 20u : 0u);
	}
	cli_end(&c);
}

Test(commands, list_gives_crlf_and_lf_copies_the_same_second_hash)
{
	static const char lf[] = "From a@b Thu Jan  2 03:04:05 2020\n"
				 "Subject: x\n\nbody\nlines\n\n";
	struct cli c;

	cli_init(&c);
	cli_write(&c, "lf.mbox", lf, sizeof lf - 1);
	GString *crlf = g_string_new(lf);
	g_string_replace(crlf, "\n", "\r\n", 0);
	cli_write(&c, "crlf.mbox", crlf->str, crlf->len);
	g_string_free(crlf, TRUE);
	char *raw[2], *second[2];
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(cli_run(&c, "list", "--messages", "--json",
		                     i ? "crlf.mbox" : "lf.mbox", NULL),
		             0, "%s", c.err);
		raw[i] = g_strndup(strstr(c.out, "\"sha256\":\"") + 10, 64);
		second[i] =
			g_strndup(strstr(c.out, "\"sha256_lf\":\"") + 13, 64);
	}
	cr_expect_str_neq(raw[0], raw[1]);
	cr_expect_str_eq(second[0], second[1]);
	cr_expect_str_eq(raw[0], second[0]);
	cr_expect_eq(cli_line(&c, "compare lf.mbox crlf.mbox"), 1);
	cr_expect(strstr(c.out, "1 the same but for their line ends"), "%s",
	          c.out);
	for (int i = 0; i < 2; i++) {
		g_free(raw[i]);
		g_free(second[i]);
	}
	cli_end(&c);
}

Test(commands, compare_names_what_is_only_on_one_side)
{
	struct cli c;

	set_up(&c);
	cr_expect_eq(cli_line(&c, "compare in.mbox a.mailark"), 0, "%s", c.err);
	cr_expect(strstr(c.out, "20 in both, byte for byte"), "%s", c.out);
	cr_expect_eq(cli_line(&c, "compare -q in.mbox d/"), 0);
	cr_expect_str_eq(c.out, "");
	cli_mbox(&c, "other.mbox", 10, 20, 300);
	cr_expect_eq(cli_line(&c, "compare in.mbox other.mbox"), 1);
	cr_expect(strstr(c.out, "10 in both"), "%s", c.out);
	cr_expect(strstr(c.out, "10 only in in.mbox"), "%s", c.out);
	cr_expect(strstr(c.out, "10 only in other.mbox"), "%s", c.out);
	cr_expect(strstr(c.out, "message number 29"), "%s", c.out);
	cr_expect_eq(cli_line(&c, "compare --json in.mbox other.mbox"), 1);
	cr_expect(strstr(c.out, "\"only_a\":10,\"only_b\":10"), "%s", c.out);
	cr_expect_eq(cli_line(&c, "compare in.mbox"), 2);
	cr_expect_eq(cli_line(&c, "compare in.mbox nothing"), 2);
	cli_end(&c);
}

Test(commands, compare_names_an_endless_subject_in_short)
{
	struct cli c;
	GString *mail = g_string_new("From a@b Mon Jan  1 00:00:00 2024\n"
	                             "Subject: ");

	cli_init(&c);
	for (int i = 0; i < 300000; i++)
		g_string_append_c(mail, 's');
	g_string_append(mail, "\n\nx\n");
	cli_write(&c, "long.mbox", mail->str, mail->len);
	cli_write(&c, "none.mbox", "", 0);
	cr_expect_eq(cli_line(&c, "compare long.mbox none.mbox"), 1, "%s",
	             c.err);
	cr_expect(strstr(c.out, ": sss"));
	cr_expect_lt(strlen(c.out), 1000u);
	g_string_free(mail, TRUE);
	cli_end(&c);
}

/* Of two copies of a mail the one that is as it was is the one it was. */
Test(commands, compare_pairs_copies_by_all_they_have)
{
	static const char mail[] = "Subject: a\nTo: b\n\nx\n";
	struct cli c;

	cli_init(&c);
	for (int i = 0; i < 2; i++) {
		char *dir = cli_path(&c, i ? "B/cur" : "A/cur");
		char *name = g_strdup_printf("%c/cur/1.host:2,S", 'A' + i);
		cr_assert_eq(g_mkdir_with_parents(dir, 0777), 0);
		cli_write(&c, name, mail, sizeof mail - 1);
		g_free(name);
		g_free(dir);
	}
	cli_write(&c, "B/cur/0.host:2,F", mail, sizeof mail - 1);
	cr_expect_eq(cli_line(&c, "compare A B"), 1, "%s", c.err);
	cr_expect(strstr(c.out, "1 in both"), "%s", c.out);
	cr_expect_not(strstr(c.out, "other flags"), "%s", c.out);
	cr_expect(strstr(c.out, "0.host"), "%s", c.out);
	cli_end(&c);
}

/* "2,345 messages" -> 2345 */
static uint64_t number_at(const char *s)
{
	uint64_t n = 0;

	for (; g_ascii_isdigit(*s) || *s == ','; s++)
		if (*s != ',')
			n = n * 10 + (uint64_t)(*s - '0');
	return n;
}

Test(commands, verify_finds_damage_and_repair_saves_the_rest)
{
	struct cli c;
	size_t len;

	cli_init(&c);
	cli_mbox(&c, "in.mbox", 0, 3000, 2000);
	cr_assert_eq(cli_line(&c, "copy --no-index in.mbox a.mailark"), 0);
	cr_expect_eq(cli_line(&c, "verify a.mailark"), 0);
	cr_expect(g_str_has_prefix(c.out, "whole: "), "%s", c.out);
	cr_expect_eq(cli_line(&c, "verify --full --json a.mailark"), 0);
	cr_expect(strstr(c.out, "\"whole\":true"), "%s", c.out);
	cr_expect(strstr(c.out, "\"messages\":3000"), "%s", c.out);

	char *bytes = cli_read(&c, "a.mailark", &len);
	memset(bytes + len / 2, 'x', 100);
	cli_write(&c, "bad.mailark", bytes, len);
	g_free(bytes);
	cr_expect_eq(cli_line(&c, "verify --full bad.mailark"), 1);
	cr_expect(strstr(c.err, "bad.mailark"), "%s", c.err);
	cr_expect_eq(cli_line(&c, "repair bad.mailark"), 1, "%d %s", c.status,
	             c.err);
	cr_expect(strstr(c.out, "lost; written to bad.repaired.mailark"), "%s",
	          c.out);
	/* Whatever was hit, the kept and the lost are all there were. */
	uint64_t kept = number_at(c.out);
	uint64_t lost = number_at(strstr(c.out, "kept, ") + strlen("kept, "));
	cr_expect_gt(lost, 0);
	cr_expect_eq(kept + lost, 3000, "%s", c.out);
	cr_expect_eq(cli_line(&c, "verify --full bad.repaired.mailark"), 0,
	             "%s", c.err);
	cr_assert_eq(cli_line(&c, "list --json bad.repaired.mailark"), 0);
	char *listed = g_strdup_printf("\"messages\":%" PRIu64 ",", kept);
	cr_expect(strstr(c.out, listed), "%s", c.out);
	g_free(listed);
	cr_expect_eq(cli_line(&c, "verify in.mbox"), 2);
	cr_expect_eq(cli_line(&c, "verify nothing.mailark"), 2);
	cli_end(&c);
}

/* Stopped is neither whole nor damaged.  It waits for a catalog that somebody
 * else is about to write, so the signal finds it at work. */
Test(commands, verify_that_was_stopped_says_so)
{
	struct am_lock *lock = NULL;
	struct cli c;

	set_up(&c);
	char *cache = cli_path(&c, "a.mailark.cache");
	char *path = cli_path(&c, "a.mailark.cache/lock");
	cr_assert_eq(am_remove_tree(cache, NULL), AM_OK);
	cr_assert_eq(am_make_dirs(cache, NULL), AM_OK);
	cr_assert_eq(am_lock_take(&lock, path, "test", NULL), AM_OK);
	c.status = -SIGTERM;
	/* Too early, and it has not said yet that it wants to hear of it. */
	for (useconds_t us = 50000; c.status == -SIGTERM && us < 30000000;
	     us *= 2) {
		pid_t pid = cli_start(&c, "verify --json a.mailark");
		usleep(us);
		kill(pid, SIGTERM);
		cli_wait(&c, pid);
	}
	cr_expect_eq(c.status, 2, "%d %s", c.status, c.err);
	cr_expect(strstr(c.err, "stopped before it came to its end"), "%s",
	          c.err);
	cr_expect(strstr(c.out, "\"error\":\"stopped\""), "%s", c.out);
	am_lock_release(&lock);
	cr_expect_eq(cli_line(&c, "verify --json a.mailark"), 0, "%s", c.err);
	cr_expect(strstr(c.out, "\"error\":null"), "%s", c.out);
	g_free(path);
	g_free(cache);
	cli_end(&c);
}

Test(commands, verify_against_looks_both_ways)
{
	struct cli c;

	set_up(&c);
	cr_expect_eq(cli_line(&c, "verify --against in.mbox a.mailark"), 0,
	             "%s", c.err);
	cli_mbox(&c, "less.mbox", 0, 19, 300);
	cli_mbox(&c, "more.mbox", 0, 21, 300);
	cr_expect_eq(cli_line(&c, "verify --against less.mbox a.mailark"), 1);
	cr_expect(strstr(c.out, "1 only in a.mailark"), "%s", c.out);
	cr_expect_eq(cli_line(&c, "verify --against more.mbox a.mailark"), 1);
	cr_expect(strstr(c.out, "1 only in more.mbox"), "%s", c.out);
	cr_expect_eq(
		cli_line(&c, "verify --json --against more.mbox a.mailark"), 1);
	cr_expect(strstr(c.out, "\"against\":{"), "%s", c.out);
	cli_end(&c);
}

Test(commands, what_was_searchable_stays_so_through_compact)
{
	struct cli c;
	cli_init(&c);
	cli_mbox(&c, "a.mbox", 0, 5, 100);
	cr_assert_eq(cli_line(&c, "copy -q a.mbox a.mailark"), 0, "%s", c.err);
	cr_assert_eq(cli_line(&c, "compact -q a.mailark"), 0, "%s", c.err);
	cr_expect_eq(cli_run(&c, "search", "--count", "a.mailark", "", NULL), 0,
	             "%s", c.err);
	cr_expect_str_eq(c.out, "5\n");
	cr_assert_eq(cli_line(&c, "compact -q --to b.mailark a.mailark"), 0);
	cr_expect_eq(cli_run(&c, "search", "--count", "b.mailark", "", NULL), 0,
	             "%s", c.err);
	cli_end(&c);
}

Test(commands, compact_and_rebuild_keep_everything)
{
	static const char *const lines[] = {
		"rebuild a.mailark",
		"compact a.mailark",
		"compact --max --codec zlib a.mailark",
		"compact --to b.mailark a.mailark",
	};
	struct cli c;

	set_up(&c);
	for (size_t i = 0; i < AM_COUNT(lines); i++) {
		cr_expect_eq(cli_line(&c, lines[i]), 0, "%s: %s", lines[i],
		             c.err);
		cr_expect_eq(cli_line(&c, "verify --full --against in.mbox "
		                          "a.mailark"),
		             0, "%s: %s", lines[i], c.err);
	}
	cr_expect_eq(cli_line(&c, "compare in.mbox b.mailark"), 0);
	cr_expect_eq(cli_line(&c, "compact --codec nosuch a.mailark"), 2);
	cli_end(&c);
}

Test(commands, formats_prints_the_table_and_each_format)
{
	struct cli c;

	cli_init(&c);
	cr_expect_eq(cli_line(&c, "formats"), 0);
	static const char *const names[] = {"archive", "mbox", "maildir", "eml",
	                                    "null"};
	for (size_t i = 0; i < AM_COUNT(names); i++) {
		cr_expect_eq(cli_line(&c, "formats"), 0);
		cr_expect(strstr(c.out, names[i]), "%s", c.out);
		cr_expect_eq(cli_run(&c, "formats", names[i], NULL), 0);
		cr_expect(strstr(c.out, "keeps:"), "%s", c.out);
	}
	cr_expect_eq(cli_line(&c, "formats --json"), 0);
	cr_expect_geq(cli_lines(c.out), AM_COUNT(names));
	cr_expect_eq(cli_line(&c, "formats mbx"), 2);
	cr_expect(strstr(c.err, "did you mean mbox?"), "%s", c.err);
	cli_end(&c);
}
