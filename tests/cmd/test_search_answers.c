/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What search shows beside its hits: threads, facets, copies, saved queries. */
#include "tests/support/run_cli.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static const char mail[] =
	"From a@x Wed Jan  1 10:00:00 2020\n"
	"From: Alice <alice@example.org>\nTo: bob@example.com\n"
	"Subject: Annual report\nDate: Wed, 01 Jan 2020 10:00:00 +0000\n"
	"Message-ID: <1@x>\n\n"
	"The quarterly figures are ready.\n\n"
	"From a@x Thu Jan  2 10:00:00 2020\n"
	"From: Bob <bob@example.com>\nTo: alice@example.org\n"
	"Subject: Re: Annual report\nDate: Thu, 02 Jan 2020 10:00:00 +0000\n"
	"Message-ID: <2@x>\nIn-Reply-To: <1@x>\nReferences: <1@x>\n\n"
	"Good figures.\n\n"
	"From a@x Fri Jan  3 10:00:00 2020\n"
	"From: Carol <carol@example.com>\nTo: alice@example.org\n"
	"Subject: Re: Annual report\nDate: Fri, 03 Jan 2020 10:00:00 +0000\n"
	"Message-ID: <3@x>\nIn-Reply-To: <2@x>\nReferences: <1@x> <2@x>\n\n"
	"I do not agree.\n\n"
	"From a@x Sat Feb  1 10:00:00 2020\n"
	"Received: by another.road\n"
	"From: Alice <alice@example.org>\nTo: list@example.org\n"
	"Subject: [list] Annual report\nDate: Sat, 01 Feb 2020 10:00:00 +0000\n"
	"Message-ID: <4@x>\nList-Id: <list.example.org>\n\n"
	"The quarterly figures are ready.\n\n"
	"From a@x Mon Mar  1 10:00:00 2021\n"
	"From: Dan <dan@example.net>\nTo: alice@example.org\n"
	"Subject: Papers\nDate: Mon, 01 Mar 2021 10:00:00 +0000\n"
	"Message-ID: <5@x>\nMIME-Version: 1.0\n"
	"Content-Type: multipart/mixed; boundary=XX\n\n"
	"--XX\n\nsee below\n"
	"--XX\nContent-Type: text/plain; name=\"minutes.txt\"\n"
	"Content-Disposition: attachment; filename=\"minutes.txt\"\n\n"
	"resolution seventeen\n--XX--\n\n";

static void set_up(struct cli *c)
{
	char *config;

	cli_init(c);
	config = cli_path(c, "config");
	g_setenv("XDG_CONFIG_HOME", config, TRUE);
	g_setenv("COLUMNS", "80", TRUE);
	g_free(config);
	cli_write(c, "in.mbox", mail, sizeof mail - 1);
	cr_assert_eq(cli_line(c, "copy -q in.mbox a.mailark"), 0, "%s", c->err);
}

struct expected {
	const char *line;
	int status;
	const char *out[4], *err; /* what is to be found in them */
	const char *absent;       /* and what is not, in either */
};

static void expect(struct cli *c, const struct expected *table, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct expected *e = &table[i];
		cr_expect_eq(cli_line(c, e->line), e->status, "%s: %s", e->line,
		             c->err);
		for (size_t k = 0; k < AM_COUNT(e->out) && e->out[k]; k++)
			cr_expect(strstr(c->out, e->out[k]), "%s: %s\n%s",
			          e->line, e->out[k], c->out);
		if (e->err)
			cr_expect(strstr(c->err, e->err), "%s: %s", e->line,
			          c->err);
		if (e->absent)
			cr_expect_not(strstr(c->out, e->absent) ||
			                      strstr(c->err, e->absent),
			              "%s: %s%s", e->line, c->out, c->err);
	}
}

Test(search_answers, shows_whole_threads)
{
	static const struct expected table[] = {
		{.line = "search --threads a.mailark agree",
	         0,
	         {"          1  2020-01-01 10:00  Alice",
	          "          2  2020-01-02 10:00    Bob",
	          "*         3  2020-01-03 10:00      Carol"},
	         "threads: 1, with 1 of 1 hits",
	         "Papers"},
		{.line = "search --threads --json a.mailark agree",
	         0,
	         {"{\"hits\":1,\"messages\":[{\"id\":1,\"depth\":0,\"hit\":"
	          "false,",
	          "{\"id\":3,\"depth\":2,\"hit\":true,"}},
		{.line = "search --threads --sort date a.mailark figures",
	         0,
	         {"[list] Annual rep…"},
	         "threads: 2, with 3 of 3 hits"},
		{.line = "search --threads a.mailark nosuchword",
	         0,
	         {NULL},
	         "nothing "
	         "found"},
	};
	struct cli c;

	set_up(&c);
	expect(&c, table, AM_COUNT(table));
	cli_end(&c);
}

Test(search_answers, counts_and_draws_the_whole_result)
{
	static const struct expected table[] = {
		{.line = "search --limit 0 --facets year,from a.mailark "
	                 "figures",
	         0,
	         {"year    2020", "from    alice@example.org",
	          "bob@example.com", "          2  "},
	         NULL,
	         "carol"},
		{.line = "search --limit 0 --facets all a.mailark in:in",
	         0,
	         {"list    list.example.org", "type    txt", "folder  in",
	          "size    under 10 KiB"}},
		{.line = "search --limit 0 --json --facets domain a.mailark "
	                 "from:alice",
	         0,
	         {"{\"facets\":{\"domain\":{\"values\":[{\"value\":\"example."
	          "org\",\"query\":\"from:\\\"example.org\\\"\",\"count\":2}],"
	          "\"distinct\":1,\"without\":0}}}"}},
		{.line = "search --limit 0 --timeline a.mailark in:in",
	         0,
	         {"        3 ┤██", "2020-01", "2021-03"}},
		{.line = "search --limit 0 --json --timeline a.mailark figures",
	         0,
	         {"{\"timeline\":{\"period\":\"day\",\"counts\":{\"2020-01-01\""
	          ":1,\"2020-01-02\":1,"}},
		{.line = "search --facets size,nosuch a.mailark figures",
	         2,
	         {NULL},
	         "no facet \"nosuch\"; there are year, from"},
		{.line = "search --limit 0 --facets year a.mailark nosuchword",
	         0,
	         {"year    (none)"}},
	};
	struct cli c;

	set_up(&c);
	expect(&c, table, AM_COUNT(table));
	/* Archives are counted together. */
	cr_assert_eq(cli_line(&c, "copy -q in.mbox b.mailark"), 0);
	cr_expect_eq(cli_line(&c, "search --limit 0 --timeline --facets "
	                          "year,size,from a.mailark b.mailark figures"),
	             0);
	cr_expect(g_regex_match_simple("year    2020 +6  ", c.out, 0, 0), "%s",
	          c.out);
	cr_expect(g_regex_match_simple("alice@example.org +4  ", c.out, 0, 0),
	          "%s", c.out);
	cli_end(&c);
}

Test(search_answers, leaves_out_copies_and_says_how_many)
{
	static const struct expected table[] = {
		{.line = "search --collapse exact a.mailark quarterly",
	         0,
	         {"(+1)"},
	         "not shown: 1 copies of these"},
		{.line = "search --collapse near --count a.mailark quarterly",
	         0,
	         {"1\n"}},
		{.line = "search --collapse exact --json --sort date-asc "
	                 "a.mailark "
	                 "quarterly",
	         0,
	         {"\"id\":1,", "\"copies\":1"},
	         NULL,
	         "\"id\":4,"},
		{.line = "search --collapse exact --sort from a.mailark "
	                 "quarterly",
	         0,
	         {"(+1)"}},
		{.line = "search --count a.mailark quarterly", 0, {"2\n"}},
		{.line = "search --collapse some a.mailark quarterly",
	         2,
	         {NULL},
	         "--collapse is exact or near"},
	};
	struct cli c;

	set_up(&c);
	expect(&c, table, AM_COUNT(table));
	cli_end(&c);
}

Test(search_answers, says_where_it_matched)
{
	static const struct expected table[] = {
		{.line = "search a.mailark resolution",
	         0,
	         {"[minutes.txt] ", "resolution seventeen"}},
		{.line = "search --json a.mailark resolution",
	         0,
	         {"\"matched\":[\"attachment\"],\"files\":[\"minutes.txt\"]"}},
		{.line = "search --json a.mailark minutes",
	         0,
	         {"\"matched\":[\"filename\"],\"files\":[\"minutes.txt\"]"}},
		{.line = "search --json a.mailark report from:bob",
	         0,
	         {"\"matched\":[\"subject\",\"from\"],\"files\":[]"}},
		{.line = "search --json a.mailark list:list.example.org",
	         0,
	         {"\"matched\":[\"list\"]"}},
		{.line = "search --json --no-snippets a.mailark report",
	         0,
	         {"\"snippet\":null"},
	         NULL,
	         "matched"},
	};
	struct cli c;

	set_up(&c);
	expect(&c, table, AM_COUNT(table));
	cli_end(&c);
}

Test(search_answers, sorts_and_formats)
{
	struct cli c;

	set_up(&c);
	cr_expect_eq(cli_run(&c, "search", "--sort", "from", "--format",
	                     "{id}|{from:6}|{subject}|{matched}\\t{folder}",
	                     "a.mailark", "", NULL),
	             0, "%s", c.err);
	cr_expect_str_eq(c.out, "1|Alice…|Annual report|\tin\n"
	                        "4|Alice…|[list] Annual report|\tin\n"
	                        "2|Bob <…|Re: Annual report|\tin\n"
	                        "3|Carol…|Re: Annual report|\tin\n"
	                        "5|Dan <…|Papers|\tin\n");
	cr_expect_str_eq(c.err, "");
	cr_expect_eq(cli_run(&c, "search", "--sort", "subject", "--format",
	                     "{id}{{", "a.mailark", "a.mailark", "", NULL),
	             0);
	cr_expect_str_eq(c.out, "1{\n2{\n3{\n4{\n1{\n2{\n3{\n4{\n5{\n5{\n");
	cr_expect_eq(cli_run(&c, "search", "--format", "{date} {size} {iso}",
	                     "a.mailark", "seventeen", NULL),
	             0);
	cr_expect(g_str_has_prefix(c.out, "2021-03-01 10:00 "), "%s", c.out);
	for (int i = 0; i < 4; i++) {
		static const char *const wrong[] = {"{nosuch}", "{id", "{id:x}",
		                                    "{id:0}"};
		cr_expect_eq(cli_run(&c, "search", "--format", wrong[i],
		                     "a.mailark", "x", NULL),
		             2, "%s", wrong[i]);
		cr_expect(strstr(c.err, "{message-id}"), "%s", c.err);
	}
	cli_end(&c);
}

Test(search_answers, points_at_what_is_wrong_and_proposes)
{
	static const struct expected table[] = {
		{.line = "search a.mailark report (figures",
	         2,
	         {NULL},
	         "\n  report (figures\n         ^\n"},
		{.line = "search a.mailark größe nosuch:x",
	         2,
	         {NULL},
	         "\n  größe nosuch:x\n        ^\n"},
		{.line = "search a.mailark quartrely",
	         0,
	         {NULL},
	         "did you mean: quarterly (2 hits)"},
		{.line = "search a.mailark uqarterly from:alice",
	         0,
	         {NULL},
	         "did you mean: quarterly from:alice (2 hits)"},
		/* Not what finds nothing either. */
		{.line = "search a.mailark quartrely from:bob",
	         0,
	         {NULL},
	         "nothing found",
	         "did you mean"},
		{.line = "search a.mailark figures",
	         0,
	         {"Good"},
	         NULL,
	         "did you mean"},
		{.line = "search --explain a.mailark figures",
	         0,
	         {"tree:", "figures"}},
		{.line = "search --explain --json --limit 0 a.mailark figures",
	         0,
	         {"{\"explain\":\"query: figures\\ntree:"},
	         NULL,
	         "not"},
	};
	struct cli c;

	set_up(&c);
	expect(&c, table, AM_COUNT(table));
	cli_end(&c);
}

Test(search_answers, keeps_queries)
{
	static const struct expected table[] = {
		{.line = "search --saved", 0, {NULL}, "no searches are saved"},
		{.line = "search --save bills figures NOT good",
	         0,
	         {NULL},
	         "saved:bills"},
		{.line = "search --count a.mailark saved:bills", 0, {"2\n"}},
		{.line = "search --count a.mailark NOT saved:bills",
	         0,
	         {"3\n"}},
		{.line = "search --save old saved:bills before:2020-02",
	         0,
	         {NULL},
	         "saved:old"},
		{.line = "search --count a.mailark saved:old", 0, {"1\n"}},
		{.line = "search --saved",
	         0,
	         {"bills  figures NOT good\n", "old    saved:bills before"}},
		{.line = "search --saved --json",
	         0,
	         {"{\"name\":\"bills\",\"query\":\"figures NOT good\"}\n"}},
		/* Saved and asked at once. */
		{.line = "search --count --save carol a.mailark from:carol",
	         0,
	         {"1\n"},
	         "saved:carol is now: from:carol"},
		{.line = "search --save bad (figures",
	         2,
	         {NULL},
	         "never closed"},
		{.line = "search --save no/name figures",
	         2,
	         {NULL},
	         "is no name"},
		{.line = "search --count a.mailark saved:bad",
	         2,
	         {NULL},
	         "\"bad\""},
		{.line = "search --forget bills", 0, {NULL}},
		{.line = "search --forget bills", 2, {NULL}, "\"bills\""},
		{.line = "search --count a.mailark saved:old",
	         2,
	         {NULL},
	         "\"bills\""},
		{.line = "search --saved", 0, {"old"}, NULL, "figures"},
	};
	struct cli c;

	set_up(&c);
	expect(&c, table, AM_COUNT(table));
	/* Two that hold each other, as a person may write them. */
	static const char ring[] = "[searches]\na=saved:b\nb=saved:a\n";
	cli_write(&c, "config/mailark/searches", ring, sizeof ring - 1);
	cr_expect_eq(cli_line(&c, "search --count a.mailark saved:a"), 2);
	cr_expect(strstr(c.err, "hold each other"), "%s", c.err);
	cli_end(&c);
}

Test(search_answers, makes_a_mailbox_of_the_result)
{
	struct cli c;

	set_up(&c);
	cr_expect_eq(cli_line(&c, "search --copy-to out.mbox a.mailark "
	                          "figures"),
	             0, "%s", c.err);
	cr_assert_eq(cli_line(&c, "list --messages out.mbox"), 0);
	cr_expect_eq(cli_lines(c.out), 3, "%s", c.out);
	/* Copies are left out here too; the ledger says what became of all. */
	cr_expect_eq(cli_line(&c, "search --collapse exact --copy-to "
	                          "out/ a.mailark figures"),
	             0, "%s", c.err);
	cr_expect(strstr(c.out, "filtered") || strstr(c.err, "filtered"),
	          "%s%s", c.out, c.err);
	cr_assert_eq(cli_line(&c, "list --messages out/"), 0);
	cr_expect_eq(cli_lines(c.out), 2, "%s", c.out);
	cr_expect_eq(cli_line(&c, "search --limit 1 --sort date --copy-to "
	                          "one.mbox a.mailark figures"),
	             0);
	cr_assert_eq(cli_line(&c, "list --messages one.mbox"), 0);
	cr_expect(strstr(c.out, "[list]"), "%s", c.out);
	cr_expect_eq(cli_line(&c, "search --copy-to none.mbox a.mailark "
	                          "nosuchword"),
	             0);
	cr_expect(strstr(c.err, "nothing copied"), "%s", c.err);
	cr_expect_not(cli_exists(&c, "none.mbox"));
	cli_end(&c);
}
