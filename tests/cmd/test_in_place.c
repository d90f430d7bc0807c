/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark index --in-place: mail is searched and read where it lies. */
#include "support/run_cli.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#define INDEX "index --in-place -o cat.mailark"

/* As if it had been written some time ago, each a little later than the one
 * before: what is young is read again. */
static void age(struct cli *c, const char *name)
{
	static time_t clock = 1500000000;
	char *path = cli_path(c, name);

	clock += 10;
	cr_assert_eq(utime(path, &(struct utimbuf){clock, clock}), 0);
	g_free(path);
}

static void message(struct cli *c, const char *name, int n, const char *word)
{
	char *text = g_strdup_printf(
		"From: Ada <ada@example.org>\nTo: bob@example.org\n"
		"Subject: number %d\nDate: Mon, 2 Mar 2020 10:%02d:00 +0000\n"
		"Message-ID: <%d@example.org>\n\nThe word is %s.\n",
		n, n % 60, n, word);

	cli_write(c, name, text, strlen(text));
	age(c, name);
	g_free(text);
}

static void move(struct cli *c, const char *from, const char *to)
{
	char *a = cli_path(c, from), *b = cli_path(c, to);

	cr_assert_eq(rename(a, b), 0, "%s", from);
	g_free(a);
	g_free(b);
}

static void removed(struct cli *c, const char *name)
{
	char *path = cli_path(c, name);

	cr_assert_eq(unlink(path), 0, "%s", name);
	g_free(path);
}

static void make_dir(struct cli *c, const char *name)
{
	char *path = cli_path(c, name);

	cr_assert_eq(g_mkdir_with_parents(path, 0700), 0);
	g_free(path);
}

static const char *samples_dir(void)
{
	const char *dir = g_getenv("SAMPLES");
	return dir ? dir : "samples";
}

static void make_maildir(struct cli *c)
{
	make_dir(c, "md/cur");
	make_dir(c, "md/new");
	make_dir(c, "md/tmp");
	make_dir(c, "md/.Work/cur");
	make_dir(c, "md/.Work/new");
	make_dir(c, "md/.Work/tmp");
	message(c, "md/cur/1001.a:2,S", 1, "apple");
	message(c, "md/new/1002.a", 2, "banana");
	message(c, "md/.Work/cur/1003.a:2,", 3, "cherry");
}

/* Runs it and expects these words in what it prints. */
static void look(struct cli *c, const char *line, int status, const char *want)
{
	cr_assert_eq(cli_line(c, line), status, "%s: %s", line, c->err);
	cr_expect(strstr(c->out, want), "%s: %s", line, c->out);
}

static void finds(struct cli *c, const char *query, const char *want)
{
	int status = cli_run(c, "search", "cat.mailark", query, "--format",
	                     "{subject}", NULL);
	cr_expect_eq(status, 0, "%s: %s", query, c->err);
	cr_expect_str_eq(c->out, want, "%s", query);
}

Test(in_place, a_maildir_is_searched_where_it_lies)
{
	struct cli c;
	size_t len;

	cli_init(&c);
	make_maildir(&c);
	look(&c, INDEX " md", 0,
	     "found 3 = new 3 + moved 0 + changed 0 + unchanged 0 + failed 0");
	finds(&c, "banana", "number 2\n");
	cr_expect_eq(cli_line(&c, "show --raw cat.mailark 2"), 0, "%s", c.err);
	char *bytes = cli_read(&c, "md/new/1002.a", &len);
	cr_expect_eq(len, c.out_len);
	cr_expect_arr_eq(bytes, c.out, len);
	g_free(bytes);
	cr_expect_eq(cli_line(&c, "verify --full cat.mailark"), 0, "%s", c.err);

	/* What is moved by a mail program, and what is new. */
	move(&c, "md/new/1002.a", "md/cur/1002.a:2,FS");
	message(&c, "md/new/1004.a", 4, "date");
	look(&c, INDEX, 0,
	     "found 4 = new 1 + moved 0 + changed 0 + unchanged 3 + failed 0; "
	     "flags changed 1");
	finds(&c, "banana", "number 2\n");
	finds(&c, "is:starred", "number 2\n");
	finds(&c, "date", "number 4\n");
	cr_expect_eq(cli_line(&c, "show cat.mailark 2"), 0, "%s", c.err);

	/* Into another folder, and away. */
	move(&c, "md/cur/1002.a:2,FS", "md/.Work/cur/1002.a:2,FS");
	removed(&c, "md/cur/1001.a:2,S");
	look(&c, INDEX, 0,
	     "found 3 = new 0 + moved 1 + changed 0 + unchanged 2 + failed 0; "
	     "gone 1");
	finds(&c, "banana folder:Work", "number 2\n");
	finds(&c, "apple", "");
	look(&c, INDEX, 0,
	     "found 3 = new 0 + moved 0 + changed 0 + unchanged 3 + failed 0");
	cr_expect_eq(cli_line(&c, "verify --full cat.mailark"), 1);
	cli_end(&c);
}

Test(in_place, what_vanished_or_changed_is_told)
{
	struct cli c;

	cli_init(&c);
	make_maildir(&c);
	message(&c, "one.eml", 5, "elder");
	cli_mbox(&c, "in.mbox", 0, 10, 0);
	age(&c, "in.mbox");
	cr_assert_eq(cli_line(&c, INDEX " -q md one.eml in.mbox"), 0, "%s",
	             c.err);
	removed(&c, "md/cur/1001.a:2,S");
	cr_expect_eq(cli_line(&c, "show cat.mailark 1"), 2);
	cr_expect_eq(cli_lines(c.err), 1, "%s", c.err);
	cr_expect(strstr(c.err, "1001.a is gone"), "%s", c.err);
	message(&c, "one.eml", 5, "a changed word");
	cr_expect_eq(cli_line(&c, "show cat.mailark 4"), 2);
	cr_expect_eq(cli_lines(c.err), 1, "%s", c.err);
	cr_expect(strstr(c.err, "one.eml has changed since"), "%s", c.err);
	cli_mbox(&c, "in.mbox", 1, 10, 0);
	cr_expect_eq(cli_line(&c, "show cat.mailark 5"), 2);
	cr_expect_eq(cli_lines(c.err), 1, "%s", c.err);
	cr_expect(strstr(c.err, "has changed since"), "%s", c.err);
	cr_expect(strstr(c.err, "--again reads it"), "%s", c.err);
	/* The others are there, if elsewhere in the file. */
	cr_assert_eq(cli_line(&c, INDEX " -q"), 0, "%s", c.err);
	cr_expect_eq(cli_line(&c, "show cat.mailark 6"), 0, "%s", c.err);
	finds(&c, "changed", "number 5\n");
	cr_expect_eq(cli_line(&c, "show cat.mailark 4"), 2);

	/* What others make of it. */
	cr_expect_eq(cli_line(&c, "verify --full cat.mailark"), 1);
	cr_expect_eq(cli_line(&c, "copy -q cat.mailark out.mbox"), 0, "%s",
	             c.err);
	cr_expect_eq(cli_line(&c, "copy -q in.mbox cat.mailark"), 2);
	cr_expect(strstr(c.err, "lies elsewhere"), "%s", c.err);
	cr_expect_eq(cli_line(&c, "compact cat.mailark"), 2);
	cr_expect(strstr(c.err, "is not compacted"), "%s", c.err);
	cr_expect_eq(cli_line(&c, "repair cat.mailark"), 2);
	cr_expect_eq(cli_lines(c.err), 1, "%s", c.err);
	cr_expect_eq(cli_line(&c, "serve cat.mailark"), 2);
	cr_expect(strstr(c.err, "lies elsewhere is not served"), "%s", c.err);
	cli_end(&c);
}

/* What is in a zip that is cut short is not gone. */
Test(in_place, what_lies_in_something_damaged_stays_known)
{
	char *zip = g_build_filename(samples_dir(), "eml", "members.zip", NULL);
	gchar *bytes;
	gsize len;
	struct cli c;

	cli_init(&c);
	cr_assert(g_file_get_contents(zip, &bytes, &len, NULL), "%s", zip);
	make_dir(&c, "tree");
	message(&c, "tree/a.eml", 1, "apple");
	message(&c, "tree/b.eml", 2, "banana");
	cli_write(&c, "tree/members.zip", bytes, len);
	cr_assert_eq(cli_line(&c, INDEX " -q tree"), 0, "%s", c.err);
	cli_write(&c, "tree/members.zip", bytes, len / 3);
	removed(&c, "tree/b.eml");
	cr_expect_eq(cli_line(&c, INDEX " tree"), 1, "%s", c.err);
	cr_expect(strstr(c.out, "; gone 1; not looked at "), "%s", c.out);
	/* And found again when it is whole. */
	cli_write(&c, "tree/members.zip", bytes, len);
	look(&c, INDEX " tree", 0, "new 0 + moved 0 + changed 0 + unchanged ");
	cr_expect_not(strstr(c.out, "gone"), "%s", c.out);
	g_free(bytes);
	g_free(zip);
	cli_end(&c);
}

/* A folder that is empty all of a sudden is a disk that is not there. */
Test(in_place, what_cannot_be_looked_at_stays_known)
{
	struct cli c;

	cli_init(&c);
	make_maildir(&c);
	cr_assert_eq(cli_line(&c, INDEX " -q md"), 0, "%s", c.err);
	move(&c, "md", "away");
	cr_expect_eq(cli_line(&c, INDEX), 2);
	cr_expect_eq(cli_lines(c.err), 1, "%s", c.err);
	make_dir(&c, "md");
	cr_expect_eq(cli_line(&c, INDEX), 2);
	finds(&c, "banana", "number 2\n");
	cli_end(&c);
}

Test(in_place, an_mbox_that_grew_is_read_on)
{
	struct cli c;
	size_t a, b;

	cli_init(&c);
	cli_mbox(&c, "box/in.mbox", 0, 500, 3000);
	cli_mbox(&c, "more.mbox", 500, 7, 0);
	age(&c, "box/in.mbox");
	look(&c, INDEX " box", 0, "found 500 = new 500 ");
	look(&c, INDEX, 0, "new 0 + moved 0 + changed 0 + unchanged 500 ");
	char *old = cli_read(&c, "box/in.mbox", &a);
	char *more = cli_read(&c, "more.mbox", &b);
	char *all = g_malloc(a + b);
	memcpy(all, old, a);
	memcpy(all + a, more, b);
	cli_write(&c, "box/in.mbox", all, a + b);
	age(&c, "box/in.mbox");
	look(&c, INDEX, 0,
	     "found 507 = new 7 + moved 0 + changed 0 + unchanged 500 ");
	cr_expect_eq(cli_line(&c, "verify --full cat.mailark"), 0, "%s", c.err);

	/* And one that did not only grow is read whole. */
	char *hit = memmem(all + a / 3, a / 3, "\nSubject: ", 10);
	cr_assert_not_null(hit);
	hit[10] ^= 1;
	memcpy(all, "From nobody", 11);
	cli_write(&c, "box/in.mbox", all, a + b);
	age(&c, "box/in.mbox");
	look(&c, INDEX, 0,
	     "found 507 = new 0 + moved 0 + changed 1 + unchanged 506 ");
	cr_expect_eq(cli_line(&c, "verify cat.mailark"), 0, "%s", c.err);
	g_free(old);
	g_free(more);
	g_free(all);
	cli_end(&c);
}

/* Same size, same time: only --again looks. */
Test(in_place, again_reads_what_looks_unchanged)
{
	struct cli c;

	cli_init(&c);
	make_dir(&c, "tree");
	message(&c, "tree/a.eml", 1, "apple");
	cr_assert_eq(cli_line(&c, INDEX " -q tree"), 0, "%s", c.err);
	message(&c, "tree/a.eml", 1, "grape");
	look(&c, INDEX, 0, "+ changed 1 ");
	finds(&c, "grape", "number 1\n");
	char *path = cli_path(&c, "tree/a.eml");
	struct stat st;
	cr_assert_eq(stat(path, &st), 0);
	message(&c, "tree/a.eml", 1, "peach");
	struct timespec times[2] = {st.st_mtim, st.st_mtim};
	cr_assert_eq(utimensat(0, path, times, 0), 0);
	g_free(path);
	look(&c, INDEX, 0, "+ unchanged 1 ");
	look(&c, INDEX " --again", 0, "+ changed 1 ");
	finds(&c, "peach", "number 1\n");
	cli_end(&c);
}

Test(in_place, bad_use_is_one_line)
{
	static const char *const lines[] = {
		"index --in-place md",
		"index -o cat.mailark md",
		INDEX " no-such",
		INDEX " imap://user@127.0.0.1:1/",
		"index --in-place -o md/cat.mailark md",
		"index --in-place -o a.mailark md",
		"index --in-place -o a.mailark md in.mbox in.mbox",
		INDEX " a.mailark",
		INDEX,
	};
	struct cli c;

	cli_init(&c);
	make_maildir(&c);
	cli_mbox(&c, "in.mbox", 0, 2, 0);
	cr_assert_eq(cli_line(&c, "copy -q in.mbox a.mailark"), 0);
	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		cr_expect_eq(cli_line(&c, lines[i]), 2, "%s", lines[i]);
		/* And perhaps where there is more to read. */
		cr_expect_leq(cli_lines(c.err), 2, "%s: %s", lines[i], c.err);
		cr_expect_not(cli_exists(&c, "cat.mailark"), "%s", lines[i]);
	}
	cr_expect_not(cli_exists(&c, "md/cat.mailark"));
	cli_end(&c);
}

/* Killed at any time, the next run ends what was begun. */
Test(in_place, a_killed_run_goes_on)
{
	struct cli c;

	cli_init(&c);
	cli_mbox(&c, "box/a.mbox", 0, 3000, 2000);
	cli_mbox(&c, "box/b.mbox", 3000, 3000, 2000);
	age(&c, "box/a.mbox");
	age(&c, "box/b.mbox");
	for (int i = 0; i < 8; i++) {
		pid_t pid = cli_start(&c, INDEX " -q box");
		g_usleep((gulong)(i + 1) * 25000);
		kill(pid, SIGKILL);
		(void)cli_wait(&c, pid);
	}
	cr_assert_eq(cli_line(&c, INDEX " -q box"), 0, "%s", c.err);
	look(&c, INDEX, 0,
	     "found 6,000 = new 0 + moved 0 + changed 0 + "
	     "unchanged 6,000 + failed 0");
	cr_expect_eq(cli_line(&c, "verify --full cat.mailark"), 0, "%s", c.err);
	cr_expect(strstr(c.out, "6,000 of 6,000 messages can be found"), "%s",
	          c.out);
	cli_end(&c);
}

/* ---- whatever a source reads ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The hashes of all messages listed, sorted. */
static char *hashes(const char *listing)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
	GString *out = g_string_new(NULL);

	for (const char *at = listing; (at = strstr(at, "\"sha256\":\"")); at++)
		g_ptr_array_add(all, g_strndup(at + 10, 64));
	g_ptr_array_sort(all, by_text);
	for (guint i = 0; i < all->len; i++)
		g_string_append_printf(out, "%s\n", (char *)all->pdata[i]);
	g_ptr_array_free(all, TRUE);
	return g_string_free(out, FALSE);
}

static void through(struct cli *c, const char *sample, unsigned n)
{
	char *catalog = g_strdup_printf("s%u.mailark", n);
	char *archive = g_strdup_printf("t%u.mailark", n);

	cr_assert_eq(cli_run(c, "list", "--messages", "--json", sample, NULL),
	             0, "%s: %s", sample, c->err);
	char *want = hashes(c->out);
	cr_expect_eq(cli_run(c, "index", "--in-place", "-q", "-o", catalog,
	                     sample, NULL),
	             0, "%s: %s", sample, c->err);
	cr_expect_eq(cli_run(c, "verify", "--full", catalog, NULL), 0, "%s: %s",
	             sample, c->err);
	/* Copied out of there, so read where it lies. */
	cr_expect_eq(
		cli_run(c, "copy", "-q", "--no-index", catalog, archive, NULL),
		0, "%s: %s", sample, c->err);
	cr_assert_eq(cli_run(c, "list", "--messages", "--json", archive, NULL),
	             0);
	char *got = hashes(c->out);
	cr_expect_str_eq(got, want, "%s", sample);
	/* Nothing comes twice. */
	cr_assert_eq(cli_run(c, "index", "--in-place", "--json", "-o", catalog,
	                     NULL),
	             0, "%s: %s", sample, c->err);
	cr_expect(strstr(c->out, "\"new\":0,\"moved\":0,\"changed\":0,"),
	          "%s: %s", sample, c->out);
	cr_expect(strstr(c->out,
	                 "\"failed\":0,\"flags\":0,\"gone\":0,\"kept\":0}"),
	          "%s: %s", sample, c->out);
	g_free(want);
	g_free(got);
	g_free(catalog);
	g_free(archive);
}

Test(in_place, every_format_is_read_through)
{
	GDir *top = g_dir_open(samples_dir(), 0, NULL);
	const char *format, *name;
	struct cli c;
	unsigned n = 0;

	cr_assert_not_null(top);
	cli_init(&c);
	while ((format = g_dir_read_name(top))) {
		char *dir = g_build_filename(samples_dir(), format, NULL);
		GDir *d = g_dir_open(dir, 0, NULL);
		while (d && (name = g_dir_read_name(d))) {
			if (!strcmp(name, "README.md") ||
			    g_str_has_suffix(name, ".expect") ||
			    g_str_has_suffix(name, ".c"))
				continue;
			char *sample = g_build_filename(dir, name, NULL);
			through(&c, sample, n++);
			g_free(sample);
		}
		if (d)
			g_dir_close(d);
		g_free(dir);
	}
	g_dir_close(top);
	cr_expect_gt(n, 30);
	cli_end(&c);
}
