/* SPDX-License-Identifier: GPL-3.0-or-later */
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

static gint compare_strings(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "sha256" of every message, sorted, as one string; g_free(). */
static char *hashes(struct cli *c, const char *location)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);

	cr_assert_eq(cli_run(c, "list", "--messages", "--json", location, NULL),
	             0, "%s", c->err);
	for (const char *p = c->out; (p = strstr(p, "\"sha256\":\""));) {
		p += strlen("\"sha256\":\"");
		g_ptr_array_add(all, g_strndup(p, 64));
	}
	g_ptr_array_sort(all, compare_strings);
	g_ptr_array_add(all, NULL);
	char *joined = g_strjoinv("\n", (char **)all->pdata);
	g_ptr_array_set_size(all, (int)all->len - 1);
	g_ptr_array_unref(all);
	return joined;
}

/* Files in DIR, and how many of them end with SUFFIX. */
static unsigned files_in(struct cli *c, const char *dir, const char *suffix)
{
	char *path = g_build_filename(c->dir, dir, NULL);
	GDir *open = g_dir_open(path, 0, NULL);
	unsigned n = 0;

	cr_assert(open, "%s", path);
	for (const char *name; (name = g_dir_read_name(open));)
		n += g_str_has_suffix(name, suffix) ? 1 : 0;
	g_dir_close(open);
	g_free(path);
	return n;
}

/* Unread but not new: O in an mbox, cur/ in a Maildir, and there and back. */
Test(copy, what_is_unread_and_old_does_not_become_new)
{
#define MAIL(n, status)                                                  \
	"From a@b.example Mon Jan  1 00:00:00 2001\nFrom: a@b.example\n" \
	"Subject: " n "\n" status "\n" n "\n\n"
	static const char box[] =
		MAIL("1", "Status: O\n") MAIL("2", "Status: O\n")
			MAIL("3", "Status: RO\n") MAIL("4", "");
	static const struct {
		const char *from, *to;
	} steps[] = {{"in.mbox", "a.mailark"}, {"a.mailark", "one/"},
	             {"one/", "b.mbox"},       {"b.mbox", "two/"},
	             {"two/", "b.mailark"},    {"b.mailark", "three/"}};
	static const char *const boxes[] = {"one/.in", "two/.b", "three/.b"};
	struct cli c;

	cli_init(&c);
	cli_write(&c, "in.mbox", box, sizeof(box) - 1);
	for (size_t i = 0; i < AM_COUNT(steps); i++)
		cr_assert_eq(cli_run(&c, "copy", "--no-index", steps[i].from,
		                     steps[i].to, NULL),
		             0, "%s: %s", steps[i].to, c.err);
	for (size_t i = 0; i < AM_COUNT(boxes); i++) {
		char *cur = g_strconcat(boxes[i], "/cur", NULL);
		char *new = g_strconcat(boxes[i], "/new", NULL);
		cr_expect_eq(files_in(&c, cur, ":2,"), 2, "%s", cur);
		cr_expect_eq(files_in(&c, cur, ":2,S"), 1, "%s", cur);
		cr_expect_eq(files_in(&c, new, ""), 1, "%s", new);
		g_free(new);
		g_free(cur);
	}
	cli_end(&c);
#undef MAIL
}

/* Three formats look at a tree, and each comes upon what cannot be read. */
Test(copy, names_what_cannot_be_read_once)
{
	static const char mail[] = "From: a@b.example\nSubject: s\n\nx\n";
	struct cli c;

	cli_init(&c);
	char *tree = g_build_filename(c.dir, "tree", NULL);
	char *box = g_build_filename(tree, "Mail", NULL);
	char *cur = g_build_filename(box, "cur", NULL);
	char *one = g_build_filename(tree, "1.eml", NULL);
	char *link = g_build_filename(tree, "gone.eml", NULL);
	char *fifo = g_build_filename(tree, "pipe.eml", NULL);
	char *deep = g_build_filename(cur, "1.a:2,S", NULL);

	cr_assert_eq(g_mkdir_with_parents(cur, 0700), 0);
	cr_assert(g_file_set_contents(one, mail, -1, NULL));
	cr_assert(g_file_set_contents(deep, mail, -1, NULL));
	cr_assert_eq(symlink("nowhere", link), 0);
	cr_assert_eq(mkfifo(fifo, 0600), 0);
	cr_expect_eq(
		cli_run(&c, "copy", "--no-index", "tree", "m.mailark", NULL),
		1);
	cr_expect(strstr(c.out, "found 4 = stored 2 + duplicates 0 + "
	                        "filtered 0 + failed 2"),
	          "%s", c.out);
	for (size_t i = 0; i < 2; i++) {
		const char *name = i ? "gone.eml" : "pipe.eml";
		const char *at = strstr(c.err, name);
		const char *eol = at ? strchr(at, '\n') : NULL;
		cr_assert(eol, "%s", c.err);
		cr_expect(!strstr(eol, name), "%s", c.err);
	}
	g_free(deep);
	g_free(fifo);
	g_free(link);
	g_free(one);
	g_free(cur);
	g_free(box);
	g_free(tree);
	cli_end(&c);
}

Test(copy, goes_round_through_every_format_with_the_same_bytes)
{
	static const char *const targets[] = {"a.mailark", "b.mbox", "c/",
	                                      "d.eml/", "e.mailark"};
	const char *from = "in.mbox";
	struct cli c;

	cli_init(&c);
	cli_mbox(&c, "in.mbox", 0, 50, 500);
	char *want = hashes(&c, "in.mbox");
	for (size_t i = 0; i < AM_COUNT(targets); i++) {
		cr_assert_eq(cli_run(&c, "copy", "--no-index", from, targets[i],
		                     NULL),
		             0, "%s", c.err);
		cr_expect(strstr(c.out, "found 50 = stored 50 + duplicates 0 + "
		                        "filtered 0 + failed 0"),
		          "%s", c.out);
		char *got = hashes(&c, targets[i]);
		cr_expect_str_eq(got, want, "%s", targets[i]);
		g_free(got);
		from = targets[i];
	}
	cr_expect_eq(cli_line(&c, "verify --full e.mailark"), 0);
	cr_expect_eq(cli_line(&c, "verify --against in.mbox e.mailark"), 0);
	cr_expect_eq(cli_line(&c, "compare in.mbox c/"), 0);
	g_free(want);
	cli_end(&c);
}

Test(copy, again_adds_only_what_is_new)
{
	static const char *const targets[] = {"a.mailark", "b.mbox", "c/",
	                                      "d.eml/"};

	for (size_t i = 0; i < AM_COUNT(targets); i++) {
		struct cli c;
		cli_init(&c);
		cli_mbox(&c, "in.mbox", 0, 20, 100);
		cr_assert_eq(cli_run(&c, "copy", "--no-index", "in.mbox",
		                     targets[i], NULL),
		             0, "%s", c.err);
		cli_mbox(&c, "in.mbox", 0, 30, 100);
		cr_assert_eq(cli_run(&c, "copy", "--no-index", "in.mbox",
		                     targets[i], NULL),
		             0, "%s", c.err);
		cr_expect(strstr(c.out, "found 30 = stored 10 + duplicates 20"),
		          "%s: %s", targets[i], c.out);
		cr_assert_eq(cli_run(&c, "list", "--messages", "--json",
		                     targets[i], NULL),
		             0);
		cr_expect_eq(cli_lines(c.out), 30u);
		cli_end(&c);
	}
}

Test(copy, takes_several_sources_and_accounts_for_each)
{
	struct cli c;
	size_t len;

	cli_init(&c);
	cli_mbox(&c, "one.mbox", 0, 5, 0);
	cli_mbox(&c, "two.mbox", 100, 7, 0);
	cr_assert_eq(cli_line(&c, "copy --no-index --report r.json one.mbox "
	                          "two.mbox all.mailark"),
	             0, "%s", c.err);
	cr_expect(strstr(c.out, "one.mbox: found 5 = stored 5"), "%s", c.out);
	cr_expect(strstr(c.out, "two.mbox: found 7 = stored 7"), "%s", c.out);
	cr_expect(strstr(c.out, "in all: found 12 = stored 12"), "%s", c.out);
	char *json = cli_read(&c, "r.json", &len);
	cr_expect_eq(number_after(json, "\"found\":"), 12u);
	const char *each = strstr(json, "\"sources\":[");
	cr_assert(each);
	cr_expect_eq(number_after(each, "\"found\":"), 5u);
	g_free(json);
	cli_end(&c);
}

Test(copy, filters_and_counts_what_it_leaves_out)
{
	static const struct {
		const char *options;
		unsigned stored;
	} cases[] = {
		{"--limit 3", 3},
		{"--since 2020-01-02T03:00:10Z", 10},
		{"--until 2020-01-02T03:00:04Z", 5},
		{"--since 2021", 0},
		{"--until 2020", 20},
		{"--larger 1M", 0},
		{"--smaller 1M", 20},
		{"--folder nothing*", 0},
		{"--exclude-folder nothing*", 20},
		{"--query subject:7", 1},
		{"--query message -subject:7", 19},
	};
	struct cli c;

	cli_init(&c);
	cli_mbox(&c, "in.mbox", 0, 20, 100);
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		char *line;
		if (g_str_has_prefix(cases[i].options, "--query")) {
			const char *query = cases[i].options + 8;
			cli_run(&c, "copy", "--no-index", "--report", "r.json",
			        "--query", query, "in.mbox", "null:", NULL);
			line = g_strdup(cases[i].options);
		} else {
			line = g_strdup_printf(
				"copy --no-index --report r.json "
				"%s in.mbox null:",
				cases[i].options);
			cli_line(&c, line);
		}
		cr_expect_eq(c.status, 0, "%s: %s", line, c.err);
		char *json = cli_read(&c, "r.json", NULL);
		cr_expect_eq(number_after(json, "\"stored\":"), cases[i].stored,
		             "%s: %s", line, json);
		cr_expect_eq(number_after(json, "\"found\":"),
		             number_after(json, "\"stored\":") +
		                     number_after(json, "\"filtered\":"));
		g_free(json);
		g_free(line);
	}
	cli_end(&c);
}

Test(copy, writes_nothing_in_a_dry_run)
{
	static const char *const targets[] = {"a.mailark", "b.mbox", "c/",
	                                      "d.eml/"};
	struct cli c;

	cli_init(&c);
	cli_mbox(&c, "in.mbox", 0, 10, 0);
	for (size_t i = 0; i < AM_COUNT(targets); i++) {
		cr_assert_eq(cli_run(&c, "copy", "--dry-run", "in.mbox",
		                     targets[i], NULL),
		             0, "%s", c.err);
		cr_expect(strstr(c.out, "dry run: found 10 = stored 10"), "%s",
		          c.out);
		cr_expect_not(cli_exists(&c, targets[i]), "%s", targets[i]);
	}
	/* Against what is there it tells what would be new. */
	cr_assert_eq(cli_line(&c, "copy --no-index in.mbox a.mailark"), 0);
	cli_mbox(&c, "in.mbox", 0, 15, 0);
	cr_assert_eq(cli_line(&c, "copy -n in.mbox a.mailark"), 0);
	cr_expect(strstr(c.out, "found 15 = stored 5 + duplicates 10"), "%s",
	          c.out);
	cli_end(&c);
}

Test(copy, refuses_what_makes_no_sense)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{"copy", "a source and a target are needed"},
		{"copy in.mbox", "a source and a target are needed"},
		{"copy in.mbox in.mbox", "source and target at once"},
		{"copy in.mbox ./in.mbox", "source and target at once"},
		{"copy in.mbox link.mbox", "source and target at once"},
		{"copy box/ box/sub.mbox", "inside the source"},
		{"copy nothing.mbox a.mailark", "nothing.mbox: no such file"},
		{"copy x.pdf a.mailark", "looks like a PDF: not a mailbox"},
		{"copy empty a.mailark", "empty file: not a mailbox"},
		{"copy prose.txt a.mailark", "not a mailbox"},
		{"copy in.mbox out.xyz", "no telling which format to write"},
		{"copy in.mbox x.pdf", "nothing is written over it"},
		{"copy --to nosuch in.mbox out.xyz", "no format is called"},
		{"copy --to mbox,nosuch=1 in.mbox o.mbox",
	         "no option \"nosuch\""},
		{"copy --since yesterdayish in.mbox a.mailark", "--since"},
		{"copy --larger big in.mbox a.mailark", "--larger"},
		{"copy --query from: in.mbox a.mailark", "--query"},
		{"copy mbxo:in.mbox a.mailark", "no format is called \"mbxo\""},
		{"copy imaps://u@h/ a.mailark", "imaps"},
		{"copy - a.mailark", "-: of what is it? mbox:- reads"},
		{"copy pst:- a.mailark", "pst is not read from a pipe"},
		{"copy --to mbox in.mbox -", "-: standard output is no target"},
	};
	struct cli c;

	cli_init(&c);
	cli_mbox(&c, "in.mbox", 0, 3, 0);
	cli_mbox(&c, "box/one.mbox", 0, 3, 0);
	cli_write(&c, "x.pdf", "%PDF-1.4 and so on\n", 19);
	cli_write(&c, "empty", "", 0);
	cli_write(&c, "prose.txt", "It was a dark and stormy night;\n", 32);
	char *link_path = cli_path(&c, "link.mbox");
	cr_assert_eq(symlink("in.mbox", link_path), 0);
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		cr_expect_eq(cli_line(&c, cases[i].line), 2, "%s: %d",
		             cases[i].line, c.status);
		cr_expect(strstr(c.err, cases[i].says), "%s: %s", cases[i].line,
		          c.err);
		cr_expect(g_str_has_prefix(c.err, "mailark: copy: "), "%s",
		          c.err);
	}
	g_free(link_path);
	cr_expect_not(cli_exists(&c, "a.mailark"));
	cr_expect_not(cli_exists(&c, "-"));
	cli_end(&c);
}

Test(copy, takes_a_file_with_a_colon_in_its_name_for_a_file)
{
	struct cli c;

	cli_init(&c);
	cli_mbox(&c, "a:b.mbox", 0, 3, 0);
	cli_mbox(&c, "mbox:c", 0, 4, 0);
	cli_mbox(&c, "c", 0, 5, 0);
	cr_expect_eq(cli_line(&c, "copy a:b.mbox null:"), 0, "%s", c.err);
	cr_expect(strstr(c.out, "found 3 "), "%s", c.out);
	cr_expect_eq(cli_line(&c, "copy mbox:c null:"), 0, "%s", c.err);
	cr_expect(strstr(c.out, "found 4 "), "%s", c.out);
	cr_expect_eq(cli_line(&c, "copy mbox:mbox:c null:"), 0, "%s", c.err);
	cr_expect_eq(cli_line(&c, "copy mbox:./c null:"), 0, "%s", c.err);
	cr_expect(strstr(c.out, "found 5 "), "%s", c.out);
	cli_end(&c);
}

Test(copy, goes_on_past_what_cannot_be_read)
{
	struct cli c;

	if (!geteuid())
		cr_skip("root may read everything");
	cli_init(&c);
	cli_mbox(&c, "tree/good.mbox", 0, 5, 0);
	cli_mbox(&c, "tree/secret.mbox", 50, 5, 0);
	char *path = cli_path(&c, "tree/secret.mbox");
	cr_assert_eq(chmod(path, 0), 0);
	cr_expect_eq(cli_line(&c, "copy --no-index tree a.mailark"), 1);
	cr_expect(strstr(c.err, "secret.mbox"), "%s", c.err);
	cr_expect(strstr(c.out, "stored 5"), "%s", c.out);
	chmod(path, 0600);
	g_free(path);
	cli_end(&c);
}

Test(copy, errors_name_a_path_once)
{
	static const struct {
		const char *line, *said;
	} rows[] = {
		{"list t", "list: t: a/up: a link leads back to where it is\n"},
		{"list t", "list: t: a/gone: a link that leads nowhere: "},
		{"copy t/in.mbox off/x.mailark", "copy: off/x.mailark"},
		{"copy --report off/r.json t/in.mbox o.mbox",
	         "copy: off/r.json: "},
	};
	struct cli c;

	cli_init(&c);
	cli_write(&c, "off", "", 0); /* a file: nothing goes below it */
	cli_mbox(&c, "in.mbox", 0, 1, 100);
	char *t = cli_path(&c, "t"), *a = cli_path(&c, "t/a");
	char *from = cli_path(&c, "in.mbox"), *to = cli_path(&c, "t/in.mbox");
	char *up = cli_path(&c, "t/a/up"), *gone = cli_path(&c, "t/a/gone");
	cr_assert(!mkdir(t, 0700) && !mkdir(a, 0700) && !rename(from, to));
	cr_assert(!symlink("..", up) && !symlink("nowhere", gone));
	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		cr_expect_neq(cli_line(&c, rows[i].line), 0);
		const char *at = strstr(c.err, rows[i].said);
		cr_expect(at, "%s: %s", rows[i].line, c.err);
		char *path = g_strndup(rows[i].said + 6,
		                       strcspn(rows[i].said + 6, ":\n"));
		cr_expect(!at || i < 2 || cli_count(c.err, path) == 1, "%s: %s",
		          rows[i].line, c.err);
		g_free(path);
	}
	char *const all[] = {t, a, from, to, up, gone};
	for (size_t i = 0; i < AM_COUNT(all); i++)
		g_free(all[i]);
	cli_end(&c);
}

Test(copy, names_a_damaged_source_and_keeps_what_came_before)
{
	struct cli c;
	size_t len;

	cli_init(&c);
	cli_mbox(&c, "in.mbox", 0, 2000, 300);
	char *box = cli_path(&c, "in.mbox");
	char *zip = g_strdup_printf("gzip %s", box);
	gint status = 0;
	cr_assert(g_spawn_command_line_sync(zip, NULL, NULL, &status, NULL));
	char *packed = cli_read(&c, "in.mbox.gz", &len);
	cr_assert_gt(len, 1000u);
	cli_write(&c, "cut.mbox.gz", packed, len / 2);
	cli_line(&c, "copy --no-index --report r.json cut.mbox.gz a.mailark");
	cr_expect_neq(c.status, 0);
	cr_expect(strstr(c.err, "cut.mbox.gz"), "%s", c.err);
	cr_expect_eq(cli_line(&c, "verify --full a.mailark"), 0, "%s", c.err);
	cr_assert_eq(cli_line(&c, "list --messages --json a.mailark"), 0);
	cr_expect_gt(cli_lines(c.out), 500u);
	g_free(packed);
	g_free(zip);
	g_free(box);
	cli_end(&c);
}

Test(copy, writes_a_report_that_adds_up)
{
	struct cli c;

	cli_init(&c);
	cli_mbox(&c, "tree/a.mbox", 0, 5, 0);
	cli_mbox(&c, "tree/b.mbox", 5, 6, 0);
	cr_assert_eq(cli_line(&c, "copy --no-index --report r.json tree "
	                          "a.mailark"),
	             0, "%s", c.err);
	char *json = cli_read(&c, "r.json", NULL);
	static const char *const keys[] = {
		"{\"version\":1,\"source\":\"tree\",\"target\":\"a.mailark\",",
		"\"started\":\"20",
		"\"ended\":\"20",
		"\"found\":11,",
		"\"stored\":11,",
		"\"duplicates\":0,",
		"\"filtered\":0,",
		"\"failed\":0,",
		"\"folders\":[",
		"\"failures\":[]",
		"\"error\":null",
		"\"notes\":{"};
	for (size_t i = 0; i < AM_COUNT(keys); i++)
		cr_expect(strstr(json, keys[i]), "%s in %s", keys[i], json);
	const char *folders = strstr(json, "\"folders\":[");
	cr_expect_eq(cli_count(folders, "\"path\":["), 2u);
	g_free(json);
	cli_end(&c);
}

Test(copy, reports_why_it_did_not_come_to_its_end)
{
	struct cli c;

	cli_init(&c);
	cli_mbox(&c, "a.mbox", 0, 5, 0);
	cli_mbox(&c, "b.mbox", 5, 5, 0);
	cr_expect_eq(cli_line(&c, "copy --report r.json a.mbox b.mbox "
	                          "nowhere/t.mailark"),
	             2);
	cr_expect_eq(cli_count(c.err, "nowhere/t.mailark"), 1u, "%s", c.err);
	cr_expect_str_empty(c.out, "a ledger of nothing");
	char *json = cli_read(&c, "r.json", NULL);
	cr_expect(strstr(json, "\"error\":\"nowhere/t.mailark"), "%s", json);
	g_free(json);
	cli_end(&c);
}

Test(copy, says_nothing_when_quiet)
{
	struct cli c;

	cli_init(&c);
	cli_mbox(&c, "in.mbox", 0, 3, 0);
	cr_expect_eq(cli_line(&c, "copy -q in.mbox a.mailark"), 0);
	cr_expect_str_eq(c.out, "");
	cr_expect_str_eq(c.err, "");
	cli_end(&c);
}

Test(copy, a_folder_that_is_not_there_is_told)
{
	struct cli c;

	cli_init(&c);
	cli_mbox(&c, "in.mbox", 0, 3, 0);
	cr_expect_eq(cli_line(&c, "copy --no-index --folder in --folder im "
	                          "--exclude-folder on in.mbox a.mailark"),
	             0);
	cr_expect(strstr(c.err, "no folder is called \"im\""), "%s", c.err);
	cr_expect(strstr(c.err, "no folder is called \"on\""), "%s", c.err);
	cr_expect_eq(cli_lines(c.err), 2, "%s", c.err);
	cr_expect_eq(cli_line(&c, "list --folder i? --folder x a.mailark"), 0);
	cr_expect(strstr(c.err, "no folder is called \"x\""), "%s", c.err);
	cr_expect_eq(cli_lines(c.err), 1, "%s", c.err);
	cli_end(&c);
}

Test(copy, dates_the_wrong_way_round_are_no_filter)
{
	struct cli c;

	cli_init(&c);
	cli_mbox(&c, "in.mbox", 0, 3, 0);
	cr_expect_eq(cli_line(&c, "copy --since 2021 --until 2020 in.mbox M/"),
	             2);
	cr_expect(strstr(c.err, "--until 2020 is before --since 2021"), "%s",
	          c.err);
	cr_expect_eq(cli_line(&c, "copy --since 2020 --until 2020 in.mbox M/"),
	             0);
	cli_end(&c);
}

Test(copy, a_report_that_cannot_be_written_is_told_before_the_work)
{
	struct cli c;

	cli_init(&c);
	cli_mbox(&c, "in.mbox", 0, 3, 0);
	cr_expect_eq(cli_line(&c, "copy --report no/r.json in.mbox a.mailark"),
	             2);
	cr_expect(strstr(c.err, "no/r.json: No such"), "%s", c.err);
	cr_expect_eq(cli_line(&c, "copy --report . in.mbox a.mailark"), 2);
	cr_expect_not(cli_exists(&c, "a.mailark"));
	cli_end(&c);
}

/* One clear line each, whichever format comes upon it; and the sums are right.
 */
Test(copy, what_is_no_mail_at_all_is_named_once, .timeout = 60)
{
	static const char mail[] = "From: a@b.example\nSubject: x\n\nx\n";
	static const char *const names[] = {
		": fifo: ", ": gone: ", ": sub/loop: ", "/fifo.eml: "};
	struct cli c;

	cli_init(&c);
	cli_write(&c, "in/good.eml", mail, sizeof mail - 1);
	cli_write(&c, "in/sub/good.eml", mail, sizeof mail - 1);
	char *dir = cli_path(&c, "in");
	char *fifo = g_build_filename(dir, "fifo", NULL);
	char *named = g_build_filename(dir, "fifo.eml", NULL);
	char *gone = g_build_filename(dir, "gone", NULL);
	char *loop = g_build_filename(dir, "sub/loop", NULL);
	cr_assert_eq(mkfifo(fifo, 0600), 0);
	cr_assert_eq(mkfifo(named, 0600), 0);
	cr_assert_eq(symlink("nowhere", gone), 0);
	cr_assert_eq(symlink("..", loop), 0);
	cr_expect_eq(cli_line(&c, "copy --no-index in m.mailark"), 1);
	cr_expect(strstr(c.out,
	                 "found 6 = stored 2 + duplicates 0 + filtered 0 "
	                 "+ failed 4"),
	          "%s", c.out);
	for (size_t i = 0; i < AM_COUNT(names); i++)
		cr_expect_eq(cli_count(c.err, names[i]), 1, "%s: %s", names[i],
		             c.err);
	cr_expect_eq(cli_lines(c.err), 4, "%s", c.err);
	g_free(dir);
	g_free(fifo);
	g_free(named);
	g_free(gone);
	g_free(loop);
	cli_end(&c);
}
