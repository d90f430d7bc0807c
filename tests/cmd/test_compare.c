/* SPDX-License-Identifier: GPL-3.0-or-later */
/* compare: what became of mail on its way; copy: what a later export says. */
#include "support/run_cli.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

#define SEP "From a@b.example Mon Jan  1 00:00:00 2001\n"
#define MAIL(n)                                                     \
	"From: a@b.example\nDate: Mon, 1 Jan 2001 00:00:00 +0000\n" \
	"Message-ID: <" n "@x>\nSubject: " n "\n\n" n " text\n"

static void write_eml(struct cli *c, const char *name, const char *text)
{
	cli_write(c, name, text, strlen(text));
}

static void make_sides(struct cli *c)
{
	write_eml(c, "A/1.eml", MAIL("one"));
	write_eml(c, "B/1.eml", MAIL("one"));
	write_eml(c, "A/2.eml", MAIL("two"));
	write_eml(c, "B/2.eml",
	          "Received: from x by y; Mon, 1 Jan 2001 "
	          "00:00:01 +0000\n" MAIL("two"));
	write_eml(c, "A/3.eml", MAIL("three"));
	write_eml(c, "B/3.eml", "Status: RO\n" MAIL("three"));
	write_eml(c, "A/4.eml", MAIL("four"));
	write_eml(c, "B/elsewhere/4.eml", MAIL("four"));
}

Test(compare, says_what_became_of_a_mail, .timeout = 60)
{
	struct cli c;

	cli_init(&c);
	make_sides(&c);
	cr_expect_eq(cli_line(&c, "compare eml:A eml:B"), 1, "%s", c.err);
	cr_expect(strstr(c.out, " 2 in both, byte for byte"), "%s", c.out);
	cr_expect(strstr(c.out, "in elsewhere"), "%s", c.out);
	cr_expect(strstr(c.out, " 2 the same mail, in other bytes"), "%s",
	          c.out);
	cr_expect(strstr(c.out, "1  Received added\n"), "%s", c.out);
	cr_expect(strstr(c.out, "three: Status added"), "%s", c.out);
	cr_expect(strstr(c.out, " 0 only in eml:A"), "%s", c.out);
	cr_expect_eq(cli_line(&c, "compare --content eml:A eml:B"), 0);
	cr_expect_eq(cli_line(&c, "compare --content --strict eml:A eml:B"), 2);
	cr_expect_eq(cli_line(&c, "compare --json eml:B eml:A"), 1);
	cr_expect(strstr(c.out, "\"changed\":2,\"other_text\":0,"), "%s",
	          c.out);
	cr_expect(strstr(c.out, "\"why_changed\":{\"Received removed\":1,"
	                        "\"Status removed\":1}"),
	          "%s", c.out);
	cli_end(&c);
}

/* The same Message-ID and another text is told, and not equal. */
Test(compare, another_text_is_not_the_same_content, .timeout = 60)
{
	struct cli c;

	cli_init(&c);
	make_sides(&c);
	write_eml(&c, "B/2.eml", MAIL("two") "and more\n");
	cr_expect_eq(cli_line(&c, "compare --content eml:A eml:B"), 1);
	cr_expect(strstr(c.out, "1  another text\n"), "%s", c.out);
	write_eml(&c, "B/2.eml", "Subject: no id\n\nx\n");
	cr_expect_eq(cli_line(&c, "compare --content eml:A eml:B"), 1);
	cr_expect(strstr(c.out, " 1 only in eml:A"), "%s", c.out);
	cr_expect(strstr(c.out, " 1 only in eml:B"), "%s", c.out);
	cli_end(&c);
}

#define TAKEOUT(id, labels, n)                             \
	"From " id "@xxx Mon Jan 01 00:00:00 +0000 2001\n" \
	"X-GM-THRID: " id "\nX-Gmail-Labels: " labels "\n" MAIL(n) "\n"

/* Next year's Takeout, from another place. */
Test(compare, a_later_export_says_what_is_gone_and_relabelled, .timeout = 60)
{
	static const char old[] = TAKEOUT("1111111111111111111", "Inbox", "one")
		TAKEOUT("1111111111111111112", "Inbox", "two")
			TAKEOUT("1111111111111111113", "Work", "three");
	static const char new[] =
		TAKEOUT("1111111111111111111", "Inbox,Private", "one")
			TAKEOUT("1111111111111111113", "Work", "three")
				TAKEOUT("1111111111111111114", "Work", "four");
	struct cli c;

	cli_init(&c);
	cli_write(&c, "2024/All mail.mbox", old, sizeof old - 1);
	cli_write(&c, "2025/All mail.mbox", new, sizeof new - 1);
	cr_expect_eq(
		cli_run(&c, "copy", "2024/All mail.mbox", "m.mailark", NULL), 0,
		"%s", c.err);
	cr_expect_not(strstr(c.err, "since it was copied"), "%s", c.err);
	cr_expect_eq(cli_run(&c, "copy", "-v", "2025/All mail.mbox",
	                     "m.mailark", NULL),
	             0, "%s", c.err);
	cr_expect(strstr(c.out, "stored 1 + duplicates 2"), "%s", c.out);
	cr_expect(strstr(c.err, ": 1 messages are not in the source any more "
	                        "(they stay here), 1 have other labels"),
	          "%s", c.err);
	cr_expect(strstr(c.err, "message 2 is not in the source any more: two"),
	          "%s", c.err);
	cr_expect_eq(cli_line(&c, "search --count m.mailark label:private"), 0);
	cr_expect_str_eq(c.out, "1\n");
	/* What was only read in part says nothing. */
	cr_expect_eq(cli_run(&c, "copy", "--smaller", "1", "2025/All mail.mbox",
	                     "m.mailark", NULL),
	             0, "%s", c.err);
	cr_expect_not(strstr(c.err, "since it was copied"), "%s", c.err);
	cli_end(&c);
}
