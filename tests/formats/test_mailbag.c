/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mailbag/mailbag.h"

#include "formats/csv_text.h"
#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>
#include <glib/gstdio.h>

#include <string.h>

TestSuite(mailbag, .fini = am_test_tmpdir_end, .timeout = 60);

static const struct am_test_message messages[] = {
	{.folder = {"INBOX"},
         .bytes = "Subject: =1+1\nFrom: \"A, B\" <a@b.example>\n"
                  "Message-ID: <1@x>\n\none\n",
         .flags = AM_SEEN,
         .keywords = {"k"},
         .received = 1580699106},
	{.folder = {"a/b", "CON"}, .bytes = "Subject: two\r\n\r\ntwo"},
	{.folder = {"a/b", "CON"}, .bytes = "Subject: two\r\n\r\ntwo"},
};

static void make(size_t n)
{
	static const struct am_ledger ledger = {.found = 3, .stored = 3};
	static const struct am_job_info info = {.command =
	                                                "mailark copy <x> & y",
	                                        .source = "x",
	                                        .format = "mbox"};
	struct am_sink *sink = am_test_sink(&am_format_mailbag, "bag", NULL);
	struct am_error err = {0};

	cr_assert(!am_sink_begin(sink, &info, &err));
	for (size_t i = 0; i < n; i++)
		cr_assert(!am_test_put(sink, &messages[i], &err), "%s",
		          err.text);
	cr_assert(!am_sink_finish(sink, &ledger, true, &err), "%s", err.text);
	cr_assert(!am_sink_commit(sink, &err), "%s", err.text);
	am_sink_close(&sink);
}

static char *bag_file(const char *name)
{
	char *path = g_build_filename("bag", name, NULL);
	char *text = am_test_read(path, NULL);

	g_free(path);
	return text;
}

/* Every line holds; how many there are. */
static size_t check_manifest(const char *name, GChecksumType type)
{
	char *text = bag_file(name);
	char **lines = g_strsplit(text, "\n", 0);
	size_t n = 0;

	for (char **l = lines; *l && **l; l++, n++) {
		char *path = strstr(*l, "  ");
		cr_assert(path, "%s", *l);
		*path = '\0';
		size_t len;
		char *at = g_build_filename("bag", path + 2, NULL);
		char *bytes = am_test_read(at, &len);
		char *sum = g_compute_checksum_for_data(
			type, (const guchar *)bytes, len);
		cr_expect_str_eq(sum, *l, "%s", path + 2);
		g_free(sum);
		g_free(bytes);
		g_free(at);
	}
	g_strfreev(lines);
	g_free(text);
	return n;
}

static void expect_valid(size_t payload)
{
	cr_expect_eq(check_manifest("manifest-sha256.txt", G_CHECKSUM_SHA256),
	             payload);
	cr_expect_eq(check_manifest("manifest-sha512.txt", G_CHECKSUM_SHA512),
	             payload);
	cr_expect_eq(
		check_manifest("tagmanifest-sha256.txt", G_CHECKSUM_SHA256), 6);
	cr_expect_eq(
		check_manifest("tagmanifest-sha512.txt", G_CHECKSUM_SHA512), 6);
	char *declaration = bag_file("bagit.txt");
	cr_expect_str_eq(declaration, "BagIt-Version: 1.0\n"
	                              "Tag-File-Character-Encoding: UTF-8\n");
	g_free(declaration);
}

/* Three messages, what lies beside each, the name of a folder. */
Test(mailbag, is_a_bag_and_comes_back_whole)
{
	make(3);
	expect_valid(7);
	char *info = bag_file("bag-info.txt");
	cr_expect(strstr(info, "\nMailbag-Source: mbox\n"));
	cr_expect(strstr(info, "\nMailbag-Specification-Version: 1.0\n"));
	cr_expect(strstr(info, ".7\nBag-Size: "), "%s", info);
	g_free(info);
	char *got = am_test_list(&am_format_mailbag, "bag", NULL,
	                         AM_LIST_FLAGS | AM_LIST_RECEIVED, true);
	char *inbox = strstr(got, "INBOX: ");
	cr_assert(inbox, "%s", got);
	cr_expect(g_str_has_prefix(
		inbox, "INBOX: \"Subject: =1+1\\nFrom: \\\"A, B\\\" "
		       "<a@b.example>\\nMessage-ID: <1@x>\\n\\none\\n\" seen "
		       "[k] 2020-02-03T03:05:06+00:00"));
	cr_expect(strstr(got, "a\\/b/CON: \"Subject: two\\r\\n\\r\\ntwo\" \n"
	                      "a\\/b/CON: \"Subject: two\\r\\n\\r\\ntwo\" "),
	          "%s", got);
	g_free(got);
}

Test(mailbag, has_a_row_for_each_message)
{
	make(3);
	char *table = bag_file("mailbag.csv");
	const char *at = table, *end = table + strlen(table);
	cr_expect(g_str_has_prefix(
		table, "\"Error\",\"Mailbag-Message-ID\",\"Message-ID\","
		       "\"Original-File\",\"Message-Path\","
		       "\"Derivatives-Path\",\"Attachments\",\"Date\","));
	char **row;
	size_t n = 0;
	for (; (row = am_csv_parse(&at, end)); n++) {
		cr_assert_eq(g_strv_length(row), 14);
		if (!strcmp(row[4], "INBOX")) {
			cr_expect_str_eq(row[2], "1@x");
			cr_expect_str_eq(row[3], "test");
			cr_expect_str_eq(row[12], "=1+1");
			cr_expect_eq(strlen(row[1]), 24);
		}
		if (!strcmp(row[4], "a/b/CON"))
			cr_expect_str_eq(row[5], "a_b/_CON");
		g_strfreev(row);
	}
	cr_expect_eq(n, 4);
	g_free(table);
}

Test(mailbag, a_second_run_goes_on_with_bag_and_log)
{
	make(1);
	char *info = bag_file("bag-info.txt");
	char *id = strstr(info, "External-Identifier: ");
	cr_assert(id);
	id = g_strndup(id, strcspn(id, "\n"));
	g_free(info);
	make(0);
	expect_valid(2);
	info = bag_file("bag-info.txt");
	cr_expect(strstr(info, id));
	char *log = bag_file("premis.xml");
	cr_expect(strstr(log, "mailark copy &lt;x&gt; &amp; y"));
	char **events = g_strsplit(log, "<eventType>ingestion", 0);
	cr_expect_eq(g_strv_length(events), 3);
	g_strfreev(events);
	g_free(log);
	g_free(info);
	g_free(id);
}

/* Messages without tag files; a file beside none. */
Test(mailbag, what_a_broken_run_left_is_made_whole)
{
	struct am_error err = {0};
	struct am_sink *sink = am_test_sink(&am_format_mailbag, "bag", NULL);

	cr_assert(!am_test_put(sink, &messages[0], &err));
	cr_assert(!am_sink_commit(sink, &err));
	am_sink_close(&sink);
	cr_expect(!am_test_exists("bag/bagit.txt"));
	make(0);
	expect_valid(2);
}

Test(mailbag, without_a_payload_of_messages_it_says_so)
{
	static const char *const none[] = {NULL};
	char *path = am_test_path("bag");
	struct am_location where = {.path = path, .options = none};
	struct am_source *src = NULL;
	struct am_error err = {0};

	am_test_write_text("bag/bagit.txt", "BagIt-Version: 0.97\n");
	am_test_write_text("bag/data/mbox/x.mbox", "");
	cr_expect(am_format_mailbag.open_source(&src, &where, am_test_ctx(),
	                                        &err) == AM_FATAL);
	cr_expect_eq(err.kind, AM_E_UNSUPPORTED, "%s", err.text);
	g_free(path);
}
