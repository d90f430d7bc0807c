/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/pop3.h"

#include "base/reader.h"
#include "imap_text.h"

#include <criterion/criterion.h>

#include <string.h>

static const size_t steps[] = {0, 1, 3};

Test(pop3, reads_status_lines)
{
	static const struct {
		const char *in;
		int r;
		bool ok, go_on;
		const char *code, *text;
	} cases[] = {
		{"+OK hello\r\n", AM_OK, true, false, NULL, "hello"},
		{"+ok\n", AM_OK, true, false, NULL, ""},
		{"+OK  <1896.697170952@x>\r\n", AM_OK, true, false, NULL,
	         "<1896.697170952@x>"},
		{"-ERR [IN-USE] locked\r\n", AM_OK, false, false, "IN-USE",
	         "locked"},
		{"-ERR [SYS/TEMP]\r\n", AM_OK, false, false, "SYS/TEMP", ""},
		{"-ERR [broken\r\n", AM_OK, false, false, NULL, "[broken"},
		{"+ UGFz\r\n", AM_OK, false, true, NULL, "UGFz"},
		{"+\r\n", AM_OK, false, true, NULL, ""},
		{"-err a\x1B[2J\xFF\r\n", AM_OK, false, false, NULL, "a?[2J?"},
		{"-err \xC3\xA4\xC2\x9B\r\n", AM_OK, false, false, NULL,
	         "\xC3\xA4??"},
		{"+OK 12345678901234567890123456789\r\n", AM_OK, true, false,
	         NULL, "1234567890123456789"},
		{"+OK 123456789012345678\xC3\xA4\r\n", AM_OK, true, false, NULL,
	         "123456789012345678"},
		{"+ 12345678901234567890\r\n", AM_FATAL, false, true, NULL, ""},
		{"+OKAY\r\n", AM_FATAL, false, false, NULL, ""},
		{"* OK IMAP\r\n", AM_FATAL, false, false, NULL, ""},
		{"\r\n", AM_FATAL, false, false, NULL, ""},
		{"+OK", AM_FATAL, false, false, NULL, ""},
		{"", AM_FATAL, false, false, NULL, ""},
	};

	for (size_t i = 0; i < AM_COUNT(cases) * AM_COUNT(steps); i++) {
		size_t c = i / AM_COUNT(steps);
		struct am_reader *in =
			imap_drip(cases[c].in, strlen(cases[c].in),
		                  steps[i % AM_COUNT(steps)], AM_END);
		struct am_pop3_status status;
		struct am_error err = {.kind = AM_E_NONE};
		char room[20];
		int r = am_pop3_status_read(in, &status, room, sizeof room,
		                            &err);
		cr_expect_eq(r, cases[c].r, "%s", cases[c].in);
		cr_expect_eq(err.kind, r ? AM_E_PROTOCOL : AM_E_NONE);
		cr_expect_eq(status.ok, cases[c].ok);
		cr_expect_eq(status.go_on, cases[c].go_on);
		cr_expect_str_eq(status.text, cases[c].text);
		cr_expect_eq(!status.code, !cases[c].code);
		if (status.code && cases[c].code)
			cr_expect_str_eq(status.code, cases[c].code);
		am_reader_close(&in);
	}
}

Test(pop3, reads_lines_and_lists)
{
	const char *text = "1 120\r\n2 whqtswO00WBw418f9t5JxYwZ \r\n"
			   "..x\r\n.\r\nmore";
	struct am_reader *in = imap_drip(text, strlen(text), 1, AM_END);
	const char *line, *rest;
	size_t len, rest_len;
	uint32_t n;

	cr_assert_eq(am_pop3_line(in, &line, &len, NULL), AM_OK);
	cr_assert(am_pop3_list(line, len, &n, &rest, &rest_len));
	cr_expect_eq(n, 1);
	cr_expect_eq(rest_len, 3);
	cr_expect_arr_eq(rest, "120", 3);
	cr_assert_eq(am_pop3_line(in, &line, &len, NULL), AM_OK);
	cr_assert(am_pop3_list(line, len, &n, &rest, &rest_len));
	cr_expect_eq(n, 2);
	cr_expect_eq(rest_len, 24);
	cr_assert_eq(am_pop3_line(in, &line, &len, NULL), AM_OK);
	cr_expect_eq(len, 2);
	cr_expect_arr_eq(line, ".x", 2);
	cr_expect_eq(am_pop3_line(in, &line, &len, NULL), AM_END);
	cr_expect_eq(am_pop3_line(in, &line, &len, NULL), AM_FATAL);
	am_reader_close(&in);

	static const char *const bad[] = {"",    "1",    "1 ",          "x 1",
	                                  "0 1", "-1 2", "4294967296 1"};
	for (size_t i = 0; i < AM_COUNT(bad); i++)
		cr_expect_not(am_pop3_list(bad[i], strlen(bad[i]), &n, &rest,
		                           &rest_len),
		              "%s", bad[i]);
}

static GString *drain(struct am_reader *r, int *status)
{
	GString *all = g_string_new(NULL);
	const uint8_t *data;
	size_t len;

	while (!(*status = am_reader_peek(r, 1, &data, &len, NULL))) {
		g_string_append_len(all, (const char *)data, (gssize)len);
		am_reader_skip(r, len);
	}
	return all;
}

Test(pop3, undoes_dots)
{
	static const struct {
		const char *in;
		int end;
		const char *body;
	} cases[] = {
		{".\r\nNEXT", AM_END, ""},
		{"a\r\n.\r\nNEXT", AM_END, "a\r\n"},
		{"..a\r\n...\r\n.b\r\n.\r\nNEXT", AM_END, ".a\r\n..\r\nb\r\n"},
		{"a\n..\n.\nNEXT", AM_END, "a\n.\n"},
		{".\rx\r\n.\r\r\n.\r\nNEXT", AM_END, "\rx\r\n\r\r\n"},
		{"a.\r\n \r\n.\r\nNEXT", AM_END, "a.\r\n \r\n"},
		{"\r\n\r\n.\r\nNEXT", AM_END, "\r\n\r\n"},
		{"a\r\n", AM_FATAL, "a\r\n"},
		{"a\r\n.", AM_FATAL, "a\r\n"},
		{"a\r\n.\r", AM_FATAL, "a\r\n"},
		{"", AM_FATAL, ""},
	};

	for (size_t i = 0; i < AM_COUNT(cases) * AM_COUNT(steps); i++) {
		size_t c = i / AM_COUNT(steps);
		struct am_reader *in =
			imap_drip(cases[c].in, strlen(cases[c].in),
		                  steps[i % AM_COUNT(steps)], AM_END);
		struct am_reader *body = NULL;
		int status;
		cr_assert_eq(am_pop3_body(&body, in, NULL), AM_OK);
		GString *got = drain(body, &status);
		cr_expect_eq(status, cases[c].end, "%s", cases[c].in);
		cr_expect_str_eq(got->str, cases[c].body);
		g_string_free(got, TRUE);
		am_reader_close(&body);
		got = drain(in, &status);
		cr_expect_str_eq(got->str,
		                 cases[c].end == AM_END ? "NEXT" : "");
		g_string_free(got, TRUE);
		am_reader_close(&in);
	}
}
