/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark browse without a terminal: keys go in, frames come out. */
#include "cmd/browse/frame.h"
#include "cmd/browse/model.h"
#include "cmd/searched.h"
#include "cmd/session.h"
#include "tests/support/run_cli.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
	"> what was said before\n"
	"\n"
	"--XX\n"
	"Content-Type: application/pdf; name=\"../figures.pdf\"\n"
	"Content-Disposition: attachment; filename=\"../figures.pdf\"\n"
	"Content-Transfer-Encoding: base64\n"
	"\n"
	"JVBERi0xLjQKbm90IHJlYWxseQo=\n"
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
	"Content-Type: text/html; charset=iso-8859-1\n"
	"Status: RO\n"
	"\n"
	"<p>They <a href=\"https://figures.example/?a=1&amp;b=2\">look</a> "
	"fine.<blockquote>quarterly</blockquote><script>no</script>"
	"<p>Gr\xFC\xDF"
	"e <a href='#top'>up</a>\n"
	"\n"
	"From carol@example.net Fri Jan  3 10:00:00 2020\n"
	"From: \"Carol, of Accounts\" <carol@example.net>\n"
	"Subject: \033]0;evil\007 \xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D\n"
	"Date: Fri, 03 Jan 2020 10:00:00 +0000\n"
	"Message-ID: <three@example.net>\n"
	"Content-Type: text/plain; charset=utf-8\n"
	"Status: RO\n"
	"\n"
	"nothing of weight\n"
	"\n";

static void nothing(void *user)
{
	(void)user;
}

static int n_left;

static void leave(void *user)
{
	(void)user;
	n_left++;
}

static void come_back(void *user, bool wait)
{
	(void)user, (void)wait;
}

static const struct browse_term no_term = {
	.leave = leave, .back = come_back, .redraw = nothing};

struct set_up {
	struct cli cli;
	struct session session;
	struct searched in[2];
	size_t n;
	struct browse *b;
};

static void open_them(struct set_up *u, const char *const *names, size_t n,
                      const char *query)
{
	struct am_error err = {.text = ""};

	cr_assert(setlocale(LC_CTYPE, "C.UTF-8"));
	cr_assert_eq(chdir(u->cli.dir), 0);
	session_init(&u->session, "browse", "mailark browse");
	u->n = n;
	for (size_t i = 0; i < n; i++)
		cr_assert(searched_open_any(&u->in[i], &u->session, names[i]));
	cr_assert_eq(
		browse_new(&u->b, &u->session, u->in, n, query, &no_term, &err),
		0, "%s", err.text);
	worker_wait(u->b->worker);
	browse_answers(u->b);
}

static void begin(struct set_up *u, const char *query)
{
	static const char *const names[] = {"a.mailark"};

	cli_init(&u->cli);
	cli_write(&u->cli, "in.mbox", mail, sizeof mail - 1);
	cr_assert_eq(cli_line(&u->cli, "copy in.mbox a.mailark"), 0, "%s",
	             u->cli.err);
	open_them(u, names, 1, query);
}

static void end(struct set_up *u)
{
	browse_free(&u->b);
	for (size_t i = 0; i < u->n; i++)
		searched_close(&u->in[i]);
	session_end(&u->session);
	cr_assert_eq(chdir("/"), 0);
	cli_end(&u->cli);
}

/* "/ i n v Enter" */
static void press(struct set_up *u, const char *keys)
{
	for (const char *k = keys; *k;) {
		size_t len = strcspn(k, " ");
		int key = key_named(k, len);
		cr_assert(key, "%s", k);
		browse_key(u->b, key);
		worker_wait(u->b->worker);
		while (browse_answers(u->b))
			worker_wait(u->b->worker);
		k += len + strspn(k + len, " ");
	}
}

static void type(struct set_up *u, const char *text)
{
	for (const char *p = text; *p; p = g_utf8_next_char(p)) {
		browse_key(u->b, (int)g_utf8_get_char(p));
		worker_wait(u->b->worker);
		browse_answers(u->b);
	}
}

static char *screen(struct set_up *u)
{
	GString *all = g_string_new(NULL);
	struct frame *f = browse_draw(u->b);

	for (size_t y = 0; y < f->rows; y++) {
		char *row = frame_row(f, y);
		g_string_append_printf(all, "%s\n", row);
		g_free(row);
	}
	frame_free(&f);
	cr_expect_null(strchr(all->str, '\033'), "an escape on the screen");
	return g_string_free(all, FALSE);
}

static void expect(struct set_up *u, const char *text)
{
	char *all = screen(u);

	cr_expect(strstr(all, text), "no \"%s\" on:\n%s", text, all);
	g_free(all);
}

static void expect_not(struct set_up *u, const char *text)
{
	char *all = screen(u);

	cr_expect_null(strstr(all, text), "\"%s\" on:\n%s", text, all);
	g_free(all);
}

Test(browse, lists_the_newest_first)
{
	struct set_up u;

	begin(&u, "");
	char *all = screen(&u);
	const char *carol = strstr(all, "Carol, of Acco");
	const char *bob = strstr(all, "Bob   ");
	const char *alice = strstr(all, "Alice Archer");
	cr_assert(carol && bob && alice, "%s", all);
	cr_expect(carol < bob && bob < alice, "%s", all);
	cr_expect(strstr(all, "3 messages, newest first"), "%s", all);
	cr_expect(strstr(all, "N  @ 2020-01-01"), "%s", all);
	cr_expect(strstr(all, "     2020-01-02"), "%s", all);
	cr_expect(strstr(all, "Rechnung für März"), "%s", all);
	cr_expect(strstr(all, "םולש"), "in the order it is seen: %s", all);
	g_free(all);
	u.b->seen_order = false;
	expect(&u, "שלום\xE2\x80\x8E");
	press(&u, "o");
	expect(&u, "oldest first");
	press(&u, "o o");
	expect(&u, "largest first");
	end(&u);
}

Test(browse, searches_with_every_key)
{
	struct set_up u;

	begin(&u, "");
	press(&u, "/");
	type(&u, "quart");
	expect(&u, "2 messages");
	expect(&u, "/quart*");
	/* What is not finished is no error, before somebody says it is; and
	 * what cannot be understood leaves what was found. */
	type(&u, "erly (from:");
	expect(&u, "2 messages");
	expect_not(&u, "parenthesis");
	press(&u, "Enter");
	expect(&u, "2 messages");
	expect(&u, "nothing stands behind \"from:\"");
	press(&u, "/");
	for (int i = 0; i < 6; i++)
		press(&u, "Backspace");
	type(&u, "from:ali");
	expect(&u, "1 message,");
	/* Only beginnings of words were found: the star stays, to be seen. */
	press(&u, "Enter");
	expect(&u, "/quarterly from:ali*");
	expect(&u, "1 message,");
	press(&u, "/ Ctrl-U");
	type(&u, "zzz");
	expect(&u, "nothing found");
	press(&u, "Esc");
	expect(&u, "/quarterly from:ali*");
	expect(&u, "1 message,");
	press(&u, "Esc");
	expect(&u, "3 messages");
	end(&u);
}

Test(browse, a_word_that_is_written_out_is_searched_as_it_is)
{
	struct set_up u;

	begin(&u, "");
	press(&u, "/");
	type(&u, "figures");
	press(&u, "Enter");
	expect(&u, "/figures\n");
	cr_expect_eq(u.b->view, VIEW_LIST);
	end(&u);
}

Test(browse, says_why_a_message_was_found)
{
	struct set_up u;

	begin(&u, "quarterly");
	struct frame *f = browse_draw(u.b);
	char *row = frame_row(f, f->rows - 1);
	const char *word = strstr(row, "quarterly");
	cr_assert(word, "%s", row);
	size_t x = (size_t)g_utf8_pointer_to_offset(row, word);
	cr_expect_eq(frame_cell(f, f->rows - 1, x)->style, STYLE_FOUND);
	cr_expect_eq(frame_cell(f, f->rows - 1, x + 9)->style, STYLE_DIM);
	g_free(row);
	frame_free(&f);
	press(&u, "Down");
	expect(&u, "quarterly figures attached");
	press(&u, "/");
	type(&u, " is:seen");
	expect_not(&u, "attached");
	press(&u, "Esc Esc");
	expect(&u, "Enter read");
	end(&u);
}

Test(browse, reads_a_message)
{
	struct set_up u;

	begin(&u, "from:alice");
	press(&u, "Enter");
	expect(&u, "From: Alice Archer <alice@example.org>");
	expect(&u, "Subject: Rechnung für März");
	expect(&u, "Attachment 2: ../figures.pdf (application/pdf, 28 B)");
	expect(&u, "quarterly figures attached. [31m");
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
	press(&u, "h");
	expect(&u, "MIME-Version: 1.0");
	press(&u, "h q");
	cr_expect_eq(u.b->view, VIEW_LIST);
	end(&u);
}

Test(browse, reads_html_with_its_links)
{
	struct set_up u;

	begin(&u, "");
	press(&u, "Enter J");
	expect(&u, "They look[1] fine.");
	expect(&u, "Grüße up\n");
	expect(&u, "[1] https://figures.example/?a=1&b=2");
	expect_not(&u, "[2]");
	expect_not(&u, "script");
	press(&u, "J");
	expect(&u, "Subject: Rechnung");
	press(&u, "J");
	expect(&u, "there is no next message");
	press(&u, "K K");
	expect(&u, "nothing of weight");
	end(&u);
}

Test(browse, shows_the_html_or_the_plain_text)
{
	static const char *const names[] = {"a.mailark"};
	static const char both[] =
		"From a@b Wed Jan  1 10:00:00 2020\n"
		"From: a@b.example\n"
		"Content-Type: multipart/alternative; boundary=b\n\n"
		"--b\n\nsee the other part\n"
		"--b\nContent-Type: text/html\n\n"
		"<p>It is <a href=https://shop.example/>here</a>\n--b--\n\n";
	struct set_up u;

	cli_init(&u.cli);
	cli_write(&u.cli, "in.mbox", both, sizeof both - 1);
	cr_assert_eq(cli_line(&u.cli, "copy in.mbox a.mailark"), 0);
	open_them(&u, names, 1, "");
	press(&u, "Enter");
	expect(&u, "see the other part");
	expect_not(&u, "shop.example");
	press(&u, "H");
	expect(&u, "It is here[1]");
	expect(&u, "[1] https://shop.example/");
	expect_not(&u, "see the other part");
	press(&u, "H");
	expect(&u, "see the other part");
	end(&u);
}

/* As many links as a mail of some MiB holds, each of them another. */
Test(browse, reads_a_mail_that_is_nothing_but_links)
{
	static const char *const names[] = {"a.mailark"};
	GString *links = g_string_new("From a@b Wed Jan  1 10:00:00 2020\n"
	                              "From: a@b.example\n"
	                              "Content-Type: text/html\n\n");
	struct set_up u;

	for (int i = 0; i < 200000; i++)
		g_string_append_printf(links, "<a href=tel:%d>x</a>", i);
	g_string_append(links, "\n\n");
	cli_init(&u.cli);
	cli_write(&u.cli, "in.mbox", links->str, links->len);
	cr_assert_eq(cli_line(&u.cli, "copy in.mbox a.mailark"), 0);
	open_them(&u, names, 1, "");
	press(&u, "Enter");
	expect(&u, "x[1]x[2]x[3]");
	press(&u, "End");
	expect(&u, "[200000] tel:199999");
	g_string_free(links, TRUE);
	end(&u);
}

Test(browse, finds_words_in_a_message)
{
	struct set_up u;

	begin(&u, "from:alice");
	browse_resize(u.b, 8, 40);
	press(&u, "Enter /");
	type(&u, "SAID");
	press(&u, "Enter");
	struct frame *f = browse_draw(u.b);
	char *row = frame_row(f, 1);
	cr_expect_str_eq(row, "> what was said before");
	cr_expect_eq(frame_cell(f, 1, 11)->style, STYLE_FOUND);
	cr_expect_neq(frame_cell(f, 1, 10)->style, STYLE_FOUND);
	g_free(row);
	frame_free(&f);
	press(&u, "n");
	expect(&u, "no more \"SAID\"");
	end(&u);
}

Test(browse, saves_what_is_attached)
{
	struct set_up u;
	size_t len;

	begin(&u, "from:alice");
	press(&u, "v");
	expect(&u, "figures.pdf");
	press(&u, "s Enter");
	expect(&u, "saved figures.pdf (20 B)");
	char *data = cli_read(&u.cli, "figures.pdf", &len);
	cr_expect_eq(len, 20);
	cr_expect(!memcmp(data, "%PDF-1.4\nnot really\n", 20));
	g_free(data);
	/* Nothing that is there is overwritten. */
	press(&u, "s Enter");
	expect(&u, "File exists");
	press(&u, "S Ctrl-U");
	type(&u, "out");
	press(&u, "Enter");
	expect(&u, "1 saved in out");
	cr_expect(cli_exists(&u.cli, "out/figures.pdf"));
	cr_expect_not(cli_exists(&u.cli, "../figures.pdf"));
	end(&u);
}

Test(browse, opens_only_after_asking)
{
	struct set_up u;
	size_t len;

	g_setenv("MAILARK_OPEN", "cat >opened <", TRUE);
	begin(&u, "from:alice");
	press(&u, "v Enter");
	expect(&u, "open \"../figures.pdf\" (application/pdf) with cat");
	press(&u, "n");
	cr_expect_not(cli_exists(&u.cli, "opened"));
	cr_expect_eq(u.b->view, VIEW_FILES);
	press(&u, "Enter y");
	char *data = cli_read(&u.cli, "opened", &len);
	cr_expect_eq(len, 20);
	g_free(data);
	cr_expect_eq(n_left, 1);
	char *dir = g_strdup(u.b->temporary->pdata[0]);
	cr_expect(g_file_test(dir, G_FILE_TEST_IS_DIR));
	browse_free(&u.b);
	cr_expect_not(g_file_test(dir, G_FILE_TEST_EXISTS));
	g_free(dir);
	end(&u);
}

Test(browse, gives_a_command_the_bytes_as_they_came)
{
	struct set_up u;
	size_t len;

	begin(&u, "from:bob");
	press(&u, "|");
	type(&u, "cat >piped");
	press(&u, "Enter");
	char *data = cli_read(&u.cli, "piped", &len);
	cr_assert(data);
	char *bob = strstr(mail, "From: Bob");
	cr_expect(len > 100 && !memcmp(data, bob, 100));
	cr_expect(memmem(data, len,
	                 "Gr\xFC\xDF"
	                 "e",
	                 5));
	g_free(data);
	press(&u, "|");
	type(&u, "exit 3");
	press(&u, "Enter");
	expect(&u, "exit status 3");
	/* One that does not read it all ends nothing. */
	press(&u, "|");
	type(&u, "true");
	press(&u, "Enter");
	expect(&u, "1 message,");
	end(&u);
}

/* What copy prints goes to a file, for the test to read. */
static void copy_to(struct set_up *u, const char *target)
{
	char *path = cli_path(&u->cli, "printed");
	int before = dup(STDOUT_FILENO);
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	fflush(stdout);
	dup2(file, STDOUT_FILENO);
	press(u, "s");
	type(u, target);
	press(u, "Enter");
	fflush(stdout);
	dup2(before, STDOUT_FILENO);
	close(before);
	close(file);
	g_free(path);
}

Test(browse, copies_what_is_chosen_and_accounts_for_it)
{
	static const struct {
		const char *keys, *target, *ledger;
	} cases[] = {
		{"U Down Space", "one.mbox",
	         "found 3 = stored 1 + duplicates 0 + filtered 2 + failed 0"},
		{"U", "all.mailark",
	         "found 3 = stored 3 + duplicates 0 + filtered 0 + failed 0"},
		{"*", "again.mbox",
	         "found 3 = stored 3 + duplicates 0 + filtered 0 + failed 0"},
		{"Home Enter", "read.mbox",
	         "found 3 = stored 1 + duplicates 0 + filtered 2 + failed 0"},
	};
	struct set_up u;
	size_t len;

	begin(&u, "");
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		press(&u, cases[i].keys);
		copy_to(&u, cases[i].target);
		char *printed = cli_read(&u.cli, "printed", &len);
		cr_expect(strstr(printed, cases[i].ledger), "%s: %s",
		          cases[i].target, printed);
		cr_expect(cli_exists(&u.cli, cases[i].target));
		g_free(printed);
	}
	cr_assert_eq(cli_line(&u.cli, "list --messages --json one.mbox"), 0);
	cr_expect_eq(cli_lines(u.cli.out), 1);
	cr_expect(strstr(u.cli.out, "Re: figures"), "%s", u.cli.out);
	cr_assert_eq(cli_line(&u.cli, "list --messages --json read.mbox"), 0);
	cr_expect(strstr(u.cli.out, "three@example.net"), "%s", u.cli.out);
	end(&u);
}

Test(browse, folders_narrow_a_search)
{
	struct set_up u;

	begin(&u, "");
	press(&u, "Tab");
	cr_expect_eq(u.b->view, VIEW_SIDE);
	press(&u, "Down Enter");
	expect(&u, "/folder:\"in\"");
	expect(&u, "3 messages");
	press(&u, "Enter");
	cr_expect_str_eq(u.b->query.text, "");
	press(&u, "\\");
	expect_not(&u, "Folders");
	press(&u, "\\");
	expect(&u, "Folders");
	end(&u);
}

Test(browse, facets_count_what_was_found_and_narrow_it)
{
	struct set_up u;

	begin(&u, "");
	expect(&u, "2020             3");
	expect(&u, "alice@example.o… 1");
	expect(&u, "pdf              1");
	press(&u, "Tab /");
	type(&u, "quarterly");
	press(&u, "Enter");
	expect(&u, "2020             2");
	expect_not(&u, "carol@");
	press(&u, "Tab");
	while (strcmp(
		g_array_index(u.b->side, struct side_row, u.b->side_at).label,
		"pdf"))
		press(&u, "Down");
	press(&u, "Enter");
	expect(&u, "/quarterly type:\"pdf\"");
	expect(&u, "1 message,");
	/* Still there, to be taken back. */
	cr_expect_str_eq(
		g_array_index(u.b->side, struct side_row, u.b->side_at).label,
		"pdf");
	press(&u, "Enter");
	expect(&u, "2 messages");
	end(&u);
}

Test(browse, shows_the_thread_of_a_message)
{
	struct set_up u;

	begin(&u, "");
	press(&u, "Down t");
	expect(&u, "2 messages, thread");
	char *all = screen(&u);
	const char *first = strstr(all, "Rechnung"),
		   *answer = strstr(all, "└ Re:");
	cr_expect(first && answer && first < answer, "%s", all);
	g_free(all);
	cr_expect_eq(u.b->thread->at, 1, "where it was");
	press(&u, "Up Enter");
	expect(&u, "Subject: Rechnung");
	press(&u, "J");
	expect(&u, "They look[1] fine.");
	press(&u, "t");
	expect(&u, "2 messages, thread");
	press(&u, "q");
	expect(&u, "3 messages, newest");
	press(&u, "Home t");
	expect(&u, "no other message is in its thread");
	end(&u);
}

Test(browse, several_archives_are_one_list)
{
	static const char *const names[] = {"a.mailark", "b.mailark"};
	struct set_up u;

	cli_init(&u.cli);
	cli_write(&u.cli, "in.mbox", mail, sizeof mail - 1);
	cli_mbox(&u.cli, "more.mbox", 0, 500, 0);
	cr_assert_eq(cli_line(&u.cli, "copy in.mbox a.mailark"), 0);
	cr_assert_eq(cli_line(&u.cli, "copy more.mbox b.mailark"), 0);
	open_them(&u, names, 2, "");
	expect(&u, "503 messages");
	expect(&u, "alice@example.o…");
	/* More than were asked for first. */
	press(&u, "End");
	cr_expect_eq(u.b->found.n, 503);
	cr_expect_eq(u.b->found.at, 502);
	press(&u, "*");
	expect(&u, "503 marked");
	press(&u, "Home");
	for (int i = 0; i < 40; i++)
		press(&u, "PgDn");
	cr_expect_eq(u.b->found.at, 502);
	end(&u);
}

Test(browse, without_an_index_it_lists_and_says_so)
{
	static const char *const names[] = {"c.mailark"};
	struct set_up u;

	cli_init(&u.cli);
	cli_write(&u.cli, "in.mbox", mail, sizeof mail - 1);
	cr_assert_eq(cli_line(&u.cli, "copy --no-index in.mbox c.mailark"), 0);
	open_them(&u, names, 1, "");
	expect(&u, "3 messages");
	expect(&u, "mailark index c.mailark makes one");
	char *all = screen(&u);
	cr_expect_lt(strstr(all, "Carol"), strstr(all, "Alice Archer"));
	g_free(all);
	press(&u, "Enter");
	expect(&u, "nothing of weight");
	press(&u, "q o");
	all = screen(&u);
	cr_expect_gt(strstr(all, "Carol"), strstr(all, "Alice Archer"));
	g_free(all);
	press(&u, "/");
	type(&u, "x");
	expect(&u, "no index yet");
	press(&u, "Esc");
	expect(&u, "3 messages");
	cr_assert_eq(cli_line(&u.cli, "index c.mailark"), 0);
	press(&u, "Ctrl-R /");
	type(&u, "figures");
	expect(&u, "2 messages");
	end(&u);
}

Test(browse, one_without_an_index_does_not_hide_the_others)
{
	static const char *const names[] = {"a.mailark", "c.mailark"};
	struct set_up u;

	cli_init(&u.cli);
	cli_write(&u.cli, "in.mbox", mail, sizeof mail - 1);
	cr_assert_eq(cli_line(&u.cli, "copy in.mbox a.mailark"), 0);
	cr_assert_eq(cli_line(&u.cli, "copy --no-index in.mbox c.mailark"), 0);
	open_them(&u, names, 2, "");
	expect(&u, "6 messages");
	press(&u, "/");
	type(&u, "figures");
	expect(&u, "2 messages");
	expect(&u, "c.mailark has no index yet");
	end(&u);
}

Test(browse, an_index_that_cannot_be_read_is_none)
{
	static const char *const names[] = {"c.mailark"};
	struct set_up u;

	cli_init(&u.cli);
	cli_write(&u.cli, "in.mbox", mail, sizeof mail - 1);
	cr_assert_eq(cli_line(&u.cli, "copy in.mbox c.mailark"), 0);
	cli_write(&u.cli, "c.mailark.cache/xapian/state", "damage", 6);
	open_them(&u, names, 1, "");
	expect(&u, "3 messages");
	expect(&u, "no search: ");
	press(&u, "/");
	type(&u, "x");
	expect_not(&u, "has no index yet");
	end(&u);
}

Test(browse, sees_what_came_since)
{
	struct set_up u;

	begin(&u, "");
	cli_mbox(&u.cli, "more.mbox", 0, 10, 0);
	cr_assert_eq(cli_line(&u.cli, "copy more.mbox a.mailark"), 0);
	expect(&u, "3 messages");
	press(&u, "Ctrl-R");
	expect(&u, "13 messages");
	end(&u);
}

Test(browse, any_size_of_screen_will_do)
{
	static const struct {
		size_t rows, columns;
	} sizes[] = {{24, 80}, {1, 1},   {2, 5},   {4, 20},  {5, 59},
	             {6, 60},  {24, 61}, {200, 7}, {3, 500}, {100, 300}};
	static const char *const views[] = {"",  "Tab",   "Esc /", "Esc ?",
	                                    "q", "Enter", "v",     "q |"};
	struct set_up u;

	begin(&u, "");
	press(&u, "End");
	for (size_t v = 0; v < AM_COUNT(views); v++) {
		press(&u, views[v]);
		for (size_t i = 0; i < AM_COUNT(sizes); i++) {
			browse_resize(u.b, sizes[i].rows, sizes[i].columns);
			char *all = screen(&u);
			g_free(all);
		}
	}
	end(&u);
}

Test(browse, the_mouse_chooses_and_opens)
{
	struct set_up u;

	begin(&u, "");
	browse_mouse(u.b, 3, 40, 1);
	cr_expect_eq(u.b->found.at, 1);
	browse_mouse(u.b, 3, 40, 1);
	expect(&u, "They look[1] fine.");
	press(&u, "q");
	browse_mouse(u.b, 5, 30, 4);
	cr_expect_eq(u.b->found.at, 0);
	browse_mouse(u.b, 23, 30, 1);
	browse_mouse(u.b, 300, 300, 1);
	browse_mouse(u.b, 1, 3, 1);
	cr_expect_eq(u.b->view, VIEW_SEARCH);
	browse_mouse(u.b, 3, 2, 1);
	worker_wait(u.b->worker);
	browse_answers(u.b);
	cr_expect_str_eq(u.b->query.text, "folder:\"in\"");
	end(&u);
}

Test(browse, helps)
{
	struct set_up u;

	begin(&u, "");
	browse_resize(u.b, 200, 80);
	press(&u, "?");
	for (const struct key_row *row = key_rows; row->keys; row++)
		if (row->views != IN(HELP))
			expect(&u, row->help);
	expect(&u, "something is attached");
	browse_resize(u.b, 24, 80);
	expect_not(&u, "something is attached");
	press(&u, "End");
	expect(&u, "something is attached");
	press(&u, "q");
	cr_expect_eq(u.b->view, VIEW_LIST);
	end(&u);
}

Test(browse, leaves_when_it_is_told)
{
	struct set_up u;

	begin(&u, "");
	press(&u, "Enter q");
	cr_expect_not(u.b->quit);
	press(&u, "q");
	cr_expect(u.b->quit);
	end(&u);
}

Test(browse, is_for_terminals)
{
	struct cli c;

	cli_init(&c);
	cli_mbox(&c, "in.mbox", 0, 3, 0);
	cr_assert_eq(cli_line(&c, "copy in.mbox a.mailark"), 0);
	cr_expect_eq(cli_line(&c, "browse a.mailark"), 2);
	cr_expect_eq(cli_lines(c.err), 1, "%s", c.err);
	cr_expect(strstr(c.err, "terminal"), "%s", c.err);
	cr_expect_eq(cli_line(&c, "browse"), 2);
	cli_end(&c);
}
