/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a copy may be written to, and what it finds there. */
#include "tests/support/run_cli.h"

#include <criterion/criterion.h>

#include <string.h>

Test(copy_target, a_folder_of_other_things_is_no_target)
{
	struct cli c;

	cli_init(&c);
	cli_mbox(&c, "in.mbox", 0, 3, 0);
	cli_write(&c, "papers/taxes.txt", "1", 1);
	cr_expect_eq(cli_line(&c, "copy in.mbox papers"), 2);
	cr_expect(strstr(c.err, "papers: is a folder with other things"), "%s",
	          c.err);
	cr_expect_not(cli_exists(&c, "papers/cur"));
	cr_expect_eq(cli_line(&c, "copy --to maildir in.mbox papers"), 0);
	cr_expect_eq(cli_line(&c, "copy in.mbox papers"), 0, "%s", c.err);
	cli_end(&c);
}

Test(copy_target, a_target_that_cannot_be_made_is_named)
{
	struct cli c;

	cli_init(&c);
	cli_mbox(&c, "in.mbox", 0, 3, 0);
	cr_expect_eq(cli_line(&c, "copy in.mbox no/sub/a.mailark"), 2);
	cr_expect(strstr(c.err, "no/sub: No such"), "%s", c.err);
	cr_expect_not(strstr(c.err, ".lock"), "%s", c.err);
	cli_end(&c);
}

Test(copy_target, a_target_inside_the_source_is_refused_there_or_not)
{
	static const char *const lines[] = {
		"copy M M/",
		"copy M M/sub/",
		"copy M/ M/sub/deep/er/",
		"copy M ./M/sub/",
		"copy --to maildir ./M M/sub",
		"copy M .",
	};
	struct cli c;

	cli_init(&c);
	cli_mbox(&c, "in.mbox", 0, 3, 0);
	cr_assert_eq(cli_line(&c, "copy in.mbox M/"), 0);
	for (size_t i = 0; i < AM_COUNT(lines); i++) {
		cr_expect_eq(cli_line(&c, lines[i]), 2, "%s", lines[i]);
		cr_expect(strstr(c.err, "inside the ") ||
		                  strstr(c.err, "at once"),
		          "%s: %s", lines[i], c.err);
	}
	cr_expect_not(cli_exists(&c, "M/sub"));
	cr_expect_eq(cli_line(&c, "copy M N/a/"), 0, "%s", c.err);
	cli_end(&c);
}

/* The dialect is that of what is written; what is there says its own. */
Test(copy_target, is_read_by_its_own_dialect)
{
	static const char box[] =
		"From a@b.example Mon Jan  1 00:00:01 2024\n"
		"From: a@b.example\nSubject: one\n\n>From here on\n\n"
		"From a@b.example Mon Jan  1 00:00:02 2024\n"
		"From: a@b.example\nSubject: two\n\n>>From there\n\n";
	struct cli c;

	cli_init(&c);
	cli_write(&c, "in.mbox", box, sizeof(box) - 1);
	cr_assert_eq(cli_line(&c, "copy in.mbox out.mbox"), 0, "%s", c.err);
	cr_assert_eq(cli_line(&c, "copy --to mbox,dialect=mboxcl2 in.mbox "
	                          "out.mbox"),
	             0, "%s", c.err);
	cr_expect(strstr(c.out, "stored 0 + duplicates 2"), "%s", c.out);
	cli_end(&c);
}
