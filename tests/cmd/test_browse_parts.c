/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of mailark browse that need no archive: text in cells, the line
 * that is typed, the table of keys. */
#include "cmd/browse/bidi.h"
#include "cmd/browse/cells.h"
#include "cmd/browse/edit.h"
#include "cmd/browse/find.h"
#include "cmd/browse/frame.h"
#include "cmd/browse/keys.h"
#include "cmd/browse/path.h"
#include "tests/support/run_cli.h"

#include <criterion/criterion.h>
#include <glib.h>
#include <glib/gstdio.h>

#include <locale.h>
#include <string.h>
#include <unistd.h>

static void use_utf8(void)
{
	cr_assert(setlocale(LC_CTYPE, "C.UTF-8"));
}

TestSuite(browse_parts, .init = use_utf8);

Test(browse_parts, nothing_but_letters_gets_through)
{
	static const struct {
		const char *mail, *seen;
		size_t columns;
	} cases[] = {
		{"plain", "plain", 5},
		{"", "", 0},
		/* Escape sequences, C0 and C1, DEL, what turns the direction
	         * and what is seen by nobody. */
		{"\033[31mred\033[0m", " [31mred [0m", 12},
		{"a\007b\x7F"
	         "c\xC2\x9B"
	         "d",
	         "a b c d", 7},
		{"bell\a\b\v\f\r", "bell     ", 9},
		{"\xE2\x80\xAE"
	         "evil\xE2\x80\xAC",
	         " evil ", 6},
		{"a\xE2\x80\x8B\xE2\x80\x8D\xEF\xBB\xBF"
	         "b",
	         "ab", 2},
		{"\033]0;title\007", " ]0;title ", 10},
		/* Broken UTF-8, what is no character. */
		{"\xFF\xC3", "\xEF\xBF\xBD\xEF\xBF\xBD", 2},
		{"\xF4\x8F\xBF\xBF", "\xEF\xBF\xBD", 1},
		/* Wide ones, marks, and marks on nothing. */
		{"庭の写真", "庭の写真", 8},
		{"e\xCC\x81te", "e\xCC\x81te", 3},
		{"\xCC\x81x", " \xCC\x81x", 2},
		{"a\tb\nc", "a b c", 5},
		/* Letters from right to left stay in their order. */
		{"שלום", "שלום", 4},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		char *seen = cells_clean(cases[i].mail, false);
		cr_expect_str_eq(seen, cases[i].seen, "%zu: \"%s\"", i, seen);
		cr_expect_eq(cells_width(seen), cases[i].columns, "%zu: %zu", i,
		             cells_width(seen));
		g_free(seen);
	}
	char *tabs = cells_clean("a\tb\n\tc", true);
	cr_expect_str_eq(tabs, "a       b\n        c");
	g_free(tabs);
}

Test(browse_parts, a_heap_of_marks_stands_on_one_letter_no_higher)
{
	GString *heap = g_string_new("z");

	for (int i = 0; i < 1000; i++)
		g_string_append(heap, "\xCC\x81");
	char *clean = cells_clean(heap->str, false);
	cr_expect_eq(strlen(clean), 1 + 3 * 2);
	cr_expect_eq(cells_width(clean), 1);
	g_free(clean);
	g_string_free(heap, TRUE);
}

Test(browse_parts, cuts_between_cells)
{
	static const struct {
		const char *text;
		size_t columns;
		const char *fit;
	} cases[] = {
		{"abcdef", 6, "abcdef"},
		{"abcdef", 5, "abcd…"},
		{"庭の写真", 8, "庭の写真"},
		{"庭の写真", 7, "庭の写…"},
		{"庭の写真", 6, "庭の…"},
		{"abc", 0, ""},
		{"abc", 1, "…"},
		{"e\xCC\x81"
	         "abc",
	         2, "e\xCC\x81…"},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		char *fit = cells_fit(cases[i].text, cases[i].columns);
		cr_expect_str_eq(fit, cases[i].fit, "%zu: %s", i, fit);
		g_free(fit);
	}
}

static void add_line(void *user, const char *s, size_t len)
{
	g_string_append_printf(user, "%.*s|", (int)len, s);
}

Test(browse_parts, breaks_lines_between_words)
{
	static const struct {
		const char *text;
		size_t columns;
		const char *lines;
		size_t hang;
	} cases[] = {
		{"", 10, "|", 0},
		{"one two three four", 9, "one two|three|four|", 4},
		{"one two three", 5, "one|two|three|", 9},
		{"one two three", 7, "one two|three|", 0},
		{"one two three", 8, "one two|three|", 0},
		{"abcdefghij", 4, "abcd|efgh|ij|", 0},
		{"    abcdef", 6, "    ab|cdef|", 0},
		{"庭の写真", 5, "庭の|写真|", 0},
		{"a  b", 2, "a |b|", 0},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		GString *lines = g_string_new(NULL);
		cells_wrap(cases[i].text, cases[i].columns, cases[i].hang,
		           add_line, lines);
		cr_expect_str_eq(lines->str, cases[i].lines, "%zu: %s", i,
		                 lines->str);
		g_string_free(lines, TRUE);
	}
}

/* Blanks without end take no longer than letters do. */
Test(browse_parts, breaks_a_line_of_nothing_but_blanks)
{
	GString *lines = g_string_new(NULL);
	char *blanks = g_strnfill(4 << 20, ' ');

	cells_wrap(blanks, 80, 0, add_line, lines);
	cr_expect_gt(lines->len, 4 << 20);
	g_free(blanks);
	g_string_free(lines, TRUE);
}

Test(browse_parts, a_frame_holds_what_fits)
{
	struct frame *f = frame_new(3, 10);

	frame_put(f, 0, 0, 10, STYLE_PLAIN, "庭の写真 long");
	frame_put(f, 1, 8, 10, STYLE_PLAIN, "abc");
	frame_put(f, 9, 0, 10, STYLE_PLAIN, "outside");
	frame_put(f, 2, 99, 10, STYLE_PLAIN, "outside");
	frame_print(f, 2, 0, 10, STYLE_DIM, "%s", "\033[2J");
	char *rows[] = {frame_row(f, 0), frame_row(f, 1), frame_row(f, 2)};
	cr_expect_str_eq(rows[0], "庭の写真 …");
	cr_expect_str_eq(rows[1], "        a…");
	cr_expect_str_eq(rows[2], " [2J");
	cr_expect_eq(frame_cell(f, 2, 9)->style, STYLE_DIM);
	cr_expect_null(frame_cell(f, 3, 0));
	for (int i = 0; i < 3; i++)
		g_free(rows[i]);
	frame_free(&f);
}

Test(browse_parts, writing_from_right_to_left_is_seen_in_its_order)
{
	static const struct {
		const char *text, *seen;
		bool needed, right;
	} cases[] = {
		{"plain (abc)", "plain (abc)", false, false},
		{"Grüße 庭", "Grüße 庭", false, false},
		{"abc שלום def", "abc םולש def", true, false},
		{"שלום abc", "abc םולש", true, true},
		{"שלום (1) עולם", "םלוע (1) םולש", true, true},
		/* A mark stays behind its letter. */
		{"בָא", "אבָ", true, true},
		/* Arabic letters join; two of them become one. */
		{"سلام", "\xEF\xBB\xA1\xEF\xBB\xBC\xEF\xBA\xB3", true, true},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		bool right = bidi_from_right(cases[i].text);
		char *seen = bidi_seen(cases[i].text, right);
		cr_expect_eq(bidi_needed(cases[i].text), cases[i].needed, "%zu",
		             i);
		cr_expect_eq(right, cases[i].right, "%zu", i);
		cr_expect_str_eq(seen, cases[i].seen, "%zu: %s", i, seen);
		g_free(seen);
	}
}

Test(browse_parts, a_paragraph_from_the_right_stands_at_the_right)
{
	struct frame *f = frame_new(3, 12);

	f->seen_order = true;
	frame_put(f, 0, 0, 12, STYLE_PLAIN, "שלום abc");
	frame_put_right(f, 1, 0, 12, STYLE_PLAIN, "שלום abc");
	/* A terminal that does it itself must not mix two columns. */
	f->seen_order = false;
	frame_put(f, 2, 0, 6, STYLE_PLAIN, "שלום");
	frame_put(f, 2, 6, 6, STYLE_PLAIN, "עולם");
	char *rows[] = {frame_row(f, 0), frame_row(f, 1), frame_row(f, 2)};
	cr_expect_str_eq(rows[0], "abc םולש");
	cr_expect_str_eq(rows[1], "    abc םולש");
	cr_expect_str_eq(rows[2], "שלום\xE2\x80\x8E  עולם\xE2\x80\x8E");
	for (int i = 0; i < 3; i++)
		g_free(rows[i]);
	frame_free(&f);
}

Test(browse_parts, the_words_of_a_query_are_seen_in_the_text)
{
	/* What is found stands in <>. */
	static const struct {
		const char *query, *text, *seen;
	} cases[] = {
		{"", "abc", "abc"},
		{"report", "A Report, reports, report",
	         "A <Report>, reports, <report>"},
		{"repo*", "A Report, reports", "A <Repo>rt, <repo>rts"},
		{"port", "A report", "A report"},
		{"\"annual report\" from:ann", "Ann: the Annual Report",
	         "<Ann>: the <Annual Report>"},
		{"-report NOT draft date:2020 is:unread x",
	         "report draft 2020 x", "report draft 2020 x"},
		{"(report OR draft) AND body:end", "report or draft and end",
	         "<report> or <draft> and <end>"},
		{"grüße", "GRÜSSE GRÜßE", "GRÜSSE <GRÜßE>"},
		{"subject:(two", "one two", "one <two>"},
		{"\"open", "open end", "<open> end"},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		GString *seen = g_string_new(NULL);
		const char *text = cases[i].text, *at = text, *next;
		struct finds f;
		size_t len;
		finds_of_query(&f, cases[i].query);
		while ((next = finds_next(&f, text, at, &len))) {
			g_string_append_printf(seen, "%.*s<%.*s>",
			                       (int)(next - at), at, (int)len,
			                       next);
			at = next + len;
		}
		g_string_append(seen, at);
		cr_expect_str_eq(seen->str, cases[i].seen, "%s: %s",
		                 cases[i].query, seen->str);
		g_string_free(seen, TRUE);
		finds_clear(&f);
	}
}

static void type(struct edit *e, const char *keys)
{
	bool changed;

	for (const char *k = keys; *k;) {
		size_t len = strcspn(k, " ");
		int key = key_named(k, len);
		cr_assert(key, "%s", k);
		edit_key(e, key, &changed);
		k += len + strspn(k + len, " ");
	}
}

Test(browse_parts, a_line_is_typed_as_in_a_shell)
{
	static const struct {
		const char *keys, *text;
	} cases[] = {
		{"a b c", "abc"},
		{"a b c Backspace", "ab"},
		{"a b c Left Left x", "axbc"},
		{"a b Home x End y", "xaby"},
		{"a Space b c Ctrl-W d", "a d"},
		{"a b c Left Ctrl-U", "c"},
		{"a b c Left Ctrl-K d", "abd"},
		{"é ü Left Del", "é"},
		{"庭 真 Backspace", "庭"},
		{"a Ctrl-A Backspace Left Del", ""},
		{"a Down Esc", "a"},
		{"e \xCC\x81 Backspace", ""},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct edit e = {0};
		edit_set(&e, "");
		type(&e, cases[i].keys);
		cr_expect_str_eq(e.text, cases[i].text, "%s: %s", cases[i].keys,
		                 e.text);
		edit_clear(&e);
	}
}

Test(browse_parts, paths_are_completed_and_know_the_home_folder)
{
	static const struct {
		const char *typed, *completed;
	} cases[] = {
		{"in", "in"},
		{"inb", "inbox/"},
		{"inbox/", "inbox/one.mbox"},
		{"inv", "invoice.pdf"},
		{"nothing", "nothing"},
		{"no/such", "no/such"},
		{"gr", "grü"},
		{".h", ".hidden"},
		{"", ""},
		{"~/inb", "~/inbox/"},
	};
	struct cli c;

	cli_init(&c);
	cr_assert_eq(chdir(c.dir), 0);
	g_setenv("HOME", c.dir, TRUE);
	cr_assert_eq(g_mkdir("inbox", 0777), 0);
	cli_write(&c, "inbox/one.mbox", "", 0);
	cli_write(&c, "invoice.pdf", "", 0);
	cli_write(&c, ".hidden", "", 0);
	cli_write(&c, "grüß", "", 0);
	cli_write(&c, "grün", "", 0);
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		char *completed = path_complete(cases[i].typed);
		cr_expect_str_eq(completed, cases[i].completed, "%s: %s",
		                 cases[i].typed, completed);
		g_free(completed);
	}
	char *home = path_expand("~/x"), *other = path_expand("~x");
	char *want = cli_path(&c, "x");
	cr_expect_str_eq(home, want);
	cr_expect_str_eq(other, "~x");
	g_free(home);
	g_free(other);
	g_free(want);
	cr_assert_eq(chdir("/"), 0);
	cli_end(&c);
}

Test(browse_parts, the_cursor_stays_in_sight)
{
	struct frame *f = frame_new(1, 10);
	struct edit e = {0};
	bool changed;

	edit_set(&e, "");
	for (int i = 0; i < 50; i++) {
		edit_key(&e, 'a' + i % 26, &changed);
		cr_expect(changed);
		edit_draw(&e, f, 0, 2, 8, true);
		cr_assert_eq(f->cursor_y, 0);
		cr_assert_lt(f->cursor_x, 10);
		cr_assert_geq(f->cursor_x, 2);
	}
	char *row = frame_row(f, 0);
	cr_expect(g_str_has_suffix(row, "vwx"), "%s", row);
	g_free(row);
	edit_key(&e, KEY_IS_HOME, &changed);
	cr_expect_not(changed);
	edit_draw(&e, f, 0, 2, 8, true);
	cr_expect_eq(f->cursor_x, 2);
	edit_clear(&e);
	frame_free(&f);
}

Test(browse_parts, every_key_has_a_name_and_one_meaning)
{
	for (const struct key_row *row = key_rows; row->keys; row++)
		for (const char *k = row->keys; *k;) {
			char label[KEY_NAME_ROOM];
			size_t len = strcspn(k, " ");
			int key = key_named(k, len);
			cr_assert(key, "%s", row->keys);
			key_label(key, label);
			cr_expect(strlen(label) == len &&
			                  !memcmp(label, k, len),
			          "%s is not %s", label, k);
			for (unsigned v = 0; v < VIEW_COUNT; v++)
				if (row->views & (1u << v))
					cr_expect_eq(
						key_action(v, key), row->action,
						"%s means two things in %u",
						label, v);
			k += len + strspn(k + len, " ");
		}
	cr_expect_eq(key_named("No-such", 7), 0);
	cr_expect_eq(key_action(VIEW_LIST, 'y'), ACT_NONE);
}

/* As mdoc(7) wants it. */
static void add_key(GString *to, const char *key)
{
	if (to->str[to->len - 1] != ' ')
		g_string_append(to, " , ");
	if (!key[1] && strchr(".,:;()[]?!|", *key))
		g_string_append_printf(to, "\\&%s", key);
	else if (!strcmp(key, "\\"))
		g_string_append(to, "\\e");
	else if (!strcmp(key, "-"))
		g_string_append(to, "\\-");
	else
		g_string_append(to, key);
}

Test(browse_parts, the_manual_page_names_every_key)
{
	char *page = NULL;
	size_t rows = 0, items = 0;

	cr_assert(g_file_get_contents("cmd/man/mailark-browse.1", &page, NULL,
	                              NULL));
	for (const struct key_row *row = key_rows; row->keys; row++) {
		char **keys = g_strsplit(row->keys, " ", -1);
		GString *item = g_string_new(".It Li ");
		for (char **k = keys; *k; k++)
			add_key(item, *k);
		g_string_append_printf(item, "\n%s\n", row->help);
		cr_expect(strstr(page, item->str), "the page lacks %s",
		          item->str);
		for (unsigned v = 0; v < VIEW_COUNT; v++)
			rows += v != VIEW_HELP && (row->views & (1u << v));
		g_string_free(item, TRUE);
		g_strfreev(keys);
	}
	for (const char *p = page; (p = strstr(p, "\n.It Li ")); p++)
		items++;
	cr_expect_eq(items, rows, "the page has %zu keys, the table %zu", items,
	             rows);
	g_free(page);
}
