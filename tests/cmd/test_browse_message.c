/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One message in mailark browse: its text, its links, what is attached. */
#include "tests/cmd/browsing.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

Test(browse_message, reads_a_message)
{
	struct browsing u;

	browsing_begin(&u, "from:alice");
	browsing_press(&u, "Enter");
	browsing_expect(&u, "From: Alice Archer <alice@example.org>");
	browsing_expect(&u, "Subject: Rechnung für März");
	browsing_expect(&u,
	                "Attachment 2: ../figures.pdf (application/pdf, 28 B)");
	browsing_expect(&u, "quarterly figures attached. [31m");
	struct frame *f = browse_draw(u.b);
	bool dim = false;
	for (size_t y = 0; y < f->rows; y++) {
		char *row = frame_row(f, y);
		if (g_str_has_prefix(row, "> what"))
			dim = frame_cell(f, y, 3)->style == STYLE_DIM;
		g_free(row);
	}
	cr_expect(dim, "quoted text is set back");
	frame_free(&f);
	browsing_press(&u, "h");
	browsing_expect(&u, "MIME-Version: 1.0");
	browsing_press(&u, "h q");
	cr_expect_eq(u.b->view, VIEW_LIST);
	browsing_end(&u);
}

Test(browse_message, reads_html_with_its_links)
{
	struct browsing u;

	browsing_begin(&u, "");
	browsing_press(&u, "Enter J");
	browsing_expect(&u, "They look[1] fine.");
	browsing_expect(&u, "Grüße up\n");
	browsing_expect(&u, "[1] https://figures.example/?a=1&b=2");
	browsing_expect_not(&u, "[2]");
	browsing_expect_not(&u, "script");
	browsing_press(&u, "J");
	browsing_expect(&u, "Subject: Rechnung");
	browsing_press(&u, "J");
	browsing_expect(&u, "there is no next message");
	browsing_press(&u, "K K");
	browsing_expect(&u, "nothing of weight");
	browsing_end(&u);
}

Test(browse_message, shows_the_html_or_the_plain_text)
{
	static const char *const names[] = {"a.mailark"};
	static const char both[] =
		"From a@b Wed Jan  1 10:00:00 2020\n"
		"From: a@b.example\n"
		"Content-Type: multipart/alternative; boundary=b\n\n"
		"--b\n\nsee the other part\n"
		"--b\nContent-Type: text/html\n\n"
		"<p>It is <a href=https://shop.example/>here</a>\n--b--\n\n";
	struct browsing u;

	cli_init(&u.cli);
	cli_write(&u.cli, "in.mbox", both, sizeof both - 1);
	cr_assert_eq(cli_line(&u.cli, "copy in.mbox a.mailark"), 0);
	browsing_open(&u, names, 1, "");
	browsing_press(&u, "Enter");
	browsing_expect(&u, "see the other part");
	browsing_expect_not(&u, "shop.example");
	browsing_press(&u, "H");
	browsing_expect(&u, "It is here[1]");
	browsing_expect(&u, "[1] https://shop.example/");
	browsing_expect_not(&u, "see the other part");
	browsing_press(&u, "H");
	browsing_expect(&u, "see the other part");
	browsing_end(&u);
}

/* As many links as a mail of some MiB holds, each of them another. */
Test(browse_message, reads_a_mail_that_is_nothing_but_links)
{
	static const char *const names[] = {"a.mailark"};
	GString *links = g_string_new("From a@b Wed Jan  1 10:00:00 2020\n"
	                              "From: a@b.example\n"
	                              "Content-Type: text/html\n\n");
	struct browsing u;

	for (int i = 0; i < 200000; i++)
		g_string_append_printf(links, "<a href=tel:%d>x</a>", i);
	g_string_append(links, "\n\n");
	cli_init(&u.cli);
	cli_write(&u.cli, "in.mbox", links->str, links->len);
	cr_assert_eq(cli_line(&u.cli, "copy in.mbox a.mailark"), 0);
	browsing_open(&u, names, 1, "");
	browsing_press(&u, "Enter");
	browsing_expect(&u, "x[1]x[2]x[3]");
	browsing_press(&u, "End");
	browsing_expect(&u, "[200000] tel:199999");
	g_string_free(links, TRUE);
	browsing_end(&u);
}

Test(browse_message, finds_words_in_a_message)
{
	struct browsing u;

	browsing_begin(&u, "from:alice");
	browse_resize(u.b, 8, 40);
	browsing_press(&u, "Enter /");
	browsing_type(&u, "SAID");
	browsing_press(&u, "Enter");
	struct frame *f = browse_draw(u.b);
	char *row = frame_row(f, 1);
	cr_expect_str_eq(row, "> what was said before");
	cr_expect_eq(frame_cell(f, 1, 11)->style, STYLE_FOUND);
	cr_expect_neq(frame_cell(f, 1, 10)->style, STYLE_FOUND);
	g_free(row);
	frame_free(&f);
	browsing_press(&u, "n");
	browsing_expect(&u, "no more \"SAID\"");
	browsing_end(&u);
}

Test(browse_message, saves_what_is_attached)
{
	struct browsing u;
	size_t len;

	browsing_begin(&u, "from:alice");
	browsing_press(&u, "v");
	browsing_expect(&u, "figures.pdf");
	browsing_press(&u, "s Enter");
	browsing_expect(&u, "saved figures.pdf (20 B)");
	char *data = cli_read(&u.cli, "figures.pdf", &len);
	cr_expect_eq(len, 20);
	cr_expect(!memcmp(data, "%PDF-1.4\nnot really\n", 20));
	g_free(data);
	/* Nothing that is there is overwritten. */
	browsing_press(&u, "s Enter");
	browsing_expect(&u, "File exists");
	browsing_press(&u, "S Ctrl-U");
	browsing_type(&u, "out");
	browsing_press(&u, "Enter");
	browsing_expect(&u, "1 saved in out");
	cr_expect(cli_exists(&u.cli, "out/figures.pdf"));
	cr_expect_not(cli_exists(&u.cli, "../figures.pdf"));
	browsing_end(&u);
}

Test(browse_message, opens_only_after_asking)
{
	struct browsing u;
	size_t len;

	g_setenv("MAILARK_OPEN", "cat >opened <", TRUE);
	browsing_begin(&u, "from:alice");
	browsing_press(&u, "v Enter");
	browsing_expect(&u,
	                "open \"../figures.pdf\" (application/pdf) with cat");
	browsing_press(&u, "n");
	cr_expect_not(cli_exists(&u.cli, "opened"));
	cr_expect_eq(u.b->view, VIEW_FILES);
	browsing_press(&u, "Enter y");
	char *data = cli_read(&u.cli, "opened", &len);
	cr_expect_eq(len, 20);
	g_free(data);
	cr_expect_eq(browsing_left, 1);
	char *dir = g_strdup(u.b->temporary->pdata[0]);
	cr_expect(g_file_test(dir, G_FILE_TEST_IS_DIR));
	browse_free(&u.b);
	cr_expect_not(g_file_test(dir, G_FILE_TEST_EXISTS));
	g_free(dir);
	browsing_end(&u);
}

Test(browse_message, gives_a_command_the_bytes_as_they_came)
{
	struct browsing u;
	size_t len;

	browsing_begin(&u, "from:bob");
	browsing_press(&u, "|");
	browsing_type(&u, "cat >piped");
	browsing_press(&u, "Enter");
	char *data = cli_read(&u.cli, "piped", &len);
	cr_assert(data);
	char *bob = strstr(browsing_mail, "From: Bob");
	cr_expect(len > 100 && !memcmp(data, bob, 100));
	cr_expect(memmem(data, len,
	                 "Gr\xFC\xDF"
	                 "e",
	                 5));
	g_free(data);
	browsing_press(&u, "|");
	browsing_type(&u, "exit 3");
	browsing_press(&u, "Enter");
	browsing_expect(&u, "exit status 3");
	/* One that does not read it all ends nothing. */
	browsing_press(&u, "|");
	browsing_type(&u, "true");
	browsing_press(&u, "Enter");
	browsing_expect(&u, "1 message,");
	browsing_end(&u);
}
