/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/pdf/pdf.h"

#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>
#include <glib/gstdio.h>

#include <string.h>

TestSuite(pdf, .fini = am_test_tmpdir_end, .timeout = 120);

static const struct am_test_message messages[] = {
	{.folder = {"A"},
         .bytes = "Subject: <one>\nFrom: a@b.example\n"
                  "Date: Mon, 3 Feb 2020 04:05:06 +0000\n"
                  "Content-Type: multipart/related; boundary=b\n\n--b\n"
                  "Content-Type: text/html\n\n<img src=cid:p>"
                  "<img src=http://x.example/y><script>x</script>\n--b\n"
                  "Content-Type: image/png\nContent-ID: <p>\n"
                  "Content-Transfer-Encoding: base64\n\nb25l\n--b--\n"},
	{.folder = {"A"}, .bytes = "Subject: fail\n\nfail-please\n"},
	{.folder = {"A"}, .bytes = "Subject: two\n\ntwo\n"},
};

/* A program that makes the second file of the first: the page itself, so that
 * it can be looked at. */
static const char *const *stand_in(const char *script, unsigned seconds)
{
	static char program[400], timeout[40];
	static const char *const options[] = {program, "name={subject}.pdf",
	                                      timeout, NULL};
	char *path = am_test_path("printer");

	am_test_write_text("printer", script);
	cr_assert(!g_chmod(path, 0755));
	g_snprintf(program, sizeof(program), "program=%s", path);
	g_snprintf(timeout, sizeof(timeout), "timeout=%u", seconds);
	g_free(path);
	return options;
}

static const char copies[] =
	"#!/bin/sh\n[ \"$1\" = --version ] && exit 0\n"
	"grep -q fail-please \"$1\" && exit 3\ncp \"$1\" \"$2\"\n";

Test(pdf, prints_what_it_can_and_names_what_it_cannot)
{
	struct am_sink *sink =
		am_test_sink(&am_format_pdf, "out", stand_in(copies, 100));
	struct am_error err = {0};

	cr_expect(!am_test_put(sink, &messages[0], &err), "%s", err.text);
	cr_expect_eq(am_test_put(sink, &messages[1], &err), AM_FAILED);
	cr_expect(strstr(err.text, "could not print it (status 3)"), "%s",
	          err.text);
	cr_expect(!am_test_put(sink, &messages[2], &err), "%s", err.text);
	cr_assert(!am_sink_commit(sink, &err));
	am_sink_close(&sink);
	char *page = am_test_read("out/A/_one_.pdf", NULL);
	cr_expect(strstr(page, "default-src 'none'"));
	cr_expect(strstr(page, "<h1 dir=\"auto\">&lt;one&gt;</h1>"));
	cr_expect(strstr(page, "<img src=\"data:image/png;base64,b25l\">"));
	cr_expect(strstr(page, "1 picture of the network is not shown"));
	cr_expect(!strstr(page, "<script") && !strstr(page, "x.example"));
	g_free(page);
	cr_expect(am_test_exists("out/A/two.pdf"));
	char *table = am_test_read("out/index.csv", NULL);
	cr_expect(strstr(table, "\r\nA/_one_.pdf,2020-02-03T04:05:06+00:00,"
	                        "a@b.example,<one>,,A,"),
	          "%s", table);
	g_free(table);
}

Test(pdf, a_second_run_prints_what_is_new)
{
	const char *const *options = stand_in(copies, 100);

	am_test_fill(&am_format_pdf, "out", options, messages, 1);
	/* Nothing more can be printed, and what is there need not be. */
	stand_in("#!/bin/sh\n[ \"$1\" = --version ]\n", 100);
	am_test_fill(&am_format_pdf, "out", options, messages, 1);
	char *table = am_test_read("out/index.csv", NULL);
	char **rows = g_strsplit(table, "\r\n", 0);
	cr_expect_eq(g_strv_length(rows), 3);
	g_strfreev(rows);
	g_free(table);
}

/* Ended with what it started: nobody holds the pipe any longer. */
Test(pdf, a_program_that_hangs_costs_its_message)
{
	struct am_sink *sink = am_test_sink(
		&am_format_pdf, "out",
		stand_in("#!/bin/sh\n[ \"$1\" = --version ] && exit 0\n"
	                 "sleep 1000 & sleep 1000\n",
	                 2));
	struct am_error err = {0};

	cr_expect_eq(am_test_put(sink, &messages[0], &err), AM_FAILED);
	cr_expect_eq(err.kind, AM_E_LIMIT, "%s", err.text);
	cr_expect(strstr(err.text, "took longer than 2 seconds"));
	am_sink_close(&sink);
}

Test(pdf, without_a_program_it_says_so)
{
	static const char *const options[] = {"program=/no/such/program", NULL};
	char *path = am_test_path("out");
	struct am_location where = {.path = path, .options = options};
	struct am_sink *sink = NULL;
	struct am_error err = {0};

	cr_expect(am_format_pdf.open_sink(&sink, &where, am_test_ctx(), &err) ==
	          AM_FATAL);
	cr_expect_eq(err.kind, AM_E_UNSUPPORTED, "%s", err.text);
	cr_expect(strstr(err.text, "/no/such/program"));
	cr_expect(!am_test_exists("out"));
	g_free(path);
}
