/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/eml/eml.h"

#include "base/blob.h"
#include "base/file.h"
#include "formats/mail_head.h"
#include "formats/null.h"
#include "model/folder.h"
#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(eml, .fini = am_test_tmpdir_end, .timeout = 60);

static void expect_list(const char *path, const char *const *options,
                        uint32_t what, bool sorted, const char *want)
{
	am_test_expect_list(&am_format_eml, path, options, what, sorted, want);
}

static const struct {
	const char *head;
	bool mail;
} heads[] = {
	{"From: a@b\nSubject: x\n\nbody", true},
	{"\xef\xbb\xbf"
         "From: a@b\r\nTo: c\r\n\r\n",
         true},
	{"From a@b Mon Jan  1 00:00:00 2001\nSubject: x\n\n", true},
	{"Subject: x\n folded\nReceived: y\n", true},
	{"Subject: x", true},
	{"1. a list\n2. more\n", false},
	{"key: value\nother: thing\n", false},
	{"", false},
	{"\n\nFrom: a", false},
	{"#include <stdio.h>\nint main(void)\n", false},
	{"From here on\nit is prose\n", false},
	{"Subject: x\0y\n", true},
	{"\x7f"
         "ELF",
         false},
};

Test(eml, knows_a_header_block)
{
	for (size_t i = 0; i < AM_COUNT(heads); i++) {
		bool mail = am_mail_head_bits((const uint8_t *)heads[i].head,
		                              strlen(heads[i].head)) >=
		            AM_MAIL_HEAD_ENOUGH;

		cr_expect(mail == heads[i].mail, "%zu", i);
	}
	cr_expect(!am_mail_head_bits((const uint8_t *)"From: a\0\n", 9));
}

Test(eml, one_file_is_one_message_byte_for_byte)
{
	static const char bytes[] = "\xef\xbb\xbf"
				    "From x\r\nReceived: a; Tue, 4 Feb 2020 "
				    "10:00:00 +0100\nDate: Mon, 3 Feb 2020 "
				    "10:00:00 +0000\n\nend without newline";
	char *escaped = g_strescape(bytes, NULL);
	char *want = g_strdup_printf("folder \n: \"%s\" "
	                             "2020-02-04T10:00:00+01:00 "
	                             "header.received a.eml",
	                             escaped);

	am_test_write_text("a.eml", bytes);
	expect_list("a.eml", NULL,
	            AM_LIST_FOLDERS | AM_LIST_RECEIVED | AM_LIST_ORIGIN |
	                    AM_LIST_RECEIVED_FROM,
	            false, want);
	g_free(want);
	g_free(escaped);
}

Test(eml, a_tree_gives_folders_in_order)
{
	am_test_write_text("t/b.EML", "b");
	am_test_write_text("t/a.eml", "a");
	am_test_write_text("t/readme.txt", "no mail");
	am_test_write_text("t/Sub/c.eml", "c");
	am_test_write_text("t/Sub/Deep/d.eml", "d");
	am_test_write_text("t/.hidden/e.eml", "e");
	am_test_write_text("t/.hidden/._e.eml", "Apple's");
	am_test_write_text("t/.mailark-tmp/f.eml", "unfinished");
	am_test_write_text("t/pictures/x.jpg", "no mail");
	am_test_mkdir("t/Empty");
	expect_list("t", NULL, AM_LIST_FOLDERS, false,
	            "folder \n: \"a\"\n: \"b\"\nfolder .hidden\n"
	            ".hidden: \"e\"\nfolder Empty\nfolder Sub\n"
	            "Sub: \"c\"\nfolder Sub/Deep\nSub/Deep: \"d\"");
	cr_expect(am_test_notes("eml.not-mail") == 3);
}

Test(eml, without_any_eml_all_that_looks_like_mail_is_taken)
{
	am_test_write_text("t/1", "From: a@b\nSubject: x\n\n");
	am_test_write_text("t/2", "just text\n");
	am_test_write_text("t/sub/3.txt", "Received: x\nTo: y\n\n");
	expect_list("t", NULL, 0, false,
	            ": \"From: a@b\\nSubject: x\\n\\n\"\n"
	            "sub: \"Received: x\\nTo: y\\n\\n\"");
	cr_expect(am_test_notes("eml.not-mail") == 1);
	static const char *const named[] = {"files=eml", NULL};
	expect_list("t", named, 0, false, "");
}

Test(eml, mail_without_the_ending_is_not_passed_over_beside_eml)
{
	am_test_write_text("t/a.eml", "a");
	am_test_write_text("t/b", "From: a@b\nSubject: x\n\n");
	am_test_write_text("t/c.txt", "just text\n");
	expect_list("t", NULL, 0, false,
	            ": \"a\"\n: \"From: a@b\\nSubject: x\\n\\n\"");
	cr_expect(am_test_notes("eml.not-mail") == 1);
}

Test(eml, one_bad_file_costs_one_message)
{
	am_test_write_text("t/a.eml", "a");
	am_test_write_text("t/z.eml", "z");
	char *fifo = am_test_path("t/b.eml");
	char *loop = am_test_path("t/loop");
	char *dangling = am_test_path("t/c.eml");

	cr_assert(!mkfifo(fifo, 0600));
	cr_assert(!symlink(".", loop));
	cr_assert(!symlink("nowhere", dangling));
	expect_list("t", NULL, 0, false,
	            ": \"a\"\nfailed  b.eml\nfailed  c.eml\n: \"z\"");
	g_free(fifo);
	g_free(loop);
	g_free(dangling);
}

static const struct am_test_message odd[] = {
	{{NULL},
         "Subject: root\n\n",
         0,
         {0},
         {0},
         1580699106,
         0,
         {0},
         false,
         false},
	{{"INBOX"},
         "Subject: a/b\n\n",
         0,
         {0},
         {0},
         1580699106,
         0,
         {0},
         false,
         false},
	{{"INBOX"},
         "Subject: a/b\n\n",
         0,
         {0},
         {0},
         1580699106,
         0,
         {0},
         false,
         false},
	{{"x/y", "..", "CON"}, "b", 0, {0}, {0}, 0, 0, {0}, false, false},
	{{"x_y"}, "c", 0, {0}, {0}, 0, 0, {0}, false, false},
	{{"X_Y"}, "d", 0, {0}, {0}, 0, 0, {0}, false, false},
	{{".hidden "}, "e", 0, {0}, {0}, 0, 0, {0}, false, false},
	{{"Entwürfe", "日本語"}, "", 0, {0}, {0}, 0, 0, {0}, false, false},
	{{"a very long name that goes on and on and on and on and on and on",
          "a very long name that goes on and on and on and on and on and on",
          "a very long name that goes on and on and on and on and on and on"},
         "f",
         0,
         {0},
         {0},
         0,
         0,
         {0},
         false,
         false},
	{{"empty", "e"}, NULL, 0, {0}, {0}, 0, 0, {0}, true, false},
	{{"empty", "o/dd"}, NULL, 0, {0}, {0}, 0, 0, {0}, true, false},
};

#define LONG "a very long name that goes on and on and on and on and on and on"

static const char odd_list[] =
	".hidden : \"e\"\n: \"Subject: root\\n\\n\"\n"
	"Entwürfe/日本語: \"\"\nINBOX: \"Subject: a/b\\n\\n\"\n"
	"INBOX: \"Subject: a/b\\n\\n\"\nX_Y: \"d\"\n" LONG "/" LONG "/" LONG
	": \"f\"\nx\\/y/../CON: \"b\"\nx_y: \"c\"";

Test(eml, every_target_gives_back_what_it_was_given)
{
	static const char *const posix[] = {"profile=posix", NULL};
	static const char *const portable[] = {"profile=portable", NULL};
	const struct {
		const char *path;
		const char *const *options;
	} ways[] = {{"tree/", NULL},      {"posix/", posix},
	            {"ascii/", portable}, {"x.zip", NULL},
	            {"x.tar", posix},     {"x.tar.gz", portable},
	            {"x.tar.zst", NULL},  {"x.tgz", NULL}};

	for (size_t i = 0; i < AM_COUNT(ways); i++) {
		char *got;

		am_test_fill(&am_format_eml, ways[i].path, ways[i].options, odd,
		             AM_COUNT(odd));
		expect_list(ways[i].path, NULL, 0, true, odd_list);
		got = am_test_list(&am_format_eml, ways[i].path, NULL,
		                   AM_LIST_FOLDERS, true);
		cr_expect(strstr(got, "folder empty/e\n"), "%s: %s",
		          ways[i].path, got);
		cr_expect(strstr(got, "folder empty/o\\/dd\n"), "%s: %s",
		          ways[i].path, got);
		g_free(got);
	}
}

Test(eml, names_come_from_the_template_and_never_collide)
{
	static const struct am_test_message m[] = {
		{.folder = {"A"},
	         .bytes = "From: Ann <a@b.example>\nSubject: Hi?\n\n",
	         .received = 1580699106},
		{.folder = {"A"}, .bytes = "Subject: hi?\n\n"},
	};
	static const char *const name[] = {"name={subject}.eml", NULL};

	am_test_fill(&am_format_eml, "t", NULL, m, 1);
	cr_expect(am_test_exists(
		"t/A/20200203-030506_a@b.example_Hi__d8e8e2e8.eml"));
	am_test_fill(&am_format_eml, "u", name, m, 2);
	cr_expect(am_test_exists("u/A/Hi_.eml"));
	cr_expect(am_test_exists("u/A/hi_-2.eml"));
	/* What lies there from before stays. */
	am_test_fill(&am_format_eml, "u", name, m, 1);
	cr_expect(am_test_exists("u/A/Hi_-2.eml"));
	cr_expect(!am_test_exists("u/.mailark-tmp"));
	struct stat st;
	char *path = am_test_path("u/A/Hi_.eml");
	cr_expect(!stat(path, &st) && st.st_mtime == 1580699106);
	g_free(path);
}

Test(eml, a_single_file_takes_a_single_message)
{
	static const struct am_test_message m[] = {
		{.folder = {"A"}, .bytes = "a"},
		{.folder = {"A"}, .bytes = "b"}};
	struct am_sink *sink;
	struct am_error err = {0};

	am_test_fill(&am_format_eml, "one.eml", NULL, m, 1);
	expect_list("one.eml", NULL, 0, false, ": \"a\"");
	sink = am_test_sink(&am_format_eml, "two.eml", NULL);
	cr_expect(am_test_put(sink, &m[0], &err) == AM_OK);
	cr_expect(am_test_put(sink, &m[1], &err) == AM_FATAL);
	cr_expect(err.kind == AM_E_ARGUMENT);
	am_sink_close(&sink);
	cr_expect(!am_test_exists("two.eml"));
	cr_expect(!am_test_exists(".mailark-tmp"));
}

Test(eml, what_is_there_is_not_overwritten)
{
	static const char *const there[] = {"x.zip", "x.eml"};

	for (size_t i = 0; i < AM_COUNT(there); i++) {
		char *path = am_test_path("%s", there[i]);
		struct am_location where = {
			.path = path, .options = (const char *const[]){NULL}};
		struct am_sink *sink = NULL;
		struct am_error err = {0};

		am_test_write_text(there[i], "x");
		cr_expect(am_format_eml.open_sink(&sink, &where, am_test_ctx(),
		                                  &err) == AM_FATAL);
		cr_expect(err.kind == AM_E_EXISTS);
		g_free(path);
	}
}

Test(eml, without_a_commit_nothing_is_left)
{
	static const struct am_test_message m = {.folder = {"A"}, .bytes = "a"};
	static const char *const paths[] = {"t/", "x.zip", "x.eml"};

	for (size_t i = 0; i < AM_COUNT(paths); i++) {
		struct am_sink *sink =
			am_test_sink(&am_format_eml, paths[i], NULL);

		cr_expect(am_test_put(sink, &m, NULL) == AM_OK);
		am_sink_close(&sink);
	}
	expect_list("t", NULL, 0, false, "");
	cr_expect(!am_test_exists("x.zip") && !am_test_exists("x.eml"));
	cr_expect(!am_test_exists("t/.mailark-tmp"));
	cr_expect(!am_test_exists(".mailark-tmp"));
}

Test(eml, labels_become_links)
{
	static const struct am_test_message m = {
		.folder = {"All"}, .bytes = "a", .labels = {"Work/Now", "All"}};
	static const char *const first[] = {"labels=first", NULL};

	am_test_fill(&am_format_eml, "t", NULL, &m, 1);
	expect_list("t", NULL, 0, true, "All: \"a\"\nWork/Now: \"a\"");
	am_test_fill(&am_format_eml, "z.zip", NULL, &m, 1);
	expect_list("z.zip", NULL, 0, true, "All: \"a\"\nWork/Now: \"a\"");
	am_test_fill(&am_format_eml, "f", first, &m, 1);
	expect_list("f", NULL, 0, true, "All: \"a\"");
}

Test(eml, wrong_options_are_refused_by_name)
{
	static const char *const bad[] = {"name={x}", "profile=dos",
	                                  "labels=all", "durable=maybe",
	                                  "nonsense=1"};

	for (size_t i = 0; i < AM_COUNT(bad); i++) {
		const char *options[] = {bad[i], NULL};
		char *path = am_test_path("t/");
		struct am_location where = {.path = path, .options = options};
		struct am_sink *sink = NULL;
		struct am_error err = {0};

		cr_expect(am_format_eml.open_sink(&sink, &where, am_test_ctx(),
		                                  &err) < 0);
		cr_expect(err.kind == AM_E_ARGUMENT, "%s: %s", bad[i],
		          err.text);
		g_free(path);
	}
}

Test(eml, null_takes_all_and_leaves_nothing)
{
	am_test_fill(&am_format_null, "nowhere", NULL, odd, AM_COUNT(odd));
	cr_expect(!am_test_exists("nowhere"));
	cr_expect(!am_format_null.open_source && !am_format_null.keeps);
}

/* Deeper, and with longer paths, than any system takes: one folder does not
 * stop the others, and all come back under their names. */
Test(eml, folders_that_no_path_can_hold_come_back)
{
	static const char *const posix[] = {"profile=posix", NULL};
	static const size_t shapes[][2] = {{70, 1}, {60, 100}, {200, 3}};
	struct am_error err = {0};
	struct am_sink *sink = am_test_sink(&am_format_eml, "t/", posix);

	for (size_t i = 0; i < AM_COUNT(shapes); i++) {
		const char *parts[200];
		char *part = g_strnfill(shapes[i][1], 'x');
		struct am_folder *folder = NULL;
		const struct am_folder *unref;
		for (size_t k = 0; k < shapes[i][0]; k++)
			parts[k] = part;
		cr_assert(!am_folder_new(&folder, parts, shapes[i][0],
		                         AM_ROLE_NONE, &err));
		struct am_message *msg = NULL;
		enum am_outcome outcome;
		void *prepared = NULL;
		cr_assert(!am_message_new(&msg, folder, &err));
		cr_assert(!am_blob_copy(&msg->raw, "A: b\n\n", 6, &err));
		cr_assert(!am_sink_prepare(sink, msg, &prepared, &err));
		cr_assert(!am_sink_put(sink, msg, &prepared, &outcome, &err),
		          "%zu of %zu: %s", shapes[i][0], shapes[i][1],
		          err.text);
		am_message_free(&msg);
		unref = folder;
		am_folder_unref(&unref);
		g_free(part);
	}
	cr_assert(!am_sink_commit(sink, &err), "%s", err.text);
	am_sink_close(&sink);
	char *got = am_test_list(&am_format_eml, "t", NULL, 0, true);
	char **lines = g_strsplit(got, "\n", 0);
	cr_assert_eq(g_strv_length(lines), 3, "%s", got);
	/* The parts, a slash between them, and ": \"A: b…\"". */
	static const size_t lengths[] = {200 * 4 - 1, 70 * 2 - 1, 60 * 101 - 1};
	size_t found = 0;
	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < 3; k++)
			found += strcspn(lines[k], ":") == lengths[i];
	cr_expect_eq(found, 3, "%s", got);
	g_strfreev(lines);
	g_free(got);
}
