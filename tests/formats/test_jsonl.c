/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/jsonl/jsonl.h"

#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(jsonl, .fini = am_test_tmpdir_end, .timeout = 60);

#define ONE "Subject: one\nFrom: Ann <a@b.example>\nTo: c@d.example\n\none\n"
#define TWO "Subject: =?utf-8?q?zw=C3=B6lf?=\r\nX-Odd:  two\r\n\r\n\x01 two\r\n"

static const struct am_test_message messages[] = {
	{.folder = {"INBOX"},
         .bytes = ONE,
         .flags = AM_SEEN | AM_FLAGGED,
         .keywords = {"later"},
         .labels = {"Work/Yard"},
         .received = 1580699106,
         .zone = 60,
         .props = {"test.odd", "\xff\xfe"}},
	{.folder = {"INBOX", "a/b"}, .bytes = TWO},
	{.folder = {"Empty"}, .folder_only = true, .subscribed = true},
};

static const char all[] =
	"folder INBOX inbox\n"
	"INBOX: \"Subject: one\\nFrom: Ann <a@b.example>\\nTo: "
	"c@d.example\\n\\none\\n\" seen flagged [later] "
	"2020-02-03T04:05:06+01:00 test.odd=\xff\xfe "
	"provenance.origin=test\n"
	"folder INBOX/a\\/b -\n"
	"INBOX/a\\/b: \"Subject: =?utf-8?q?zw=C3=B6lf?=\\r\\nX-Odd:  "
	"two\\r\\n\\r\\n\\001 two\\r\\n\"  provenance.origin=test\n"
	"folder Empty - subscribed";

static void expect_list(const char *path, const char *want)
{
	am_test_expect_list(&am_format_jsonl, path, NULL,
	                    AM_LIST_FOLDERS | AM_LIST_FLAGS | AM_LIST_RECEIVED |
	                            AM_LIST_MORE,
	                    false, want);
}

static size_t lines_of(const char *path)
{
	char *text = am_test_read(path, NULL);
	char **lines = g_strsplit(text, "\n", 0);
	size_t n = g_strv_length(lines);

	g_strfreev(lines);
	g_free(text);
	return n - 1; /* behind the last line end is nothing */
}

Test(jsonl, gives_back_all_that_was_put_in)
{
	am_test_fill(&am_format_jsonl, "x.jsonl", NULL, messages, 3);
	expect_list("x.jsonl", all);
}

Test(jsonl, a_line_says_what_the_message_says)
{
	am_test_fill(&am_format_jsonl, "x.jsonl", NULL, messages, 2);
	char *text = am_test_read("x.jsonl", NULL);
	char **lines = g_strsplit(text, "\n", 0);
	json_t *one = json_loads(lines[1], 0, NULL);
	json_t *two = json_loads(lines[3], 0, NULL);

	cr_assert(one && two);
	json_t *from = json_array_get(json_object_get(one, "from"), 0);
	cr_expect_str_eq(json_string_value(json_object_get(from, "name")),
	                 "Ann");
	cr_expect_str_eq(json_string_value(json_object_get(from, "address")),
	                 "a@b.example");
	cr_expect_str_eq(json_string_value(json_object_get(one, "text")),
	                 "one\n");
	cr_expect_eq(json_integer_value(json_object_get(one, "size")),
	             (json_int_t)strlen(ONE));
	cr_expect_str_eq(json_string_value(json_object_get(two, "subject")),
	                 "zw\xc3\xb6lf");
	json_t *field = json_array_get(json_object_get(two, "headers"), 0);
	cr_expect_str_eq(json_string_value(json_object_get(field, "value")),
	                 "zw\xc3\xb6lf");
	cr_expect_str_eq(json_string_value(json_object_get(field, "raw")),
	                 "=?utf-8?q?zw=C3=B6lf?=");
	json_decref(one);
	json_decref(two);
	g_strfreev(lines);
	g_free(text);
}

Test(jsonl, a_second_run_adds_only_what_is_new)
{
	am_test_fill(&am_format_jsonl, "x.jsonl", NULL, messages, 2);
	cr_expect_eq(lines_of("x.jsonl"), 4);
	am_test_fill(&am_format_jsonl, "x.jsonl", NULL, messages, 3);
	cr_expect_eq(lines_of("x.jsonl"), 5);
	expect_list("x.jsonl", all);
}

/* As often as the source has them. */
Test(jsonl, the_same_bytes_twice_are_two)
{
	static const struct am_test_message twice[] = {
		{.folder = {"A"}, .bytes = ONE},
		{.folder = {"A"}, .bytes = ONE}};

	am_test_fill(&am_format_jsonl, "x.jsonl", NULL, twice, 1);
	cr_expect_eq(lines_of("x.jsonl"), 2);
	for (int i = 0; i < 2; i++) {
		am_test_fill(&am_format_jsonl, "x.jsonl", NULL, twice, 2);
		cr_expect_eq(lines_of("x.jsonl"), 3);
	}
}

Test(jsonl, a_line_cut_short_is_written_anew)
{
	size_t len;

	am_test_fill(&am_format_jsonl, "x.jsonl", NULL, messages, 3);
	char *whole = am_test_read("x.jsonl", &len);
	/* At each place of the last line but one, and of the very first. */
	for (size_t cut = 1; cut < len - 1; cut += cut < 30 ? 1 : 97) {
		am_test_write("x.jsonl", whole, cut);
		am_test_fill(&am_format_jsonl, "x.jsonl", NULL, messages, 3);
		size_t now;
		char *again = am_test_read("x.jsonl", &now);
		cr_assert(now == len && !memcmp(again, whole, len),
		          "cut at %zu", cut);
		g_free(again);
	}
	cr_expect(am_test_notes("jsonl.torn") > 0);
	g_free(whole);
}

Test(jsonl, what_was_never_committed_is_not_there)
{
	struct am_error err = {0};
	struct am_sink *sink = am_test_sink(&am_format_jsonl, "x.jsonl", NULL);

	cr_assert(!am_test_put(sink, &messages[0], &err));
	am_sink_close(&sink);
	cr_expect(!am_test_exists("x.jsonl"));

	am_test_fill(&am_format_jsonl, "x.jsonl", NULL, messages, 1);
	char *before = am_test_read("x.jsonl", NULL);
	sink = am_test_sink(&am_format_jsonl, "x.jsonl", NULL);
	cr_assert(!am_test_put(sink, &messages[1], &err));
	am_sink_close(&sink);
	char *after = am_test_read("x.jsonl", NULL);
	cr_expect_str_eq(before, after);
	g_free(before);
	g_free(after);
}

static void expect_refused(const char *path)
{
	static const char *const none[] = {NULL};
	char *full = am_test_path("%s", path);
	struct am_location where = {.path = full, .options = none};
	struct am_sink *sink = NULL;
	struct am_error err = {0};

	cr_expect(am_format_jsonl.open_sink(&sink, &where, am_test_ctx(),
	                                    &err) == AM_FATAL);
	cr_expect_eq(err.kind, AM_E_EXISTS, "%s", err.text);
	g_free(full);
}

Test(jsonl, nothing_is_added_to_a_file_of_others)
{
	static const char *const others[] = {"{\"a\": 1}\n", "no JSON",
	                                     "{\"a\": 1}"};

	for (size_t i = 0; i < AM_COUNT(others); i++) {
		am_test_write_text("x.jsonl", others[i]);
		expect_refused("x.jsonl");
		char *after = am_test_read("x.jsonl", NULL);
		cr_expect_str_eq(after, others[i]);
		g_free(after);
	}
}

Test(jsonl, without_the_bytes_nothing_is_read_and_all_is_known)
{
	static const char *const raw_no[] = {"raw=no", NULL};

	am_test_fill(&am_format_jsonl, "x.jsonl", raw_no, messages, 2);
	char *got = am_test_list(&am_format_jsonl, "x.jsonl", NULL, 0, false);
	cr_expect_str_eq(got, "failed - x.jsonl:2\nfailed - x.jsonl:4");
	g_free(got);
	am_test_fill(&am_format_jsonl, "x.jsonl", raw_no, messages, 2);
	cr_expect_eq(lines_of("x.jsonl"), 4);
}

/* As other programs would write it: spaces, another order, "\/". */
Test(jsonl, lines_are_read_whoever_wrote_them)
{
	am_test_write_text(
		"x.jsonl",
		"{ \"raw\" : \"U3ViamVjdDog\\/\\/8K\" , \"x\": "
		"{\"raw\": \"no\"}, \"mailark\":\"message/1\", "
		"\"folder\": [\"A\"], \"flags\": [\"seen\", \"new-one\"]}\n"
		"\n"
		"{\"mailark\": \"message/1\"}\n"
		"not a line\n"
		"{\"mailark\": \"message/1\", \"folder\": 7, \"raw\": \"\"}\n"
		"{\"mailark\": \"message/1\", \"raw\": \"Cg==\"}");
	char *got = am_test_list(&am_format_jsonl, "x.jsonl", NULL,
	                         AM_LIST_FLAGS, false);
	cr_expect_str_eq(got, "A: \"Subject: \\377\\377\\n\" seen [new-one]\n"
	                      "failed - x.jsonl:2\n"
	                      "failed - x.jsonl:3\n"
	                      "failed - x.jsonl:4\n"
	                      ": \"\\n\"");
	g_free(got);
}

Test(jsonl, other_bytes_than_the_line_says_are_told)
{
	am_test_write_text("x.jsonl",
	                   "{\"mailark\":\"message/1\",\"sha256\":\"00\","
	                   "\"raw\":\"Cg==\"}\n");
	char *got = am_test_list(&am_format_jsonl, "x.jsonl", NULL, 0, false);
	cr_expect_str_eq(got, ": \"\\n\"");
	cr_expect_eq(am_test_notes("jsonl.hash"), 1);
	g_free(got);
}

/* Where it lies among others, its folders stand in one of its name. */
Test(jsonl, is_found_in_a_tree)
{
	am_test_fill(&am_format_jsonl, "x.jsonl", NULL, messages, 2);
	char *text = am_test_read("x.jsonl", NULL);
	char *bad = g_strconcat(text, "no line\n", NULL);

	am_test_write_text("t/sub/x.jsonl", bad);
	am_test_write_text("t/other.txt", "nothing\n");
	char *got = am_test_list(&am_format_jsonl, "t", NULL,
	                         AM_LIST_FOLDERS | AM_LIST_ORIGIN, false);
	cr_expect(g_str_has_prefix(got, "folder sub/x/INBOX\nsub/x/INBOX: "),
	          "%s", got);
	cr_expect(strstr(got, " sub/x.jsonl:2\nfolder sub/x/INBOX/a\\/b\n"),
	          "%s", got);
	cr_expect(g_str_has_suffix(got, "\nfailed - sub/x.jsonl:5"), "%s", got);
	g_free(got);
	g_free(bad);
	g_free(text);
}
