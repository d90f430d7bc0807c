/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists, searches, sides, archives: all but the view of one message. */
#include "tests/cmd/browsing.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

Test(browse, lists_the_newest_first)
{
	struct browsing u;

	browsing_begin(&u, "");
	char *all = browsing_screen(&u);
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
	browsing_expect(&u, "שלום\xE2\x80\x8E");
	browsing_press(&u, "o");
	browsing_expect(&u, "oldest first");
	browsing_press(&u, "o o");
	browsing_expect(&u, "largest first");
	browsing_end(&u);
}

Test(browse, searches_with_every_key)
{
	struct browsing u;

	browsing_begin(&u, "");
	browsing_press(&u, "/");
	browsing_type(&u, "quart");
	browsing_expect(&u, "2 messages");
	browsing_expect(&u, "/quart*");
	/* What is not finished is no error, before somebody says it is; and
	 * what cannot be understood leaves what was found. */
	browsing_type(&u, "erly (from:");
	browsing_expect(&u, "2 messages");
	browsing_expect_not(&u, "parenthesis");
	browsing_press(&u, "Enter");
	browsing_expect(&u, "2 messages");
	browsing_expect(&u, "nothing stands behind \"from:\"");
	browsing_press(&u, "/");
	for (int i = 0; i < 6; i++)
		browsing_press(&u, "Backspace");
	browsing_type(&u, "from:ali");
	browsing_expect(&u, "1 message,");
	/* Only beginnings of words were found: the star stays, to be seen. */
	browsing_press(&u, "Enter");
	browsing_expect(&u, "/quarterly from:ali*");
	browsing_expect(&u, "1 message,");
	browsing_press(&u, "/ Ctrl-U");
	browsing_type(&u, "zzz");
	browsing_expect(&u, "nothing found");
	browsing_press(&u, "Esc");
	browsing_expect(&u, "/quarterly from:ali*");
	browsing_expect(&u, "1 message,");
	browsing_press(&u, "Esc");
	browsing_expect(&u, "3 messages");
	browsing_end(&u);
}

Test(browse, a_word_that_is_written_out_is_searched_as_it_is)
{
	struct browsing u;

	browsing_begin(&u, "");
	browsing_press(&u, "/");
	browsing_type(&u, "figures");
	browsing_press(&u, "Enter");
	browsing_expect(&u, "/figures\n");
	cr_expect_eq(u.b->view, VIEW_LIST);
	browsing_end(&u);
}

Test(browse, says_why_a_message_was_found)
{
	struct browsing u;

	browsing_begin(&u, "quarterly");
	struct frame *f = browse_draw(u.b);
	char *row = frame_row(f, f->rows - 1);
	const char *word = strstr(row, "quarterly");
	cr_assert(word, "%s", row);
	size_t x = (size_t)g_utf8_pointer_to_offset(row, word);
	cr_expect_eq(frame_cell(f, f->rows - 1, x)->style, STYLE_FOUND);
	cr_expect_eq(frame_cell(f, f->rows - 1, x + 9)->style, STYLE_DIM);
	g_free(row);
	frame_free(&f);
	browsing_press(&u, "Down");
	browsing_expect(&u, "quarterly figures attached");
	browsing_press(&u, "/");
	browsing_type(&u, " is:seen");
	browsing_expect_not(&u, "attached");
	browsing_press(&u, "Esc Esc");
	browsing_expect(&u, "Enter read");
	browsing_end(&u);
}

/* What copy prints goes to a file, for the test to read. */
static void copy_to(struct browsing *u, const char *target)
{
	char *path = cli_path(&u->cli, "printed");
	int before = dup(STDOUT_FILENO);
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	fflush(stdout);
	dup2(file, STDOUT_FILENO);
	browsing_press(u, "s");
	browsing_type(u, target);
	browsing_press(u, "Enter");
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
	struct browsing u;
	size_t len;

	browsing_begin(&u, "");
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		browsing_press(&u, cases[i].keys);
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
	browsing_end(&u);
}

Test(browse, folders_narrow_a_search)
{
	struct browsing u;

	browsing_begin(&u, "");
	browsing_press(&u, "Tab");
	cr_expect_eq(u.b->view, VIEW_SIDE);
	browsing_press(&u, "Down Enter");
	browsing_expect(&u, "/folder:\"in\"");
	browsing_expect(&u, "3 messages");
	browsing_press(&u, "Enter");
	cr_expect_str_eq(u.b->query.text, "");
	browsing_press(&u, "\\");
	browsing_expect_not(&u, "Folders");
	browsing_press(&u, "\\");
	browsing_expect(&u, "Folders");
	browsing_end(&u);
}

Test(browse, facets_count_what_was_found_and_narrow_it)
{
	struct browsing u;

	browsing_begin(&u, "");
	browsing_expect(&u, "2020             3");
	browsing_expect(&u, "alice@example.o… 1");
	browsing_expect(&u, "pdf              1");
	browsing_press(&u, "Tab /");
	browsing_type(&u, "quarterly");
	browsing_press(&u, "Enter");
	browsing_expect(&u, "2020             2");
	browsing_expect_not(&u, "carol@");
	browsing_press(&u, "Tab");
	while (strcmp(
		g_array_index(u.b->side, struct side_row, u.b->side_at).label,
		"pdf"))
		browsing_press(&u, "Down");
	browsing_press(&u, "Enter");
	browsing_expect(&u, "/quarterly type:\"pdf\"");
	browsing_expect(&u, "1 message,");
	/* Still there, to be taken back. */
	cr_expect_str_eq(
		g_array_index(u.b->side, struct side_row, u.b->side_at).label,
		"pdf");
	browsing_press(&u, "Enter");
	browsing_expect(&u, "2 messages");
	browsing_end(&u);
}

Test(browse, shows_the_thread_of_a_message)
{
	struct browsing u;

	browsing_begin(&u, "");
	browsing_press(&u, "Down t");
	browsing_expect(&u, "2 messages, thread");
	char *all = browsing_screen(&u);
	const char *first = strstr(all, "Rechnung"),
		   *answer = strstr(all, "└ Re:");
	cr_expect(first && answer && first < answer, "%s", all);
	g_free(all);
	cr_expect_eq(u.b->thread->at, 1, "where it was");
	browsing_press(&u, "Up Enter");
	browsing_expect(&u, "Subject: Rechnung");
	browsing_press(&u, "J");
	browsing_expect(&u, "They look[1] fine.");
	browsing_press(&u, "t");
	browsing_expect(&u, "2 messages, thread");
	browsing_press(&u, "q");
	browsing_expect(&u, "3 messages, newest");
	browsing_press(&u, "Home t");
	browsing_expect(&u, "no other message is in its thread");
	browsing_end(&u);
}

Test(browse, several_archives_are_one_list)
{
	static const char *const names[] = {"a.mailark", "b.mailark"};
	struct browsing u;

	cli_init(&u.cli);
	cli_write(&u.cli, "in.mbox", browsing_mail, browsing_mail_len);
	cli_mbox(&u.cli, "more.mbox", 0, 500, 0);
	cr_assert_eq(cli_line(&u.cli, "copy in.mbox a.mailark"), 0);
	cr_assert_eq(cli_line(&u.cli, "copy more.mbox b.mailark"), 0);
	browsing_open(&u, names, 2, "");
	browsing_expect(&u, "503 messages");
	browsing_expect(&u, "alice@example.o…");
	/* More than were asked for first. */
	browsing_press(&u, "End");
	cr_expect_eq(u.b->found.n, 503);
	cr_expect_eq(u.b->found.at, 502);
	browsing_press(&u, "*");
	browsing_expect(&u, "503 marked");
	browsing_press(&u, "Home");
	for (int i = 0; i < 40; i++)
		browsing_press(&u, "PgDn");
	cr_expect_eq(u.b->found.at, 502);
	browsing_end(&u);
}

Test(browse, without_an_index_it_lists_and_says_so)
{
	static const char *const names[] = {"c.mailark"};
	struct browsing u;

	cli_init(&u.cli);
	cli_write(&u.cli, "in.mbox", browsing_mail, browsing_mail_len);
	cr_assert_eq(cli_line(&u.cli, "copy --no-index in.mbox c.mailark"), 0);
	browsing_open(&u, names, 1, "");
	browsing_expect(&u, "3 messages");
	browsing_expect(&u, "mailark index c.mailark makes one");
	char *all = browsing_screen(&u);
	cr_expect_lt(strstr(all, "Carol"), strstr(all, "Alice Archer"));
	g_free(all);
	browsing_press(&u, "Enter");
	browsing_expect(&u, "nothing of weight");
	browsing_press(&u, "q o");
	all = browsing_screen(&u);
	cr_expect_gt(strstr(all, "Carol"), strstr(all, "Alice Archer"));
	g_free(all);
	browsing_press(&u, "/");
	browsing_type(&u, "x");
	browsing_expect(&u, "no index yet");
	browsing_press(&u, "Esc");
	browsing_expect(&u, "3 messages");
	cr_assert_eq(cli_line(&u.cli, "index c.mailark"), 0);
	browsing_press(&u, "Ctrl-R /");
	browsing_type(&u, "figures");
	browsing_expect(&u, "2 messages");
	browsing_end(&u);
}

Test(browse, one_without_an_index_does_not_hide_the_others)
{
	static const char *const names[] = {"a.mailark", "c.mailark"};
	struct browsing u;

	cli_init(&u.cli);
	cli_write(&u.cli, "in.mbox", browsing_mail, browsing_mail_len);
	cr_assert_eq(cli_line(&u.cli, "copy in.mbox a.mailark"), 0);
	cr_assert_eq(cli_line(&u.cli, "copy --no-index in.mbox c.mailark"), 0);
	browsing_open(&u, names, 2, "");
	browsing_expect(&u, "6 messages");
	browsing_press(&u, "/");
	browsing_type(&u, "figures");
	browsing_expect(&u, "2 messages");
	browsing_expect(&u, "c.mailark has no index yet");
	browsing_end(&u);
}

Test(browse, an_index_that_cannot_be_read_is_none)
{
	static const char *const names[] = {"c.mailark"};
	struct browsing u;

	cli_init(&u.cli);
	cli_write(&u.cli, "in.mbox", browsing_mail, browsing_mail_len);
	cr_assert_eq(cli_line(&u.cli, "copy in.mbox c.mailark"), 0);
	cli_write(&u.cli, "c.mailark.cache/xapian/state", "damage", 6);
	browsing_open(&u, names, 1, "");
	browsing_expect(&u, "3 messages");
	browsing_expect(&u, "no search: ");
	browsing_press(&u, "/");
	browsing_type(&u, "x");
	browsing_expect_not(&u, "has no index yet");
	browsing_end(&u);
}

Test(browse, sees_what_came_since)
{
	struct browsing u;

	browsing_begin(&u, "");
	cli_mbox(&u.cli, "more.mbox", 0, 10, 0);
	cr_assert_eq(cli_line(&u.cli, "copy more.mbox a.mailark"), 0);
	browsing_expect(&u, "3 messages");
	browsing_press(&u, "Ctrl-R");
	browsing_expect(&u, "13 messages");
	browsing_end(&u);
}

Test(browse, any_size_of_screen_will_do)
{
	static const struct {
		size_t rows, columns;
	} sizes[] = {{24, 80}, {1, 1},   {2, 5},   {4, 20},  {5, 59},
	             {6, 60},  {24, 61}, {200, 7}, {3, 500}, {100, 300}};
	static const char *const views[] = {"",  "Tab",   "Esc /", "Esc ?",
	                                    "q", "Enter", "v",     "q |"};
	struct browsing u;

	browsing_begin(&u, "");
	browsing_press(&u, "End");
	for (size_t v = 0; v < AM_COUNT(views); v++) {
		browsing_press(&u, views[v]);
		for (size_t i = 0; i < AM_COUNT(sizes); i++) {
			browse_resize(u.b, sizes[i].rows, sizes[i].columns);
			char *all = browsing_screen(&u);
			g_free(all);
		}
	}
	browsing_end(&u);
}

Test(browse, the_mouse_chooses_and_opens)
{
	struct browsing u;

	browsing_begin(&u, "");
	browse_mouse(u.b, 3, 40, 1);
	cr_expect_eq(u.b->found.at, 1);
	browse_mouse(u.b, 3, 40, 1);
	browsing_expect(&u, "They look[1] fine.");
	browsing_press(&u, "q");
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
	browsing_end(&u);
}

Test(browse, helps)
{
	struct browsing u;

	browsing_begin(&u, "");
	browse_resize(u.b, 200, 80);
	browsing_press(&u, "?");
	for (const struct key_row *row = key_rows; row->keys; row++)
		if (row->views != IN(HELP))
			browsing_expect(&u, row->help);
	browsing_expect(&u, "something is attached");
	browse_resize(u.b, 24, 80);
	browsing_expect_not(&u, "something is attached");
	browsing_press(&u, "End");
	browsing_expect(&u, "something is attached");
	browsing_press(&u, "q");
	cr_expect_eq(u.b->view, VIEW_LIST);
	browsing_end(&u);
}

Test(browse, leaves_when_it_is_told)
{
	struct browsing u;

	browsing_begin(&u, "");
	browsing_press(&u, "Enter q");
	cr_expect_not(u.b->quit);
	browsing_press(&u, "q");
	cr_expect(u.b->quit);
	browsing_end(&u);
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
