/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark dedup: what counts as a copy, what stays, and that it can be undone.
 */
#include "support/run_cli.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

#define SEP  "From a@b.example Mon Jan  1 00:00:00 2001\n"
#define DATE "Date: Mon, 1 Jan 2001 00:00:00 +0000\n"
#define HEAD "From: a@b.example\nTo: c@d.example\n" DATE "Subject: one\n"
#define ONE  HEAD "Message-ID: <one@x>\n\nHello.\n\n"

/* In a: one; in b: one with storage headers and read, one with another road,
 * and another mail with its Message-ID. */
static void make_archive(struct cli *c)
{
	static const char a[] = SEP ONE SEP "From: a@b.example\n" DATE
					    "Subject: none\n\nNo id.\n\n";
	static const char b[] = SEP
		"Status: RO\nX-Mozilla-Status: 0001\n" ONE SEP
		"Received: from x by y; Mon, 1 Jan 2001 00:00:01 +0000\n" ONE
			SEP
		"From: z@b.example\nMessage-ID: <one@x>\nSubject: other\n\nNo."
		"\n\n" SEP "From: a@b.example\n" DATE
		"Subject: none\n\nNo id, other.\n\n";

	cli_write(c, "in/a.mbox", a, sizeof a - 1);
	cli_write(c, "in/b.mbox", b, sizeof b - 1);
	cr_assert_eq(cli_line(c, "copy in m.mailark"), 0, "%s", c->err);
}

static int count(struct cli *c, const char *query)
{
	cr_assert_eq(cli_run(c, "search", "--count", "m.mailark", query, NULL),
	             0, "%s", c->err);
	return atoi(c->out);
}

Test(dedup, counts_as_copies_what_was_asked_for, .timeout = 60)
{
	static const struct {
		const char *how;
		int go, same_id;
	} rows[] = {
		{"--by bytes --within all", 0, 1},
		{"--by storage-headers --within folder", 0, 1},
		{"--by storage-headers --within all", 1, 1},
		{"--by content --within folder", 1, 1},
		{"--by content --within all", 2, 1},
		{"--by message-id --within all", 3, 0},
	};
	struct cli c;

	cli_init(&c);
	make_archive(&c);
	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		char *line = g_strdup_printf("dedup --json %s m.mailark",
		                             rows[i].how);
		char *go = g_strdup_printf("\"copies\":%d,", rows[i].go);
		char *same = g_strdup_printf("\"same_message_id\":%d,",
		                             rows[i].same_id);
		cr_expect_eq(cli_line(&c, line), 0, "%s", c.err);
		cr_expect(strstr(c.out, go), "%s: %s", rows[i].how, c.out);
		cr_expect(strstr(c.out, same), "%s: %s", rows[i].how, c.out);
		cr_expect(strstr(c.out, "\"without_message_id\":2,"));
		cr_expect(strstr(c.out, "\"applied\":false"));
		g_free(line);
		g_free(go);
		g_free(same);
	}
	/* Planning changes nothing. */
	cr_expect_eq(count(&c, ""), 6);
	cli_end(&c);
}

Test(dedup, says_why_and_names_what_differs, .timeout = 60)
{
	struct cli c;

	cli_init(&c);
	make_archive(&c);
	cr_assert_eq(cli_line(&c, "dedup --by content --within all m.mailark"),
	             0);
	cr_expect(strstr(c.out, "  + 1 in a\n"), "%s", c.out);
	cr_expect(strstr(c.out, "what mailboxes add (Status, "
	                        "X-Mozilla-Status)"),
	          "%s", c.out);
	cr_expect(strstr(c.out, "(Received added)"), "%s", c.out);
	cr_expect(strstr(c.out, "left alone:"), "%s", c.out);
	cr_expect(strstr(c.out, "another text"), "%s", c.out);
	cr_expect(strstr(c.out, "nothing is changed: --apply"), "%s", c.out);
	cli_end(&c);
}

Test(dedup, puts_copies_away_and_brings_them_back, .timeout = 120)
{
	struct cli c;

	cli_init(&c);
	make_archive(&c);
	cr_assert_eq(cli_line(&c, "dedup --by content --within all --apply "
	                          "m.mailark"),
	             0, "%s", c.err);
	cr_expect(strstr(c.out, "2 are put away"), "%s", c.out);
	/* Gone from search and list; its folder stayed. */
	cr_expect_eq(count(&c, ""), 4);
	cr_expect_eq(count(&c, "label:b subject:one"), 1);
	cr_expect_eq(cli_line(&c, "verify --full m.mailark"), 0, "%s", c.out);
	/* The source brings nothing back. */
	cr_expect_eq(cli_line(&c, "copy in m.mailark"), 0);
	cr_expect(strstr(c.out, "stored 0 + duplicates 6"), "%s", c.out);
	cr_expect_eq(count(&c, ""), 4);
	/* Nor does a catalog made from the log. */
	cr_expect_eq(cli_line(&c, "rebuild m.mailark"), 0);
	cr_expect_eq(count(&c, ""), 4);
	cr_expect_eq(cli_line(&c, "dedup --runs m.mailark"), 0);
	cr_expect(strstr(c.out, "2 decisions, by content within all"), "%s",
	          c.out);

	cr_expect_eq(cli_line(&c, "dedup --undo last m.mailark"), 0);
	cr_expect(strstr(c.out, "made 2 decisions"), "%s", c.out);
	cr_expect_eq(count(&c, ""), 4);
	cr_expect_eq(cli_line(&c, "dedup --undo last --apply m.mailark"), 0,
	             "%s", c.err);
	cr_expect(strstr(c.out, "2 of 2 decisions"), "%s", c.out);
	cr_expect_eq(count(&c, ""), 6);
	cr_expect_eq(count(&c, "label:b"), 0);
	cr_expect_eq(cli_line(&c, "compare --strict in m.mailark"), 0, "%s",
	             c.out);
	cr_expect_eq(cli_line(&c, "verify --full m.mailark"), 0, "%s", c.out);
	cr_expect_eq(cli_line(&c, "dedup --undo last m.mailark"), 2);
	cr_expect(strstr(c.err, "no run to undo"), "%s", c.err);
	cli_end(&c);
}

Test(dedup, copies_in_the_bin_go_first, .timeout = 60)
{
	static const char mail[] = SEP ONE;
	struct cli c;

	cli_init(&c);
	cli_write(&c, "in/Trash", mail, sizeof mail - 1);
	cli_write(&c, "in/Work", mail, sizeof mail - 1);
	cr_assert_eq(cli_line(&c, "copy --no-index mbox:in m.mailark"), 0, "%s",
	             c.err);
	cr_expect_eq(cli_line(&c, "dedup --within all --apply m.mailark"), 0);
	cr_expect_eq(cli_line(&c, "list --messages m.mailark"), 0, "%s", c.err);
	cr_expect(strstr(c.out, "Work"), "%s", c.out);
	cr_expect_not(strstr(c.out, "Trash:"), "%s", c.out);
	cli_end(&c);
}

/* What a client set on the copy that goes is not lost, and not left behind. */
Test(dedup, flags_go_over_and_come_back, .timeout = 60)
{
	static const char mail[] = ONE;
	struct cli c;

	cli_init(&c);
	cli_write(&c, "md/cur/1:2,D", mail, sizeof mail - 1);
	cli_write(&c, "md/cur/2:2,FRST", mail, sizeof mail - 1);
	cr_assert_eq(cli_line(&c, "copy maildir:md m.mailark"), 0, "%s", c.err);
	cr_expect_eq(count(&c, "is:flagged is:read is:draft"), 0);
	cr_expect_eq(cli_line(&c, "dedup --apply m.mailark"), 0, "%s", c.err);
	cr_expect(strstr(c.out, "1 are put away"), "%s", c.out);
	/* The one that is marked deleted goes, its mark with it. */
	cr_expect_eq(count(&c, "is:flagged is:read is:answered is:draft"), 1);
	cr_expect_eq(cli_line(&c, "list --json --messages m.mailark"), 0);
	cr_expect_not(strstr(c.out, "\"deleted\""), "%s", c.out);
	cr_expect_eq(cli_line(&c, "dedup --undo last --apply m.mailark"), 0);
	cr_expect_eq(cli_line(&c, "compare --strict maildir:md m.mailark"), 0,
	             "%s", c.out);
	cli_end(&c);
}

/* What compact gave up since cannot come back; that is said. */
Test(dedup, undo_after_compact_says_what_is_lost, .timeout = 60)
{
	struct cli c;

	cli_init(&c);
	make_archive(&c);
	cr_expect_eq(cli_line(&c, "dedup --by content --within all --apply "
	                          "m.mailark"),
	             0);
	cr_expect_eq(cli_line(&c, "compact m.mailark"), 0, "%s", c.err);
	cr_expect_eq(count(&c, ""), 4);
	cr_expect_eq(cli_line(&c, "dedup --runs m.mailark"), 0);
	cr_expect(strstr(c.out, "2 decisions"), "%s", c.out);
	cr_expect_eq(cli_line(&c, "dedup --undo last --apply m.mailark"), 1);
	cr_expect(strstr(c.out, "0 of 2 decisions"), "%s", c.out);
	cr_expect(strstr(c.out, "2 cannot come back"), "%s", c.out);
	cr_expect_eq(count(&c, ""), 4);
	cli_end(&c);
}

Test(dedup, refuses_what_it_does_not_know, .timeout = 60)
{
	struct cli c;

	cli_init(&c);
	make_archive(&c);
	cr_expect_eq(cli_line(&c, "dedup --by colour m.mailark"), 2);
	cr_expect(strstr(c.err, "--by is bytes"), "%s", c.err);
	cr_expect_eq(cli_line(&c, "dedup --within box m.mailark"), 2);
	cr_expect_eq(cli_line(&c, "dedup --undo 77 --apply m.mailark"), 2);
	cr_expect(strstr(c.err, "there is no run 77"), "%s", c.err);
	cli_end(&c);
}
