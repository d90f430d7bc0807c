/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/run_cli.h"

#include <criterion/criterion.h>

#include <string.h>

/* What stands in the text of mail that would not have been there to see. */
static const char mail[] =
	"From: Mallory <mallory@example.org>\n"
	"Subject: parts\n"
	"Date: Wed, 01 Jan 2020 10:00:00 +0000\n"
	"MIME-Version: 1.0\n"
	"Content-Type: multipart/mixed; boundary=XX\n"
	"\n"
	"--XX\n"
	"Content-Type: text/plain\n"
	"\n"
	"before\0behind the byte\n"
	"--XX\n"
	"Content-Type: text/plain\n"
	"\n"
	"a footer\n"
	"--XX\n"
	"Content-Type: text/plain\n"
	"Content-Disposition: attachment; filename=notes.txt\n"
	"\n"
	"attached notes\n"
	"--XX--\n";

static void set_up(struct cli *c)
{
	cli_init(c);
	cli_write(c, "in.eml", mail, sizeof mail - 1);
	cr_assert_eq(cli_line(c, "copy in.eml a.mailark"), 0, "%s", c->err);
}

Test(show, text_goes_on_behind_a_nul)
{
	struct cli c;

	set_up(&c);
	cr_assert_eq(cli_line(&c, "show --text a.mailark 1"), 0);
	cr_assert(strstr(c.out, "before behind the byte\n"), "%s", c.out);
	cr_assert_eq(cli_line(&c, "search a.mailark behind"), 0);
	cr_assert(strstr(c.out, "before behind the byte"), "%s", c.out);
	cli_end(&c);
}

Test(show, parts_stand_apart_and_attachments_are_named)
{
	struct cli c;

	set_up(&c);
	cr_assert_eq(cli_line(&c, "show --text a.mailark 1"), 0);
	cr_assert_str_eq(c.out, "before behind the byte\n\na footer\n\n"
	                        "[attachment 3]\nattached notes\n");
	cr_assert_eq(cli_line(&c, "show --json a.mailark 1"), 0);
	cr_assert(strstr(c.out, "\"text\":\"before\\u0000behind the byte\\n\\n"
	                        "a footer\\n\\nattached notes\""),
	          "%s", c.out);
	cli_end(&c);
}
