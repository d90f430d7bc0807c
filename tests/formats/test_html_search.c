/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The search of the site, as its page runs it: search.js in node. */
#include "formats/html/html.h"

#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(html_search, .fini = am_test_tmpdir_end, .timeout = 120);

#define MANY 120

static const struct am_test_message messages[] = {
	{.folder = {"INBOX"},
         .bytes = "Subject: F\xc3\xb6rderverein\nFrom: Ann <a@b.example>\n"
                  "Date: Mon, 3 Feb 2020 04:05:06 +0000\n\n"
                  "Einladung zum Sommerfest\n"},
	{.folder = {"INBOX"},
         .bytes = "Subject: Sommer\nFrom: Bob <b@b.example>\n"
                  "Date: Tue, 4 Feb 2020 04:05:06 +0000\n\nhot and dry\n"},
	{.folder = {"Lists", "evil"},
         .bytes = "Subject: \"]);pwned=1;//</script><script>pwned=2\n"
                  "From: \"<img src=x onerror=pwned=3>\" <e@b.example>\n\n"
                  "attack'\"\\\n"},
	{.folder = {"INBOX"},
         .bytes = "Subject: =?utf-8?B?5pel5pys6Kqe?=\n"
                  "Date: Wed, 5 Feb 2020 04:05:06 +0000\n\n\xe6\x9d\xb1\xe4"
                  "\xba\xac\n"},
};

static void make(void)
{
	static const struct am_ledger ledger = {0};
	struct am_sink *sink = am_test_sink(&am_format_html, "site", NULL);
	struct am_error err = {0};

	for (size_t i = 0; i < AM_COUNT(messages); i++)
		cr_assert(!am_test_put(sink, &messages[i], &err));
	for (int i = 0; i < MANY; i++) {
		char *text =
			g_strdup_printf("Subject: Nummer %d\n"
		                        "From: Liste <l@b.example>\n"
		                        "Date: Mon, 6 Jan 2020 00:%02d:%02d"
		                        " +0000\n\nword%d gemeinsam\n",
		                        i, i / 60, i % 60, i);
		struct am_test_message m = {.folder = {"Lists"}, .bytes = text};
		cr_assert(!am_test_put(sink, &m, &err));
		g_free(text);
	}
	cr_assert(!am_sink_finish(sink, &ledger, true, &err), "%s", err.text);
	cr_assert(!am_sink_commit(sink, &err), "%s", err.text);
	am_sink_close(&sink);
}

/* What the page shows for a query. */
static char *ask(const char *query)
{
	char *site = am_test_path("site"), *out = NULL, *errors = NULL;
	char script[] = "tests/support/site_search.js", node[] = "node";
	char *argv[] = {node, script, site, (char *)(uintptr_t)query, NULL};
	GError *why = NULL;
	int status = 0;

	cr_assert(g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL,
	                       NULL, &out, &errors, &status, &why),
	          "node (package nodejs): %s", why ? why->message : "");
	cr_expect_eq(status, 0, "%s", errors);
	g_free(errors);
	g_free(site);
	return out;
}

Test(html_search, finds_what_is_there)
{
	static const struct {
		const char *query, *says;
		const char *hits[3]; /* subjects, in order; NULL behind */
	} cases[] = {
		{"", "124 messages can be searched.", {NULL}},
		{"nosuchword", "Nothing found.", {NULL}},
		/* The last may be unfinished, case and marks are nothing. */
		{"sommer",
	         "2 messages, the newest first",
	         {"Sommer", "F\xc3\xb6rderverein"}},
		{"SOMMER ",
	         "2 messages, the newest first",
	         {"Sommer", "F\xc3\xb6rderverein"}},
		{"sommer hot", "1 message, the newest first", {"Sommer"}},
		{"sommer -hot",
	         "1 message, the newest first",
	         {"F\xc3\xb6rderverein"}},
		{"FORDERVEREIN",
	         "1 message, the newest first",
	         {"F\xc3\xb6rderverein"}},
		{"f\xc3\xb6rder",
	         "1 message, the newest first",
	         {"F\xc3\xb6rderverein"}},
		{"ann", "1 message, the newest first", {"F\xc3\xb6rderverein"}},
		{"\xe6\x9c\xac",
	         "1 message, the newest first",
	         {"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"}},
		{"\xe6\x97\xa5\xe8\xaa\x9e",
	         "1 message, the newest first",
	         {"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"}},
		{"gemeinsam word7 ", "11 messages, the newest first", {NULL}},
		{"word119", "1 message, the newest first", {"Nummer 119"}},
	};

	make();
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		char *out = ask(cases[i].query);
		char **lines = g_strsplit(out, "\n", -1);
		cr_expect_str_eq(lines[0], cases[i].says, "%s: %s",
		                 cases[i].query, out);
		for (size_t k = 0; cases[i].hits[k]; k++) {
			char **cells =
				lines[0] && lines[k + 1]
					? g_strsplit(lines[k + 1], "\t", -1)
					: NULL;
			bool right = cells && g_strv_length(cells) > 2 &&
			             !strcmp(cells[2], cases[i].hits[k]);
			cr_expect(right, "%s: %s", cases[i].query, out);
			/* And it leads to a page that is there. */
			char *page =
				right ? g_build_filename("site", cells[0], NULL)
				      : NULL;
			char *path = page ? am_test_path("%s", page) : NULL;
			cr_expect(path &&
			          g_file_test(path, G_FILE_TEST_EXISTS));
			g_free(path);
			g_free(page);
			g_strfreev(cells);
		}
		g_strfreev(lines);
		g_free(out);
	}
}

Test(html_search, shows_all_of_many_page_by_page)
{
	make();
	char *out = ask("nummer");
	char **lines = g_strsplit(out, "\n", -1);

	cr_expect_str_eq(lines[0], "120 messages, the newest first");
	cr_expect_eq(g_strv_length(lines), 1 + MANY + 1);
	cr_expect(strstr(lines[1], "Nummer 119\tLists"), "%s", lines[1]);
	cr_expect(strstr(lines[MANY], "Nummer 0\tLists"), "%s", lines[MANY]);
	g_strfreev(lines);
	g_free(out);
}

Test(html_search, runs_nothing_of_a_mail)
{
	make();
	char *out = ask("attack");

	cr_expect(strstr(out, "1 message, "), "%s", out);
	cr_expect(strstr(out, "\"]);pwned=1;//</script><script>pwned=2"), "%s",
	          out);
	cr_expect(strstr(out, "<img src=x onerror=pwned=3>"), "%s", out);
	cr_expect_not(strstr(out, "a mail was run"), "%s", out);
	g_free(out);
}
