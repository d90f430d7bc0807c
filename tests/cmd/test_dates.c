/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show --dates, list --dates, repair --dates. */
#include "support/run_cli.h"

#include <criterion/criterion.h>

#include <string.h>

#define RECEIVED "Received: from x by y; Wed, 7 Jan 2004 10:00:00 +0100\n"

/* One whose mailbox says the day of a copy, one that is right, one without a
 * road. */
static void make_archive(struct cli *c)
{
	static const char mbox[] =
		"From a@b.example Fri Mar  6 10:00:00 2020\n" RECEIVED
		"Date: Wed, 7 Jan 2004 09:59:00 +0100\nSubject: copied\n\nx\n\n"
		"From a@b.example Wed Jan  7 09:00:30 2004\n" RECEIVED
		"Date: Wed, 7 Jan 2004 09:59:00 +0100\nSubject: right\n\ny\n\n"
		"From a@b.example Thu Jan  8 09:00:30 2004\n"
		"Date: Mon, 5 Jan 2004 09:59:00 +0100\nSubject: sent\n\nz\n\n";

	cli_write(c, "in.mbox", mbox, sizeof mbox - 1);
	cr_assert_eq(cli_line(c, "copy in.mbox m.mailark"), 0, "%s", c->err);
}

Test(dates, are_shown_with_what_says_so, .timeout = 60)
{
	struct cli c;

	cli_init(&c);
	make_archive(&c);
	cr_expect_eq(cli_line(&c, "show --dates m.mailark 1"), 0, "%s", c.err);
	cr_expect(strstr(c.out, "* 2020-03-06T10:00:00+00:00"), "%s", c.out);
	cr_expect(strstr(c.out, "mbox.from"), "%s", c.out);
	cr_expect(strstr(c.out, "  2004-01-07T10:00:00+01:00"), "%s", c.out);
	cr_expect(strstr(c.out, "header.received"), "%s", c.out);
	cr_expect(strstr(c.out, "would take 2004-01-07T10:00:00+01:00 of "
	                        "header.received"),
	          "%s", c.out);
	cr_expect_eq(cli_line(&c, "show --dates m.mailark 2"), 0);
	cr_expect(strstr(c.out, "it stays: the header agrees within 48"), "%s",
	          c.out);
	cr_expect_eq(cli_line(&c, "show --dates --json m.mailark 3"), 0);
	cr_expect(strstr(c.out, "\"keep\":true"), "%s", c.out);
	cr_expect(strstr(c.out, "never travelled"), "%s", c.out);
	/* Any place can be asked. */
	cr_expect_eq(cli_line(&c, "list --dates in.mbox"), 0, "%s", c.err);
	cr_expect_eq(cli_lines(c.out), 3);
	cr_expect_eq(cli_count(c.out, "-> 2004-01-07"), 1, "%s", c.out);
	cr_expect_eq(cli_line(&c, "list --dates --json in.mbox"), 0);
	cr_expect_eq(cli_count(c.out, "\"keep\":false"), 1, "%s", c.out);
	cli_end(&c);
}

Test(dates, are_repaired_and_that_undone, .timeout = 60)
{
	struct cli c;

	cli_init(&c);
	make_archive(&c);
	cr_expect_eq(cli_line(&c, "repair --dates m.mailark"), 0, "%s", c.err);
	cr_expect(strstr(c.out, "of 3 messages in folders 1 have"), "%s",
	          c.out);
	cr_expect(strstr(c.out, "nothing is changed"), "%s", c.out);
	cr_expect_eq(cli_line(&c, "compare --strict in.mbox m.mailark"), 0);

	cr_expect_eq(cli_line(&c, "repair --dates --apply m.mailark"), 0, "%s",
	             c.err);
	cr_expect(strstr(c.out, "1 have another one now"), "%s", c.out);
	cr_expect_eq(cli_line(&c, "show --dates m.mailark 1"), 0);
	cr_expect(strstr(c.out, "* 2004-01-07T10:00:00+01:00"), "%s", c.out);
	/* What it had is not forgotten. */
	cr_expect(strstr(c.out, "  2020-03-06T10:00:00+00:00"), "%s", c.out);
	cr_expect_eq(cli_line(&c, "repair --dates m.mailark"), 0);
	cr_expect(strstr(c.out, " 0 have a date"), "%s", c.out);
	/* A catalog made anew says the same, and the source changes nothing. */
	cr_expect_eq(cli_line(&c, "verify --full m.mailark"), 0, "%s", c.out);
	cr_expect_eq(cli_line(&c, "rebuild m.mailark"), 0);
	cr_expect_eq(cli_line(&c, "copy in.mbox m.mailark"), 0);
	cr_expect_eq(cli_line(&c, "list --messages m.mailark"), 0);
	cr_expect_eq(cli_count(c.out, "2004-01-07 10:00"), 1, "%s", c.out);
	cr_expect_eq(cli_line(&c, "compact m.mailark"), 0, "%s", c.err);

	cr_expect_eq(cli_line(&c, "repair --dates --runs m.mailark"), 0);
	cr_expect(strstr(c.out, "1 decisions"), "%s", c.out);
	cr_expect_eq(cli_line(&c, "repair --dates --undo last --apply "
	                          "m.mailark"),
	             0, "%s", c.err);
	cr_expect(strstr(c.out, "1 of 1 decisions"), "%s", c.out);
	cr_expect_eq(cli_line(&c, "compare --strict in.mbox m.mailark"), 0,
	             "%s", c.out);
	cr_expect_eq(cli_line(&c, "dedup --runs m.mailark"), 0);
	cr_expect_str_eq(c.out, "", "runs of another kind");
	cli_end(&c);
}

Test(dates, options_that_make_no_sense_are_refused, .timeout = 60)
{
	struct cli c;

	cli_init(&c);
	make_archive(&c);
	cr_expect_eq(cli_line(&c, "repair --apply m.mailark"), 2);
	cr_expect_eq(cli_line(&c, "repair --dates --to x m.mailark"), 2);
	cr_expect_eq(cli_line(&c, "repair --dates --undo 5 m.mailark"), 2);
	cr_expect_eq(cli_line(&c, "show --dates --raw m.mailark 1"), 2);
	cli_end(&c);
}
