/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outlook's files on the command line: words, options, exit status. */
#include "support/pst_sample.h"
#include "support/run_cli.h"

#include <criterion/criterion.h>
#include <glib.h>
#include <glib/gstdio.h>

#include <string.h>

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

Test(outlook, damage_is_named_and_the_exit_status_says_so, .timeout = 60)
{
	struct cli cli;
	cli_init(&cli);
	char *damaged = put(&cli, "damaged.pst", am_test_pst_damaged());
	char *loop = put(&cli, "loop.pst", am_test_pst_loop());
	cr_expect(cli_run(&cli, "copy", damaged, "null:", NULL) == 1);
	cr_expect(strstr(cli.out, "found 9 = stored 9"), "%s", cli.out);
	cr_expect(strstr(cli.err, "attachment 0x8045: it has no data"), "%s",
	          cli.err);
	cr_expect(cli_run(&cli, "copy", loop, "null:", NULL) == 1);
	cr_expect(strstr(cli.err, "the message that it stands in"), "%s",
	          cli.err);
	g_free(damaged);
	g_free(loop);
	cli_end(&cli);
}

Test(outlook, is_not_written_and_says_so, .timeout = 60)
{
	struct cli cli;
	cli_init(&cli);
	char *file = put(&cli, "x.ost", am_test_pst_sample(AM_PST_OST4K, 0));
	char *target = cli_path(&cli, "new.pst");
	cr_expect(cli_run(&cli, "copy", file, target, NULL) == 2);
	cr_expect(strstr(cli.err, "read only"), "%s", cli.err);
	cr_expect(!g_file_test(target, G_FILE_TEST_EXISTS));
	char *named = g_strdup_printf("ost:%s", file);
	cr_expect(cli_run(&cli, "list", named, NULL) == 0);
	cr_expect(strstr(cli.out, "Gesendete Objekte"));
	g_free(named);
	g_free(target);
	g_free(file);
	cli_end(&cli);
}

Test(outlook, within_a_tree_is_told_to_be_copied_by_itself, .timeout = 60)
{
	struct cli cli;
	cli_init(&cli);
	char *tree = cli_path(&cli, "old");
	cr_assert(!g_mkdir(tree, 0777));
	char *file =
		put(&cli, "old/x.PST", am_test_pst_sample(AM_PST_UNICODE, 1));
	char *mbox = cli_path(&cli, "old/a.mbox");
	cr_assert(g_file_set_contents(
		mbox, "From a@b Thu Jan  1 00:00:00 2024\nSubject: x\n\ny\n",
		-1, NULL));
	cr_expect(cli_run(&cli, "copy", tree, "null:", NULL) == 0);
	cr_expect(strstr(cli.out, "found 1 = stored 1"), "%s", cli.out);
	cr_expect(strstr(cli.err, "x.PST: Outlook's, passed over"), "%s",
	          cli.err);
	g_free(mbox);
	g_free(file);
	g_free(tree);
	cli_end(&cli);
}
