/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/csv/csv.h"

#include "formats/csv_text.h"
#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(csv, .fini = am_test_tmpdir_end, .timeout = 60);

static const struct am_test_message messages[] = {
	{.folder = {"INBOX"},
         .bytes = "Subject: =cmd|' /C calc'!A0\nFrom: \"Ann, B\" "
                  "<a@b.example>\n\none\ntwo\n",
         .flags = AM_SEEN | AM_FLAGGED,
         .keywords = {"a", "b"},
         .received = 1580699106},
	{.folder = {"INBOX", "x"}, .bytes = "Subject: @sum\n\n-1\n"},
};

static void fill_finished(const char *path, const char *const *options)
{
	static const struct am_ledger ledger = {0};
	struct am_sink *sink = am_test_sink(&am_format_csv, path, options);
	struct am_error err = {0};

	for (size_t i = 0; i < AM_COUNT(messages); i++)
		cr_assert(!am_test_put(sink, &messages[i], &err));
	cr_assert(!am_sink_finish(sink, &ledger, true, &err));
	cr_assert(!am_sink_commit(sink, &err), "%s", err.text);
	am_sink_close(&sink);
}

static void expect_table(const char *const *options, const char *want)
{
	fill_finished("x.csv", options);
	char *got = am_test_read("x.csv", NULL);
	cr_expect_str_eq(got, want, "gives\n%s\nnot\n%s", got, want);
	g_free(got);
}

Test(csv, has_the_columns_that_are_asked_for)
{
	static const char *const options[] = {
		"columns=folder:flags:keywords:from:received:size", NULL};

	expect_table(options, "folder,flags,keywords,from,received,size\r\n"
	                      "INBOX,seen; flagged,a; b,\"\"\"Ann, B\"\" "
	                      "<a@b.example>\",2020-02-03T03:05:06+00:00,66\r\n"
	                      "INBOX/x,,,,,18\r\n");
}

Test(csv, no_cell_is_a_formula)
{
	static const char *const options[] = {"columns=subject:text", NULL};

	expect_table(options, "subject,text\r\n"
	                      "'=cmd|' /C calc'!A0,\"one\ntwo\n\"\r\n"
	                      "'@sum,\"'-1\n\"\r\n");
}

Test(csv, guard_and_mark_are_as_wanted)
{
	static const char *const options[] = {"columns=subject", "guard=no",
	                                      "bom=yes", NULL};

	expect_table(options, "\xEF\xBB\xBFsubject\r\n"
	                      "=cmd|' /C calc'!A0\r\n@sum\r\n");
}

Test(csv, is_there_only_when_it_is_whole)
{
	struct am_error err = {0};
	struct am_sink *sink = am_test_sink(&am_format_csv, "x.csv", NULL);

	cr_assert(!am_test_put(sink, &messages[0], &err));
	cr_assert(!am_sink_commit(sink, &err));
	cr_expect(!am_test_exists("x.csv"));
	am_sink_close(&sink);
	cr_expect(!am_test_exists("x.csv"));
	fill_finished("x.csv", NULL);
	cr_expect(am_test_exists("x.csv"));
}

static void expect_no_sink(const char *option, enum am_kind kind)
{
	const char *const options[] = {option, NULL};
	char *path = am_test_path("x.csv");
	struct am_location where = {.path = path, .options = options};
	struct am_sink *sink = NULL;
	struct am_error err = {0};

	cr_expect(am_format_csv.open_sink(&sink, &where, am_test_ctx(), &err) ==
	          AM_FATAL);
	cr_expect_eq(err.kind, kind, "%s", err.text);
	g_free(path);
}

Test(csv, writes_over_nothing_and_knows_its_columns)
{
	am_test_write_text("x.csv", "mine\n");
	expect_no_sink(NULL, AM_E_EXISTS);
	char *got = am_test_read("x.csv", NULL);
	cr_expect_str_eq(got, "mine\n");
	g_free(got);
	expect_no_sink("columns=nose", AM_E_ARGUMENT);
}

Test(csv, records_are_read_as_they_were_written)
{
	static const char *const cells[] = {
		"plain",        "",       "a,b", "say \"x\"",
		"two\r\nlines", " blank", "=1"};
	struct am_csv row = {.text = g_string_new(NULL), .guard = true};

	for (int i = 0; i < 2; i++) {
		for (size_t k = 0; k < AM_COUNT(cells); k++)
			am_csv_cell(&row, cells[k]);
		am_csv_end(&row);
	}
	const char *at = row.text->str, *end = at + row.text->len;
	char **got;
	for (int i = 0; i < 2; i++) {
		got = am_csv_parse(&at, end);
		cr_assert(got && g_strv_length(got) == AM_COUNT(cells));
		for (size_t k = 0; k < AM_COUNT(cells); k++)
			cr_expect_str_eq(am_csv_unguard(got[k]), cells[k]);
		g_strfreev(got);
	}
	cr_expect(!am_csv_parse(&at, end));
	g_string_free(row.text, TRUE);
}
