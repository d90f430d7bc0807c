/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/html/html.h"

#include "formats/html/site.h"
#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>
#include <glib/gstdio.h>

#include <string.h>

TestSuite(html_site, .fini = am_test_tmpdir_end, .timeout = 60);

static const struct am_test_message messages[] = {
	{.folder = {"INBOX"},
         .bytes = "Subject: <script>alert(1)</script>\n"
                  "From: Ann \"x\" <a@b.example>\nMessage-ID: <1@x>\n"
                  "Date: Mon, 3 Feb 2020 04:05:06 +0000\n\n"
                  "zwölf <b>\n> quoted\nhttp://x.example/\n",
         .flags = AM_FLAGGED,
         .keywords = {"<k>"}},
	{.folder = {"INBOX"},
         .bytes = "Subject: Re: two\nMessage-ID: <2@x>\n"
                  "In-Reply-To: <1@x>\nDate: Mon, 3 Feb 2020 05:05:06 +0000\n"
                  "Content-Type: multipart/related; boundary=b\n\n--b\n"
                  "Content-Type: text/html\n\n<p onclick=x>hello"
                  "<img src=cid:p><img src=http://y.example/z></p>\n--b\n"
                  "Content-Type: image/png; name=\"p i.png\"\n"
                  "Content-ID: <p>\nContent-Transfer-Encoding: base64\n\n"
                  "b25l\n--b\n"
                  "Content-Type: text/html; name=evil.html\n"
                  "Content-Disposition: attachment\n\n<script>x</script>\n"
                  "--b--\n",
         .flags = AM_SEEN},
	{.folder = {"Other", "a/b"}, .bytes = "Subject: alone\n\nnothing\n"},
};

static void make(size_t n)
{
	static const struct am_ledger ledger = {0};
	struct am_sink *sink = am_test_sink(&am_format_html, "site", NULL);
	struct am_error err = {0};

	for (size_t i = 0; i < n; i++)
		cr_assert(!am_test_put(sink, &messages[i], &err), "%s",
		          err.text);
	cr_assert(!am_sink_finish(sink, &ledger, true, &err), "%s", err.text);
	cr_assert(!am_sink_commit(sink, &err), "%s", err.text);
	am_sink_close(&sink);
}

/* The paths of all files below, relative to the site, that end so. */
static void find(GPtrArray *out, const char *dir, const char *ending)
{
	char *full = am_test_path("site/%s", dir);
	GDir *d = g_dir_open(full, 0, NULL);
	const char *name;

	while (d && (name = g_dir_read_name(d))) {
		char *path = *dir ? g_build_filename(dir, name, NULL)
		                  : g_strdup(name);
		char *at = am_test_path("site/%s", path);
		if (g_file_test(at, G_FILE_TEST_IS_DIR))
			find(out, path, ending);
		else if (g_str_has_suffix(name, ending))
			g_ptr_array_add(out, g_strdup(path));
		g_free(at);
		g_free(path);
	}
	if (d)
		g_dir_close(d);
	g_free(full);
}

static char *site_file(const char *path)
{
	char *at = g_build_filename("site", path, NULL);
	char *text = am_test_read(at, NULL);

	g_free(at);
	return text;
}

/* The page of the message whose page holds this. */
static char *page_with(const char *what)
{
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
	char *found = NULL;

	find(paths, "m", ".html");
	for (guint i = 0; i < paths->len; i++) {
		char *text = site_file(paths->pdata[i]);
		if (!found && strstr(text, what))
			found = g_steal_pointer(&text);
		g_free(text);
	}
	g_ptr_array_free(paths, TRUE);
	cr_assert(found, "no page holds %s", what);
	return found;
}

static void expect_in(const char *text, const char *what)
{
	cr_expect(strstr(text, what), "no %s in\n%s", what, text);
}

Test(html_site, nothing_in_a_page_is_run_or_fetched)
{
	make(3);
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
	find(paths, "", ".html");
	cr_expect(paths->len >= 9);
	for (guint i = 0; i < paths->len; i++) {
		char *text = site_file(paths->pdata[i]);
		bool search = !strcmp(paths->pdata[i], "search.html");
		expect_in(text, "content=\"default-src 'none'");
		cr_expect(!strstr(text, "<script>"), "%s",
		          (char *)paths->pdata[i]);
		cr_expect_eq(strstr(text, "<script src=\"search.js\">") != NULL,
		             search);
		cr_expect(!strstr(text, "onclick"));
		cr_expect(!strstr(text, "src=\"http"));
		g_free(text);
	}
	g_ptr_array_free(paths, TRUE);
}

Test(html_site, a_message_is_shown_with_what_came_with_it)
{
	make(3);
	char *one = page_with("quoted");
	expect_in(one, "&lt;script&gt;alert(1)&lt;/script&gt;</h1>");
	expect_in(one, "zwölf &lt;b&gt;");
	expect_in(one, "<span class=\"q\">&gt; quoted\n</span>");
	expect_in(one, "href=\"http://x.example/\">");
	expect_in(one, "<span class=\"tag\">flagged</span>");
	expect_in(one, "<span class=\"tag\">&lt;k&gt;</span>");
	g_free(one);

	char *two = page_with("hello");
	expect_in(two, "<p>hello<img src=\"../../a/");
	expect_in(two, "/1-p_i.png\"");
	expect_in(two, "1 picture of the network is not shown");
	expect_in(two, "2-evil.html.txt\" download>evil.html</a>");
	g_free(two);
	GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
	find(files, "a", "");
	cr_expect_eq(files->len, 2);
	g_ptr_array_free(files, TRUE);
}

Test(html_site, lists_lead_to_all_and_pages_to_their_neighbours)
{
	make(3);
	char *index = site_file("index.html");
	expect_in(index, "3 messages in 2 folders");
	expect_in(index, "Other/a\\/b");
	char *list = site_file("f/1/1.html");
	expect_in(list, "2 messages");
	const char *re = strstr(list, "Re: two"),
		   *first = strstr(list, "alert");
	cr_expect(re && first && re < first, "newest first");
	char *threads = site_file("f/1/c1.html");
	expect_in(threads, "1 conversation<");
	char *thread = site_file("t/01/1.html");
	expect_in(thread, "A conversation of 2 messages");
	expect_in(thread, "<li class=\"d1\">");
	char *one = page_with("quoted");
	expect_in(one, "<a href=\"../../f/1/1.html\">List</a><a rel=\"prev\" "
	               "href=\"../../m/");
	expect_in(one, "\">Conversation (2)</a>");
	g_free(index);
	g_free(list);
	g_free(threads);
	g_free(thread);
	g_free(one);
}

/* Numbers from the newest on: 0 is the answer, 1 the first, 2 has no date. */
Test(html_site, the_search_knows_the_words)
{
	make(3);
	char *words = site_file("s/0.js");
	expect_in(words, "P(0,[");
	expect_in(words, "\"zwolf\",\"1\"");
	expect_in(words, "\"hello\",\"0\"");
	expect_in(words, "\"alone\",\"2\"");
	char *documents = site_file("d/0.js");
	expect_in(documents, ",1580706306,\"\",\"Re: two\",1]");
	expect_in(documents, ",null,\"\",\"alone\",2]");
	char *index = site_file("s/index.js");
	expect_in(index, "\"messages\":3");
	g_free(words);
	g_free(documents);
	g_free(index);
}

Test(html_site, a_second_run_adds_what_is_new)
{
	make(1);
	char *index = site_file("index.html");
	expect_in(index, "1 message in 1 folder<");
	g_free(index);
	for (int i = 0; i < 2; i++) {
		make(3);
		index = site_file("index.html");
		expect_in(index, "3 messages in 2 folders");
		g_free(index);
		char *one = page_with("quoted");
		expect_in(one, "Conversation (2)");
		g_free(one);
	}
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
	find(paths, "m", "");
	cr_expect_eq(paths->len, 3);
	g_ptr_array_free(paths, TRUE);
}

/* Committed, and died before the lists were made. */
Test(html_site, what_a_broken_run_left_is_finished)
{
	struct am_error err = {0};
	struct am_sink *sink = am_test_sink(&am_format_html, "site", NULL);

	cr_assert(!am_test_put(sink, &messages[0], &err));
	cr_assert(!am_sink_commit(sink, &err));
	am_sink_close(&sink);
	cr_expect(!am_test_exists("site/index.html"));
	make(0);
	char *index = site_file("index.html");
	expect_in(index, "1 message in 1 folder<");
	g_free(index);
	/* Never committed: as if it had not been. */
	sink = am_test_sink(&am_format_html, "site", NULL);
	cr_assert(!am_test_put(sink, &messages[1], &err));
	am_sink_close(&sink);
	make(0);
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
	find(paths, "m", "");
	cr_expect_eq(paths->len, 1);
	g_ptr_array_free(paths, TRUE);
}

Test(html_site, somebody_elses_site_is_not_touched)
{
	static const char *const none[] = {NULL};
	char *path = am_test_path("site");
	struct am_location where = {.path = path, .options = none};
	struct am_sink *sink = NULL;
	struct am_error err = {0};

	am_test_write_text("site/index.html", "mine");
	cr_expect(am_format_html.open_sink(&sink, &where, am_test_ctx(),
	                                   &err) == AM_FATAL);
	cr_expect_eq(err.kind, AM_E_EXISTS, "%s", err.text);
	cr_expect(!am_test_exists("site/" AM_SITE_DB));
	g_free(path);
}

Test(html_site, a_folder_says_from_when_to_when_it_is)
{
	static const struct am_ledger ledger = {0};
	static const struct am_test_message dated[] = {
		{.folder = {"a"},
	         .bytes = "Subject: 1\nDate: Mon, 1 Jan 0001 00:00:00 "
	                  "+0000\n\n"},
		{.folder = {"a"},
	         .bytes = "Subject: 2\nDate: Mon, 6 Jan 1997 00:00:00 "
	                  "+0000\n\n"},
		{.folder = {"a"},
	         .bytes = "Subject: 3\nDate: Mon, 3 Feb 2020 04:05:06 "
	                  "+0000\n\n"},
	};
	struct am_sink *sink = am_test_sink(&am_format_html, "site", NULL);
	struct am_error err = {0};

	for (size_t i = 0; i < AM_COUNT(dated); i++)
		cr_assert(!am_test_put(sink, &dated[i], &err));
	cr_assert(!am_sink_finish(sink, &ledger, true, &err));
	cr_assert(!am_sink_commit(sink, &err));
	am_sink_close(&sink);
	char *index = site_file("index.html");
	expect_in(index, ">1997\xe2\x80\x93"
	                 "2020<");
	g_free(index);
}
