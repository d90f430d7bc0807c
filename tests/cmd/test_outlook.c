/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outlook's files on the command line: words, options, exit status. */
#include "support/msg_sample.h"
#include "support/olm_sample.h"
#include "support/pst_sample.h"
#include "support/run_cli.h"

#include <criterion/criterion.h>
#include <glib.h>
#include <glib/gstdio.h>

#include <signal.h>
#include <string.h>
#include <unistd.h>

static char *put(struct cli *cli, const char *name, GByteArray *file)
{
	char *path = cli_path(cli, name);
	cr_assert(g_file_set_contents(path, (const char *)file->data,
	                              (gssize)file->len, NULL));
	g_byte_array_free(file, TRUE);
	return path;
}

Test(outlook, is_known_by_its_bytes_and_goes_into_an_archive, .timeout = 60)
{
	struct cli cli;
	cli_init(&cli);
	/* A name that says nothing. */
	char *file =
		put(&cli, "backup.bin", am_test_pst_sample(AM_PST_UNICODE, 1));
	char *archive = cli_path(&cli, "x.mailark");
	cr_expect(cli_run(&cli, "copy", file, archive, NULL) == 0);
	cr_expect(strstr(cli.out, "found 9 = stored 9 + duplicates 0"), "%s",
	          cli.out);
	cr_expect(strstr(cli.err, "1 item in no list left out (deleted=yes"),
	          "%s", cli.err);
	cr_expect(cli_run(&cli, "compare", file, archive, NULL) == 0, "%s",
	          cli.err);
	cr_expect(cli_run(&cli, "copy", "--from", "pst,deleted=yes", file,
	                  archive, NULL) == 0);
	cr_expect(strstr(cli.out, "found 10 = stored 1 + duplicates 9"), "%s",
	          cli.out);
	cr_expect(cli_run(&cli, "search", archive, "inner words", NULL) == 0);
	cr_expect(strstr(cli.out, "Fw: the one within"), "%s", cli.out);
	g_free(archive);
	g_free(file);
	cli_end(&cli);
}

/* What a Maildir has in cur/ is a message of its, whatever it looks like. */
Test(outlook, a_maildirs_files_are_the_maildirs, .timeout = 60)
{
	struct cli cli;
	cli_init(&cli);
	char *cur = cli_path(&cli, "md/cur");
	cr_assert_eq(g_mkdir_with_parents(cur, 0700), 0);
	g_free(put(&cli, "md/cur/1.x:2,S",
	           am_test_pst_sample(AM_PST_UNICODE, 1)));
	g_free(put(&cli, "md/x.pst", am_test_pst_sample(AM_PST_UNICODE, 1)));
	cr_expect(cli_line(&cli, "copy md null:") == 0, "%s", cli.err);
	cr_expect(strstr(cli.out, "found 10 = stored 10 "), "%s", cli.out);
	g_free(cur);
	cli_end(&cli);
}

Test(outlook, damage_is_named_and_the_exit_status_says_so, .timeout = 60)
{
	struct cli cli;
	cli_init(&cli);
	char *damaged = put(&cli, "damaged.pst", am_test_pst_damaged());
	char *loop = put(&cli, "loop.pst", am_test_pst_loop());
	cr_expect(cli_run(&cli, "copy", damaged, "null:", NULL) == 1);
	cr_expect(strstr(cli.out, "found 9 = stored 9"), "%s", cli.out);
	cr_expect(strstr(cli.out, "\n1 message with parts missing, "), "%s",
	          cli.out);
	cr_expect(strstr(cli.err, "attachment 0x8045: it has no data"), "%s",
	          cli.err);
	char *report = cli_path(&cli, "report.json"), *text = NULL;
	cr_expect(cli_run(&cli, "copy", "--report", report, damaged,
	                  "null:", NULL) == 1);
	cr_assert(g_file_get_contents(report, &text, NULL, NULL));
	cr_expect(strstr(text, "\"incomplete\":1"), "%s", text);
	g_free(text);
	g_free(report);
	cr_expect(cli_run(&cli, "copy", loop, "null:", NULL) == 1);
	cr_expect(strstr(cli.err, "the message that it stands in"), "%s",
	          cli.err);
	g_free(damaged);
	g_free(loop);
	cli_end(&cli);
}

Test(outlook, an_ost_is_not_written_and_says_so, .timeout = 60)
{
	struct cli cli;
	cli_init(&cli);
	char *file = put(&cli, "x.ost", am_test_pst_sample(AM_PST_OST4K, 0));
	char *target = cli_path(&cli, "new.ost");
	cr_expect(cli_run(&cli, "copy", file, target, NULL) == 2);
	cr_expect(strstr(cli.err, "what is written is a .pst"), "%s", cli.err);
	cr_expect(!g_file_test(target, G_FILE_TEST_EXISTS));
	char *named = g_strdup_printf("ost:%s", file);
	cr_expect(cli_run(&cli, "list", named, NULL) == 0);
	cr_expect(strstr(cli.out, "Gesendete Objekte"));
	g_free(named);
	g_free(target);
	g_free(file);
	cli_end(&cli);
}

Test(outlook, mail_to_pst_to_mail_is_the_same_file, .timeout = 60)
{
	struct cli cli;
	size_t a_len, b_len;
	cli_init(&cli);
	cli_mbox(&cli, "in.mbox", 0, 300, 3000);
	cr_expect_eq(cli_line(&cli, "copy --to pst,verify=yes in.mbox x.pst"),
	             0, "%s", cli.err);
	cr_expect(strstr(cli.out, "found 300 = stored 300"), "%s", cli.out);
	cr_expect_eq(cli_line(&cli, "compare --strict in.mbox x.pst"), 0, "%s",
	             cli.out);
	cr_expect_eq(cli_line(&cli, "copy x.pst out.mbox"), 0, "%s", cli.err);
	char *a = cli_read(&cli, "in.mbox", &a_len);
	char *b = cli_read(&cli, "out.mbox", &b_len);
	cr_expect_eq(a_len, b_len);
	cr_expect(!memcmp(a, b, a_len));
	g_free(a);
	g_free(b);
	/* Every night: what is new goes into a file of its own. */
	cr_expect_eq(cli_line(&cli, "copy in.mbox x.pst"), 0);
	cr_expect(strstr(cli.out, "stored 0 + duplicates 300"), "%s", cli.out);
	cr_expect(!cli_exists(&cli, "x-2.pst"));
	cli_mbox(&cli, "in.mbox", 0, 310, 3000);
	cr_expect_eq(cli_line(&cli, "copy in.mbox x.pst"), 0);
	cr_expect(strstr(cli.out, "stored 10 + duplicates 300"), "%s", cli.out);
	cr_expect(cli_exists(&cli, "x-2.pst"));
	cr_expect_eq(cli_line(&cli, "copy x.pst x-2.pst both.mbox"), 0);
	cr_expect_eq(cli_line(&cli, "compare in.mbox both.mbox"), 0, "%s",
	             cli.out);
	cli_end(&cli);
}

/* However many sources, it is one file; whatever becomes of the last. */
Test(outlook, several_sources_go_into_one_pst, .timeout = 60)
{
	struct cli cli;
	cli_init(&cli);
	cli_mbox(&cli, "a.mbox", 0, 30, 300);
	cli_mbox(&cli, "b.mbox", 100, 20, 300);
	cr_expect_eq(cli_line(&cli, "copy a.mbox b.mbox x.pst"), 0, "%s",
	             cli.err);
	cr_expect(strstr(cli.out, "in all: found 50 = stored 50"), "%s",
	          cli.out);
	cr_expect(!cli_exists(&cli, "x-2.pst"));
	cr_expect_eq(cli_line(&cli, "list x.pst"), 0);
	cr_expect(strstr(cli.out, "  a") && strstr(cli.out, "  b"), "%s",
	          cli.out);
	/* One that looks like mail and is gone when it is its turn. */
	cli_write(&cli, "bad.pst", "!BDN", 4);
	cr_expect_eq(cli_line(&cli, "copy a.mbox pst:bad.pst y.pst"), 2);
	cr_expect_eq(cli_line(&cli, "compare a.mbox y.pst"), 0, "%s", cli.out);
	/* A zip, which cannot be added to, either. */
	cr_expect_eq(cli_line(&cli, "copy a.mbox b.mbox x.zip"), 0, "%s",
	             cli.err);
	cr_expect_eq(cli_line(&cli, "copy x.zip all.mbox"), 0);
	cr_expect(strstr(cli.out, "found 50 = stored 50"), "%s", cli.out);
	cli_end(&cli);
}

Test(outlook, interrupted_a_pst_is_whole_or_not_there, .timeout = 120)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGKILL, SIGKILL};
	struct cli cli;
	cli_init(&cli);
	cli_mbox(&cli, "in.mbox", 0, 20000, 2000);
	for (size_t i = 0; i < AM_COUNT(signals); i++) {
		pid_t pid = cli_start(&cli, "copy in.mbox x.pst");
		/* As soon as there is something to interrupt. */
		for (int k = 0; k < 1000 && !cli_exists(&cli, "x.pst.lock");
		     k++)
			usleep(1000);
		usleep(30000 * ((unsigned)i + 1));
		kill(pid, signals[i]);
		cli_wait(&cli, pid);
		cr_expect(cli.status == -signals[i] || cli.status == 2 ||
		                  cli.status == 0,
		          "%d", cli.status);
		if (cli.status == 2)
			cr_expect(strstr(cli.err, "run the same command again"),
			          "%s", cli.err);
		if (cli_exists(&cli, "x.pst"))
			cr_expect_eq(cli_line(&cli, "list x.pst"), 0, "%s",
			             cli.err);
		else
			cr_expect_eq(signals[i], SIGKILL);
	}
	cr_assert_eq(cli_line(&cli, "copy in.mbox x.pst"), 0, "%s", cli.err);
	GString *line = g_string_new("copy x.pst");
	for (int n = 2; n < 9; n++) {
		char *name = g_strdup_printf("x-%d.pst", n);
		if (cli_exists(&cli, name))
			g_string_append_printf(line, " %s", name);
		g_free(name);
	}
	g_string_append(line, " all.mbox");
	cr_assert_eq(cli_line(&cli, line->str), 0, "%s", cli.err);
	cr_expect_eq(cli_line(&cli, "compare in.mbox all.mbox"), 0, "%s",
	             cli.out);
	/* Nothing half done lies around. */
	GDir *dir = g_dir_open(cli.dir, 0, NULL);
	for (const char *name; (name = g_dir_read_name(dir));)
		cr_expect(!strstr(name, ".tmp") && !strstr(name, ".lock"), "%s",
		          name);
	g_dir_close(dir);
	g_string_free(line, TRUE);
	cli_end(&cli);
}

/* A file that begins with these bytes, packed. */
static void put_packed(struct cli *cli, const char *name, const char *command)
{
	char *file = put(cli, name, am_test_pst_sample(AM_PST_UNICODE, 1));
	const char *argv[] = {command, "-q", file, NULL};
	int status = -1;
	cr_assert(g_spawn_sync(NULL, (char **)(uintptr_t)argv, NULL,
	                       G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
	                       &status, NULL) &&
	          !status);
	g_free(file);
}

static char *make_tree(struct cli *cli)
{
	char *tree = cli_path(cli, "old");
	char *below = cli_path(cli, "old/sub");
	cr_assert(!g_mkdir(tree, 0777) && !g_mkdir(below, 0777));
	g_free(put(cli, "old/x.PST", am_test_pst_sample(AM_PST_UNICODE, 1)));
	g_free(put(cli, "old/x.ost", am_test_pst_sample(AM_PST_OST4K, 0)));
	g_free(put(cli, "old/sub/noname", am_test_pst_many(AM_PST_ANSI, 3, 3)));
	g_free(below);
	return tree;
}

Test(outlook, a_folder_of_files_is_read_each_as_a_folder, .timeout = 60)
{
	static const char *const folders[] = {
		"  x/Posteingang\n", "  x (2)/Posteingang\n",
		"  x/Posteingang/Müller \\/ Söhne\n", "  sub/noname/Inbox\n",
		"        21         17     ~"};
	struct cli cli;
	cli_init(&cli);
	char *tree = make_tree(&cli);
	char *named = g_strdup_printf("pst:%s", tree);
	for (unsigned i = 0; i < 2; i++) {
		const char *what = i ? named : tree;
		cr_expect(cli_run(&cli, "list", what, NULL) == 0, "%s",
		          cli.err);
		for (size_t k = 0; k < AM_COUNT(folders); k++)
			cr_expect(strstr(cli.out, folders[k]), "%s in %s",
			          folders[k], cli.out);
		cr_expect(cli_run(&cli, "copy", what, "null:", NULL) == 0, "%s",
		          cli.err);
		cr_expect(strstr(cli.out, "found 21 = stored 21"), "%s",
		          cli.out);
		cr_expect(strstr(cli.err, "x.PST: 1 item in no list"), "%s",
		          cli.err);
	}
	/* The same mail twice, composed by several threads and by one. */
	char *archive = cli_path(&cli, "x.mailark");
	cr_expect(cli_run(&cli, "copy", named, archive, NULL) == 0, "%s",
	          cli.err);
	cr_expect(cli_run(&cli, "copy", "-j", "1", named, archive, NULL) == 0,
	          "%s", cli.err);
	cr_expect(strstr(cli.out, "found 21 = stored 0 + duplicates 21"), "%s",
	          cli.out);
	g_free(archive);
	g_free(named);
	g_free(tree);
	cli_end(&cli);
}

Test(outlook, files_in_a_tree_are_read_with_the_rest_of_it, .timeout = 60)
{
	static const char mail[] =
		"From: a@b\nDate: Thu, 1 Jan 2024 00:00:00 +0000\n"
		"Subject: x\n\ny\n";
	struct cli cli;
	cli_init(&cli);
	char *tree = make_tree(&cli);
	char *eml = cli_path(&cli, "old/m.eml");
	char *mbox = cli_path(&cli, "old/sub/a.mbox");
	char *text =
		g_strconcat("From a@b Thu Jan  1 00:00:00 2024\n", mail, NULL);
	cr_assert(g_file_set_contents(mbox, text, -1, NULL));
	for (unsigned i = 0; i < 2; i++) {
		cr_expect(cli_run(&cli, "copy", tree, "null:", NULL) == 0, "%s",
		          cli.err);
		cr_expect(strstr(cli.out, i ? "found 23 = stored 23"
		                            : "found 22 = stored 22"),
		          "%s", cli.out);
		cr_expect(!strstr(cli.err, "passed over"), "%s", cli.err);
		cr_assert(g_file_set_contents(eml, mail, -1, NULL));
	}
	/* Where it is said what is meant, what that does not read is told. */
	char *named = g_strdup_printf("mbox:%s", tree);
	cr_expect(cli_run(&cli, "copy", named, "null:", NULL) == 0);
	cr_expect(strstr(cli.err, "x.PST: Outlook's, passed over"), "%s",
	          cli.err);
	g_free(named);
	g_free(text);
	g_free(mbox);
	g_free(eml);
	g_free(tree);
	cli_end(&cli);
}

/* One that cannot be read is a failure with a name, and the others are read. */
Test(outlook, what_cannot_be_read_in_a_tree_is_named, .timeout = 60)
{
	struct cli cli;
	cli_init(&cli);
	char *tree = make_tree(&cli);
	char *cut = cli_path(&cli, "old/cut.pst");
	cr_assert(g_file_set_contents(cut, "!BDN, not really", -1, NULL));
	cr_expect(cli_run(&cli, "copy", tree, "null:", NULL) == 1);
	cr_expect(strstr(cli.out, "found 22 = stored 21 + duplicates 0 + "
	                          "filtered 0 + failed 1"),
	          "%s", cli.out);
	cr_expect(strstr(cli.err, "cut.pst"), "%s", cli.err);
	g_free(cut);
	g_free(tree);
	cli_end(&cli);
}

/* Nobody has to unpack it first. */
Test(outlook, a_packed_one_is_read, .timeout = 60)
{
	struct cli cli;
	cli_init(&cli);
	char *tree = make_tree(&cli);
	put_packed(&cli, "old/sub/packed.pst", "gzip");
	cr_expect(cli_run(&cli, "list", tree, NULL) == 0, "%s", cli.err);
	cr_expect(strstr(cli.out, "  sub/packed/Posteingang\n"), "%s", cli.out);
	char *plain =
		put(&cli, "plain.pst", am_test_pst_sample(AM_PST_UNICODE, 1));
	char *packed = cli_path(&cli, "old/sub/packed.pst.gz");
	cr_expect(cli_run(&cli, "compare", "--strict", plain, packed, NULL) ==
	                  0,
	          "%s%s", cli.out, cli.err);
	/* Cut off it is named as what it is. */
	char *bytes = NULL;
	gsize len = 0;
	cr_assert(g_file_get_contents(packed, &bytes, &len, NULL));
	cr_assert(g_file_set_contents(packed, bytes, (gssize)len / 3, NULL));
	cr_expect(cli_run(&cli, "copy", packed, "null:", NULL) != 0);
	cr_expect(strstr(cli.err, "compressed data is cut short"), "%s",
	          cli.err);
	cr_expect_null(strstr(cli.err, "/proc/"), "%s", cli.err);
	g_free(bytes);
	g_free(plain);
	g_free(packed);
	g_free(tree);
	cli_end(&cli);
}

/* Apple's copies of names are nothing; one that is no archive is a failure. */
Test(outlook, an_olm_in_a_tree_is_read, .timeout = 60)
{
	static const char mail[] = "From: a@b\nSubject: x\n\ny\n";
	GByteArray *olm = am_test_olm(TRUE, FALSE);
	struct cli cli;
	cli_init(&cli);
	cli_write(&cli, "in/a.eml", mail, sizeof mail - 1);
	cli_write(&cli, "in/Old Mac.OLM", olm->data, olm->len);
	cr_expect_eq(cli_line(&cli, "copy in/ null:"), 0, "%s", cli.err);
	cr_expect(strstr(cli.out, "found 6 = stored 6"), "%s", cli.out);
	cr_expect(strstr(cli.err, "Old Mac.OLM: 1 attachment that no item"),
	          "%s", cli.err);
	cr_expect_eq(cli_line(&cli, "list in/"), 0);
	cr_expect(strstr(cli.out, "Old Mac/ann@a.example/Inbox"), "%s",
	          cli.out);
	cli_write(&cli, "in/Old Mac.OLM", "PK\3\4zip", 7);
	cr_expect_eq(cli_line(&cli, "copy in/ null:"), 1, "%s", cli.err);
	cr_expect(strstr(cli.err, "Old Mac.OLM: no zip"), "%s", cli.err);
	cli_end(&cli);
	g_byte_array_free(olm, TRUE);
}

/* Which stands in the files, and not beside them. */
Test(outlook, whether_a_msg_was_read_is_listed, .timeout = 60)
{
	GByteArray *read = am_test_msg_file(AM_TEST_MSG_RECEIVED);
	GByteArray *unread = am_test_msg_file(AM_TEST_MSG_NESTED);
	struct cli cli;
	cli_init(&cli);
	cli_write(&cli, "in/sub/a.msg", read->data, read->len);
	cli_write(&cli, "in/sub/b.msg", unread->data, unread->len);
	cr_expect_eq(cli_line(&cli, "list --json in/"), 0, "%s", cli.err);
	cr_expect(strstr(cli.out, "\"messages\":2,\"unseen\":1"), "%s",
	          cli.out);
	cli_end(&cli);
	g_byte_array_free(read, TRUE);
	g_byte_array_free(unread, TRUE);
}
