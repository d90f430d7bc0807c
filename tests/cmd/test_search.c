/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "tests/support/run_cli.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static const char mail[] =
	"From alice@example.org Wed Jan  1 10:00:00 2020\n"
	"From: Alice Archer <alice@example.org>\n"
	"To: bob@example.com\n"
	"Subject: =?UTF-8?Q?Rechnung_f=C3=BCr_M=C3=A4rz?=\n"
	"Date: Wed, 01 Jan 2020 10:00:00 +0000\n"
	"Message-ID: <invoice@example.org>\n"
	"MIME-Version: 1.0\n"
	"Content-Type: multipart/mixed; boundary=XX\n"
	"Status: O\n"
	"\n"
	"--XX\n"
	"Content-Type: text/plain; charset=utf-8\n"
	"\n"
	"Please find the quarterly figures attached.\033[31m\n"
	"\n"
	"--XX\n"
	"Content-Type: application/pdf; name=\"../figures.pdf\"\n"
	"Content-Disposition: attachment; filename=\"../figures.pdf\"\n"
	"Content-Transfer-Encoding: base64\n"
	"\n"
	"JVBERi0xLjQKbm90IHJlYWxseQo=\n"
	"--XX\n"
	"Content-Disposition: attachment; filename=\"figures.pdf\"\n"
	"\n"
	"a second one of that name\n"
	"--XX--\n"
	"\n"
	"From bob@example.com Thu Jan  2 10:00:00 2020\n"
	"From: Bob <bob@example.com>\n"
	"To: alice@example.org\n"
	"Subject: Re: figures\n"
	"Date: Thu, 02 Jan 2020 10:00:00 +0000\n"
	"Message-ID: <reply@example.com>\n"
	"In-Reply-To: <invoice@example.org>\n"
	"References: <invoice@example.org>\n"
	"Status: RO\n"
	"\n"
	"The quarterly figures look fine.\n"
	"\n";

static void set_up(struct cli *c)
{
	cli_init(c);
	cli_write(c, "in.mbox", mail, sizeof mail - 1);
	cli_mbox(c, "more.mbox", 0, 10, 0);
	cr_assert_eq(cli_line(c, "copy in.mbox a.mailark"), 0, "%s", c->err);
	cr_assert_eq(cli_line(c, "copy more.mbox b.mailark"), 0, "%s", c->err);
}

Test(search, finds_counts_sorts_and_limits)
{
	static const struct {
		const char *line;
		size_t lines;
		const char *holds;
	} cases[] = {
		{"search --json a.mailark quarterly", 2, "\"snippet\":\""},
		{"search --json a.mailark quarterly from:alice", 1,
	         "\"subject\":\"Rechnung f\xC3\xBCr M\xC3\xA4rz\""},
		{"search --json --limit 1 a.mailark quarterly figures", 1,
	         "\"id\":"},
		{"search --json --limit 1 --sort date a.mailark quarterly", 1,
	         "Re: figures"},
		{"search --json --limit 1 --sort date-asc a.mailark quarterly",
	         1, "Rechnung"},
		{"search --json --limit 1 --offset 1 --sort date a.mailark "
	         "quarterly",
	         1, "Rechnung"},
		{"search --json a.mailark has:attachment", 1,
	         "\"attachments\":2"},
		{"search --json a.mailark is:unread", 1, "Rechnung"},
		{"search --json a.mailark nosuchword", 0, ""},
		{"search --count a.mailark quarterly", 1, "2\n"},
		{"search --count a.mailark b.mailark is:unread", 1, "11\n"},
		{"search --json --sort date --limit 3 a.mailark b.mailark "
	         "is:unread",
	         3, "\"archive\":\"b.mailark\""},
	};
	struct cli c;

	set_up(&c);
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		cr_expect_eq(cli_line(&c, cases[i].line), 0, "%s: %s",
		             cases[i].line, c.err);
		cr_expect_eq(cli_lines(c.out), cases[i].lines, "%s: %s",
		             cases[i].line, c.out);
		cr_expect(strstr(c.out, cases[i].holds), "%s: %s",
		          cases[i].line, c.out);
	}
	cr_expect_eq(cli_line(&c, "search a.mailark quarterly"), 0);
	cr_expect(strstr(c.out, "Alice Archer"), "%s", c.out);
	cr_expect_null(strchr(c.out, '\033'), "no escape from mail");
	cli_end(&c);
}

Test(search, says_what_is_wrong)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{"search a.mailark", "an archive and a query"},
		{"search nothing.mailark word", "no such file"},
		{"search word a.mailark", "the archive comes first"},
		{"show 1 a.mailark", "the archive comes first: mailark show "
	                             "a.mailark 1"},
		{"search in.mbox word", "this works on archives"},
		{"search c.mailark word", "mailark index c.mailark"},
		{"search a.mailark nosuch:field", "nosuch"},
		{"search a.mailark (word", "parenthesis"},
		{"search --sort name a.mailark word", "--sort"},
		{"search --limit some a.mailark word", "--limit"},
	};
	struct cli c;

	set_up(&c);
	cr_assert_eq(cli_line(&c, "copy --no-index in.mbox c.mailark"), 0);
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		cr_expect_eq(cli_line(&c, cases[i].line), 2, "%s",
		             cases[i].line);
		cr_expect(strstr(c.err, cases[i].says), "%s: %s", cases[i].line,
		          c.err);
	}
	cr_assert_eq(cli_line(&c, "copy --no-index more.mbox a.mailark"), 0);
	cr_expect_eq(cli_line(&c, "index a.mailark"), 0);
	cr_expect(strstr(c.out, "12 messages indexed"), "%s", c.out);
	cr_expect_eq(cli_line(&c, "index --rebuild --json a.mailark"), 0);
	cr_expect(strstr(c.out, "\"documents\":12"), "%s", c.out);
	cr_expect_eq(cli_line(&c, "rebuild --index a.mailark"), 0, "%s", c.err);
	cli_end(&c);
}

/* What came since is searched as well; where that cannot be, it is said. */
Test(search, finds_what_came_since_the_index_was_made)
{
	struct am_lock *lock;
	struct am_error err = {.text = ""};
	struct cli c;

	set_up(&c);
	cr_assert_eq(cli_line(&c, "copy --no-index more.mbox a.mailark"), 0);
	char *path = cli_path(&c, "a.mailark.cache/xapian/lock");
	cr_assert_eq(am_lock_take(&lock, path, "test", &err), AM_OK, "%s",
	             err.text);
	cr_expect_eq(cli_line(&c, "search --count a.mailark from:user3"), 1);
	cr_expect_str_eq(c.out, "0\n");
	cr_expect(strstr(c.err, "newer messages are not searched"), "%s",
	          c.err);
	cr_expect(strstr(c.err, "mailark index a.mailark"), "%s", c.err);
	am_lock_release(&lock);
	g_free(path);
	cr_expect_eq(cli_line(&c, "search --count a.mailark from:user3"), 0);
	cr_expect_str_eq(c.out, "1\n");
	cr_expect_str_eq(c.err, "");
	cli_end(&c);
}

Test(show, gives_the_exact_bytes_the_parts_and_the_text)
{
	struct cli c;
	size_t len;

	set_up(&c);
	/* The bytes between the separators, less what the mbox added. */
	const char *first = strchr(mail, '\n') + 1;
	GString *want =
		g_string_new_len(first, strstr(mail, "\nFrom bob@") - first);
	g_string_replace(want, "Status: O\n", "", 1);
	cr_assert_eq(cli_line(&c, "show --raw a.mailark 1"), 0, "%s", c.err);
	cr_expect_eq(c.out_len, want->len);
	cr_expect_str_eq(c.out, want->str);
	g_string_free(want, TRUE);
	cr_expect_str_eq(c.err, "");

	cr_assert_eq(cli_line(&c, "show a.mailark 1"), 0);
	cr_expect(strstr(c.out, "Subject: Rechnung f\xC3\xBCr"), "%s", c.out);
	cr_expect(strstr(c.out, "quarterly figures"), "%s", c.out);
	cr_expect(strstr(c.out, "Attachment 2: "), "%s", c.out);
	cr_expect_null(strchr(c.out, '\033'), "no escape from mail");
	cr_assert_eq(cli_line(&c, "show --text a.mailark 1"), 0);
	cr_expect_null(strstr(c.out, "Subject:"));
	cr_expect_null(strchr(c.out, '\033'), "no escape from mail");

	cr_assert_eq(cli_line(&c, "show --part 2 a.mailark 1"), 0, "%s", c.err);
	cr_expect_str_eq(c.out, "%PDF-1.4\nnot really\n");
	cr_expect_eq(cli_line(&c, "show --part 9 a.mailark 1"), 2);
	cr_expect(strstr(c.err, "no part 9"), "%s", c.err);

	for (int i = 0; i < 2; i++)
		cr_assert_eq(cli_line(&c, "show --save-attachments out "
		                          "a.mailark 1"),
		             0, "%s", c.err);
	static const char *const files[] = {
		"out/figures.pdf", "out/figures (2).pdf", "out/figures (3).pdf",
		"out/figures (4).pdf"};
	for (size_t i = 0; i < AM_COUNT(files); i++)
		cr_expect(cli_exists(&c, files[i]), "%s", files[i]);
	cr_expect_not(cli_exists(&c, "figures.pdf"), "not outside");
	char *pdf = cli_read(&c, "out/figures.pdf", &len);
	cr_expect_str_eq(pdf, "%PDF-1.4\nnot really\n");
	g_free(pdf);

	cr_assert_eq(cli_line(&c, "show --json a.mailark 2"), 0);
	cr_expect(strstr(c.out, "\"in_reply_to\":\"invoice@example.org\""));
	cr_expect(strstr(c.out, "\"flags\":[\"seen\"]"), "%s", c.out);
	cli_end(&c);
}

Test(show, finds_by_id_and_by_the_beginning_of_a_hash)
{
	struct cli c;

	set_up(&c);
	cr_assert_eq(cli_line(&c, "list --messages --json a.mailark"), 0);
	const char *at = strstr(c.out, "\"sha256\":\"");
	cr_assert(at);
	char *hash = g_strndup(at + 10, 12);
	cr_expect_eq(cli_run(&c, "show", "a.mailark", hash, NULL), 0, "%s",
	             c.err);
	cr_expect(strstr(c.out, "Rechnung"));
	g_free(hash);
	cr_expect_eq(cli_line(&c, "show a.mailark 99"), 2);
	cr_expect_eq(cli_line(&c, "show a.mailark zzz"), 2);
	cr_expect_eq(cli_line(&c, "show --raw --json a.mailark 1"), 2);
	cr_expect_eq(cli_line(&c, "show a.mailark"), 2);
	cli_end(&c);
}
