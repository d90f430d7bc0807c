/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/attachments/attachments.h"

#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>
#include <glib/gstdio.h>

#include <string.h>
#include <unistd.h>

TestSuite(attachments, .fini = am_test_tmpdir_end, .timeout = 60);

#define HEAD                                                 \
	"Subject: =SUM(1)\nFrom: Ann <a@b.example>\n"        \
	"Date: Mon, 3 Feb 2020 04:05:06 +0000\n"             \
	"Content-Type: multipart/mixed; boundary=b\n\n--b\n" \
	"\ntext\n"
#define PART(type, name, bytes)                              \
	"--b\nContent-Type: " type "\nContent-Disposition: " \
	"attachment; filename=\"" name                       \
	"\"\nContent-Transfer-Encoding: base64\n\n" bytes "\n"
#define PICTURE                                           \
	"--b\nContent-Type: image/png\nContent-ID: <p>\n" \
	"Content-Disposition: inline\n\npicture\n"

static const struct am_test_message messages[] = {
	{.folder = {"A"},
         .bytes = HEAD PART("text/csv", "x.csv", "b25l")
                 PART("application/pdf", "y.pdf", "dHdv") PICTURE "--b--\n"},
	{.folder = {"B"},
         .bytes = HEAD PART("text/csv", "other.csv", "b25l") "--b--\n"},
	{.folder = {"B"}, .bytes = "Subject: none\n\nnothing\n"},
};

static char *rows(void)
{
	return am_test_read("a/" AM_ATTACHMENTS_INDEX, NULL);
}

static size_t n_rows(void)
{
	char *text = rows();
	char **lines = g_strsplit(text, "\r\n", 0);
	size_t n = g_strv_length(lines) - 2;

	g_strfreev(lines);
	g_free(text);
	return n;
}

static void expect_file(const char *path, const char *bytes)
{
	cr_assert(am_test_exists(path), "no %s", path);
	char *got = am_test_read(path, NULL);
	cr_expect_str_eq(got, bytes, "%s", path);
	g_free(got);
}

static unsigned n_files(const char *dir)
{
	char *full = am_test_path("%s", dir);
	GDir *d = g_dir_open(full, 0, NULL);
	unsigned n = 0;

	while (d && g_dir_read_name(d))
		n++;
	if (d)
		g_dir_close(d);
	g_free(full);
	return n;
}

Test(attachments, the_same_bytes_are_one_file_and_each_has_a_row)
{
	am_test_fill(&am_format_attachments, "a", NULL, messages, 3);
	expect_file("a/A/20200203_x_7692c3ad.csv", "one");
	expect_file("a/A/20200203_y_3fc4ccfe.pdf", "two");
	cr_expect_eq(n_files("a/A"), 2);
	cr_expect(!am_test_exists("a/B"));
	cr_expect_eq(n_rows(), 3);
	char *text = rows();
	cr_expect(strstr(text, "\r\nA/20200203_x_7692c3ad.csv,other.csv,"
	                       "text/csv,3,7692c3ad"));
	/* Guarded, for it was written by a stranger. */
	cr_expect(strstr(text, ",'=SUM(1),"));
	g_free(text);
}

Test(attachments, a_second_run_adds_only_what_is_new)
{
	am_test_fill(&am_format_attachments, "a", NULL, messages, 1);
	cr_expect_eq(n_rows(), 2);
	for (int i = 0; i < 2; i++) {
		am_test_fill(&am_format_attachments, "a", NULL, messages, 3);
		cr_expect_eq(n_rows(), 3);
		cr_expect_eq(n_files("a/A"), 2);
	}
}

Test(attachments, types_and_pictures_are_as_wanted)
{
	static const char *const csv[] = {"types=csv", "folders=no", NULL};
	static const char *const images[] = {"types=image/*:PDF", "inline=yes",
	                                     "name={n}{ending}", NULL};

	am_test_fill(&am_format_attachments, "a", csv, messages, 3);
	expect_file("a/20200203_x_7692c3ad.csv", "one");
	cr_expect_eq(n_files("a"), 2);
	am_test_fill(&am_format_attachments, "b", images, messages, 3);
	expect_file("b/A/000001.pdf", "two");
	expect_file("b/A/000002.png", "picture");
	cr_expect_eq(n_files("b/A"), 2);
}

/* Files of a run that died before their rows were written; a row of one whose
 * file did not come. */
Test(attachments, what_a_broken_run_left_is_finished)
{
	am_test_fill(&am_format_attachments, "a", NULL, messages, 3);
	char *whole = rows(), *path = am_test_path("a/" AM_ATTACHMENTS_INDEX);
	cr_assert(!g_unlink(path));
	am_test_fill(&am_format_attachments, "a", NULL, messages, 3);
	char *again = rows();
	cr_expect_str_eq(whole, again);
	cr_expect_eq(n_files("a/A"), 2);
	g_free(again);

	char *file = am_test_path("a/A/20200203_y_3fc4ccfe.pdf");
	cr_assert(!g_unlink(file));
	am_test_fill(&am_format_attachments, "a", NULL, messages, 3);
	expect_file("a/A/20200203_y_3fc4ccfe.pdf", "two");
	g_free(file);
	g_free(path);
	g_free(whole);
}

Test(attachments, names_lead_nowhere_and_never_stop_it)
{
	static const char *const names[] = {"name={stem}{ending}", NULL};
	static const struct am_test_message odd[] = {
		{.bytes = HEAD PART("a/b", "../../etc/passwd", "MQ==") PART(
			 "a/b", "CON.txt", "Mg==") PART("a/b", "-rf .", "Mw==")
	                 PART("a/b", "index.csv", "NA==")
	                         PART("a/b", "Index.CSV", "NQ==")
	                                 PART("a/b", "C:\\\\x\\\\y.txt",
	                                      "Ng==") "--b--\n"}};

	am_test_fill(&am_format_attachments, "a", names, odd, 1);
	cr_expect_eq(n_rows(), 6);
	expect_file("a/passwd", "1");
	expect_file("a/_CON.txt", "2");
	expect_file("a/rf", "3");
	expect_file("a/index-2.csv", "4");
	expect_file("a/Index-3.CSV", "5");
	expect_file("a/y.txt", "6");
}

Test(attachments, a_table_of_others_is_not_touched)
{
	static const char *const none[] = {NULL};
	static const char *const others[] = {"mine\n", "no line end", "file,"};
	char *path = am_test_path("a");
	struct am_location where = {.path = path, .options = none};

	for (size_t i = 0; i < AM_COUNT(others); i++) {
		struct am_sink *sink = NULL;
		struct am_error err = {0};
		am_test_write_text("a/" AM_ATTACHMENTS_INDEX, others[i]);
		int r = am_format_attachments.open_sink(&sink, &where,
		                                        am_test_ctx(), &err);
		/* The last is the head of ours, cut short. */
		cr_expect_eq(r, i == 2 ? AM_OK : AM_FATAL, "%s", others[i]);
		if (r)
			cr_expect_eq(err.kind, AM_E_EXISTS, "%s", err.text);
		am_sink_close(&sink);
		char *text = rows();
		cr_expect_str_eq(text, others[i]);
		g_free(text);
	}
	g_free(path);
}

Test(attachments, without_a_commit_nothing_is_left)
{
	struct am_error err = {0};
	struct am_sink *sink = am_test_sink(&am_format_attachments, "a", NULL);

	cr_assert(!am_test_put(sink, &messages[0], &err));
	am_sink_close(&sink);
	cr_expect_eq(n_files("a/A"), 0);
	cr_expect(!am_test_exists("a/" AM_ATTACHMENTS_INDEX));
}
