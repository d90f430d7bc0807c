/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/maildir/maildir.h"

#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(maildir_sink, .fini = am_test_tmpdir_end, .timeout = 60);

#define LONG_50 "0123456789012345678901234567890123456789012345678ü"
#define LONG    LONG_50 LONG_50 LONG_50 LONG_50 LONG_50 LONG_50

static const struct am_test_message odd[] = {
	{{"INBOX"},
         "a\n",
         AM_SEEN | AM_FORWARDED,
         {"work", "to do"},
         {0},
         1580699106,
         60,
         {0},
         false,
         true},
	{{"INBOX"}, "b\r\n\n", 0, {0}, {0}, 1580699107, -330, {0}, false, true},
	{{"INBOX"},
         "",
         AM_JUNK,
         {"Wörter"},
         {0},
         1580699108,
         0,
         {0},
         false,
         true},
	{{"INBOX", "Work"},
         "c",
         AM_DRAFT | AM_DELETED,
         {0},
         {0},
         0,
         0,
         {"maildir.flags", "XaY"},
         false,
         false},
	{{"a.b", "x/y"},
         "d",
         AM_ANSWERED,
         {"work"},
         {0},
         1,
         0,
         {0},
         false,
         true},
	{{"Entwürfe", "日本語"},
         "e",
         AM_FLAGGED,
         {0},
         {0},
         1580699109,
         0,
         {0},
         false,
         false},
	{{".hidden", "~tilde", "back\\slash", "R&D"},
         "f",
         0,
         {0},
         {0},
         1580699110,
         0,
         {0},
         false,
         false},
	{{"trailing "}, "g", 0, {0}, {0}, 1580699111, 0, {0}, false, false},
	{{"cur"}, "h", 0, {0}, {0}, 1580699112, 0, {0}, false, false},
	{{"\\2e", "new"}, "i", 0, {0}, {0}, 1580699113, 0, {0}, false, false},
	{{LONG}, "j", 0, {0}, {0}, 1580699114, 0, {0}, false, false},
	{{LONG, "below"}, "k", 0, {0}, {0}, 1580699115, 0, {0}, false, false},
	{{"empty"}, NULL, 0, {0}, {0}, 0, 0, {0}, true, false},
};

static const char odd_list[] =
	"INBOX/Work: \"c\" deleted draft maildir.flags=XY\n"
	"INBOX: \"\" junk [Wörter] 2020-02-03T03:05:08+00:00\n"
	"INBOX: \"a\\n\" seen forwarded [work] [to do] "
	"2020-02-03T04:05:06+01:00\n"
	"INBOX: \"b\\r\\n\\n\" 2020-02-02T21:35:07-05:30\n"
	"a.b/x\\/y: \"d\" answered [work] 1970-01-01T00:00:01+00:00";

static void expect_in(const char *list, const char *line)
{
	char **lines = g_strsplit(list, "\n", 0);

	cr_expect(g_strv_contains((const char *const *)lines, line),
	          "no \"%s\" in\n%s", line, list);
	g_strfreev(lines);
}

static void round_trip(const char *const *options)
{
	static const char *const more[] = {
		"folder .hidden/~tilde/back\\\\slash/R&D -",
		"folder trailing  -",
		"folder cur -",
		"folder \\\\2e/new -",
		"folder " LONG " -",
		"folder " LONG "/below -",
		"folder empty -",
		"folder Entwürfe/日本語 -",
		"folder INBOX inbox subscribed",
		"folder a.b/x\\/y - subscribed",
	};
	char *got, **lines;

	am_test_fill(&am_format_maildir, "m", options, odd, AM_COUNT(odd));
	got = am_test_list(&am_format_maildir, "m", NULL,
	                   AM_LIST_FLAGS | AM_LIST_RECEIVED, true);
	lines = g_strsplit(odd_list, "\n", 0);
	for (size_t i = 1; lines[i]; i++)
		expect_in(got, lines[i]);
	g_strfreev(lines);
	g_free(got);
	got = am_test_list(&am_format_maildir, "m", NULL,
	                   AM_LIST_FOLDERS | AM_LIST_MORE, true);
	for (size_t i = 0; i < AM_COUNT(more); i++)
		expect_in(got, more[i]);
	expect_in(got, "INBOX/Work: \"c\" maildir.flags=XY");
	g_free(got);
}

Test(maildir_sink, plusplus_gives_back_what_it_was_given)
{
	round_trip(NULL);
	cr_expect(am_test_exists("m/.a\\2eb.x\\2fy/cur"));
	cr_expect(am_test_exists("m/.Entw&APw-rfe.&ZeVnLIqe-/maildirfolder"));
}

Test(maildir_sink, fs_gives_back_what_it_was_given)
{
	static const char *const fs[] = {"layout=fs", NULL};

	round_trip(fs);
	cr_expect(am_test_exists("m/a.b/x\\2fy/cur"));
	cr_expect(am_test_exists("m/\\63ur/cur"));
}

Test(maildir_sink, each_durability_gives_the_same)
{
	static const char *const each[] = {"durable=each", NULL};
	static const char *const no[] = {"durable=no", NULL};
	const struct {
		const char *path;
		const char *const *options;
	} ways[] = {{"yes", NULL}, {"each", each}, {"no", no}};
	char *first = NULL;

	for (size_t i = 0; i < AM_COUNT(ways); i++) {
		char *got;

		am_test_fill(&am_format_maildir, ways[i].path, ways[i].options,
		             odd, AM_COUNT(odd) - 1);
		got = am_test_list(&am_format_maildir, ways[i].path, NULL,
		                   AM_LIST_FOLDERS | AM_LIST_FLAGS, true);
		if (first)
			cr_expect_str_eq(got, first);
		else
			first = g_strdup(got);
		g_free(got);
	}
	g_free(first);
}

static unsigned count_files(const char *path)
{
	char *full = am_test_path("%s", path);
	DIR *dir = opendir(full);
	unsigned n = 0;
	struct dirent *e;

	while (dir && (e = readdir(dir)))
		n += e->d_name[0] != '.';
	if (dir)
		closedir(dir);
	g_free(full);
	return n;
}

Test(maildir_sink, seen_goes_to_cur_and_the_untouched_to_new)
{
	static const struct am_test_message two[] = {
		{.folder = {"INBOX"}, .bytes = "a", .flags = AM_SEEN},
		{.folder = {"INBOX"}, .bytes = "b"},
		{.folder = {"INBOX"}, .bytes = "c", .keywords = {"k"}},
	};

	am_test_fill(&am_format_maildir, "m", NULL, two, AM_COUNT(two));
	cr_expect(count_files("m/cur") == 2 && count_files("m/new") == 1);
	cr_expect(count_files("m/tmp") == 0);
}

Test(maildir_sink, without_a_commit_nothing_is_left)
{
	static const struct am_test_message one = {
		.folder = {"INBOX"}, .bytes = "a", .flags = AM_SEEN};
	struct am_sink *sink = am_test_sink(&am_format_maildir, "m", NULL);

	cr_assert(am_test_put(sink, &one, NULL) == AM_OK);
	/* The message, and the sign that we live. */
	cr_expect(count_files("m/tmp") == 2 && count_files("m/cur") == 0);
	am_sink_close(&sink);
	cr_expect(count_files("m/tmp") == 0 && count_files("m/cur") == 0);
}

Test(maildir_sink, the_27th_keyword_is_told_as_lost)
{
	struct am_test_message m = {.folder = {"INBOX"}, .bytes = "a"};
	char words[30][8], *text;

	for (size_t i = 0; i < 30; i++) {
		g_snprintf(words[i], sizeof(words[i]), "k%zu", i);
		m.keywords[i] = words[i];
	}
	am_test_fill(&am_format_maildir, "m", NULL, &m, 1);
	cr_expect(am_test_notes("maildir.keywords-over-26") == 4);
	text = am_test_read("m/dovecot-keywords", NULL);
	cr_expect(g_str_has_suffix(text, "25 k25\n"), "%s", text);
	g_free(text);
}

Test(maildir_sink, keywords_are_spelled_for_servers_and_kept_for_us)
{
	static const struct am_test_message two[] = {
		{.folder = {"INBOX"}, .bytes = "a", .keywords = {"a b", "ü"}},
		{.folder = {"INBOX"}, .bytes = "b", .keywords = {"a_b", "$L1"}},
	};
	char *text, *got;

	am_test_fill(&am_format_maildir, "m", NULL, &two[0], 1);
	am_test_fill(&am_format_maildir, "m", NULL, &two[1], 1);
	text = am_test_read("m/dovecot-keywords", NULL);
	cr_expect_str_eq(text, "0 a_b\n1 _\n2 a_b_\n3 $L1\n");
	got = am_test_list(&am_format_maildir, "m", NULL, AM_LIST_FLAGS, true);
	cr_expect_str_eq(got, "INBOX: \"a\" [a b] [ü]\n"
	                      "INBOX: \"b\" [a_b] [$L1]");
	g_free(text);
	g_free(got);
}

Test(maildir_sink, labels_become_links_keywords_or_nothing)
{
	static const struct am_test_message m = {.folder = {"All"},
	                                         .bytes = "a",
	                                         .flags = AM_SEEN,
	                                         .labels = {"Work/Now", "All"}};
	static const char *const keywords[] = {"labels=keywords", NULL};
	static const char *const first[] = {"labels=first", NULL};
	const struct {
		const char *path;
		const char *const *options;
		const char *want;
	} ways[] = {
		{"f", NULL, "All: \"a\" seen\nWork/Now: \"a\" seen"},
		{"k", keywords, "All: \"a\" seen [Work/Now] [All]"},
		{"n", first, "All: \"a\" seen"},
	};

	for (size_t i = 0; i < AM_COUNT(ways); i++) {
		char *got;

		am_test_fill(&am_format_maildir, ways[i].path, ways[i].options,
		             &m, 1);
		got = am_test_list(&am_format_maildir, ways[i].path, NULL,
		                   AM_LIST_FLAGS, true);
		cr_expect_str_eq(got, ways[i].want);
		g_free(got);
	}
}

Test(maildir_sink, who_lives_in_the_root_is_remembered)
{
	static const struct am_test_message m[] = {
		{.folder = {NULL}, .bytes = "root"},
		{.folder = {"Inbox"}, .bytes = "Inbox"},
		{.folder = {"INBOX"}, .bytes = "INBOX"},
	};

	am_test_fill(&am_format_maildir, "a", NULL, m, 3);
	char *got = am_test_list(&am_format_maildir, "a", NULL, 0, true);
	cr_expect_str_eq(got, ": \"root\"\nINBOX: \"INBOX\"\nInbox: \"Inbox\"");
	g_free(got);
	/* A Maildir that is there already is INBOX. */
	am_test_fill(&am_format_maildir, "b", NULL, &m[2], 1);
	am_test_fill(&am_format_maildir, "b", NULL, &m[0], 2);
	got = am_test_list(&am_format_maildir, "b", NULL, 0, true);
	cr_expect_str_eq(got, ": \"root\"\nINBOX: \"INBOX\"\nInbox: \"Inbox\"");
	g_free(got);
}

Test(maildir_sink, line_ends_are_changed_only_when_told)
{
	static const struct am_test_message m = {.folder = {"INBOX"},
	                                         .bytes = "a\r\nb\nc\r\n"};
	static const char *const lf[] = {"eol=lf", NULL};
	static const char *const crlf[] = {"eol=crlf", NULL};
	char *got;

	am_test_fill(&am_format_maildir, "l", lf, &m, 1);
	got = am_test_list(&am_format_maildir, "l", NULL, 0, true);
	cr_expect_str_eq(got, "INBOX: \"a\\nb\\nc\\n\"");
	g_free(got);
	am_test_fill(&am_format_maildir, "c", crlf, &m, 1);
	got = am_test_list(&am_format_maildir, "c", NULL, 0, true);
	cr_expect_str_eq(got, "INBOX: \"a\\r\\nb\\r\\nc\\r\\n\"");
	g_free(got);
	cr_expect(!am_test_notes("maildir.size-wrong"));
	cr_expect(!am_test_notes("maildir.crlf-size-wrong"));
}

Test(maildir_sink, an_existing_tree_keeps_its_layout)
{
	static const struct am_test_message m = {.folder = {"B"}, .bytes = "b"};

	am_test_mkdir("m/A/cur");
	am_test_fill(&am_format_maildir, "m", NULL, &m, 1);
	cr_expect(am_test_exists("m/B/new") && !am_test_exists("m/.B"));
}

Test(maildir_sink, only_corpses_of_ours_are_cleared_away)
{
	static const struct am_test_message m = {.folder = {"INBOX"},
	                                         .bytes = "b"};

	am_test_write_text("m/tmp/mailark.1.2.3", "fresh");
	am_test_write_text("m/tmp/1000000000.old", "another's");
	am_test_mtime("m/tmp/mailark.1.2.3", 1000000000);
	am_test_fill(&am_format_maildir, "m", NULL, &m, 1);
	/* The mtime is the message's; what counts is when it was written. */
	cr_expect(am_test_exists("m/tmp/mailark.1.2.3"));
	cr_expect(am_test_exists("m/tmp/1000000000.old"));
}

Test(maildir_sink, wrong_options_are_refused_by_name)
{
	static const char *const bad[] = {"layout=x", "durable=maybe",
	                                  "labels=all", "eol=cr", "nonsense=1"};

	for (size_t i = 0; i < AM_COUNT(bad); i++) {
		const char *options[] = {bad[i], NULL};
		char *path = am_test_path("m");
		struct am_location where = {.path = path, .options = options};
		struct am_sink *sink = NULL;
		struct am_error err = {0};

		cr_expect(am_format_maildir.open_sink(&sink, &where,
		                                      am_test_ctx(), &err) < 0);
		cr_expect(err.kind == AM_E_ARGUMENT, "%s: %s", bad[i],
		          err.text);
		g_free(path);
	}
}
