/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "imap_text.h"

#include "base/reader.h"

#include <criterion/criterion.h>

#include <string.h>

/* What the hook was told, what it read, and when the go-ahead went out. */
struct witness {
	GString *log;
	int answer;
	size_t take; /* so many bytes, then it stops */
};

static int on_literal(void *user, const struct am_imap_place *place,
                      struct am_reader *bytes, struct am_error *err)
{
	struct witness *w = user;
	struct am_imap_line line = {.tag = "",
	                            .human = "",
	                            .values = place->line,
	                            .n_values = place->n_line};
	struct am_imap_line list = {.tag = "",
	                            .human = "",
	                            .values = place->list,
	                            .n_values = place->n_list};
	char buf[64];
	size_t got = 0;

	imap_text_line(w->log, &line);
	g_string_truncate(w->log, w->log->len - 1);
	g_string_append_printf(w->log, " |%zu|", place->depth);
	imap_text_line(w->log, &list);
	g_string_truncate(w->log, w->log->len - 1);
	g_string_append_printf(w->log, " %s%" PRIu64 "%s",
	                       place->binary ? "~" : "", place->len,
	                       place->wait ? " wait" : "");
	if (w->take) {
		int r = am_reader_read(bytes, buf, MIN(w->take, sizeof buf),
		                       &got, err);
		if (r)
			return r;
		g_string_append_printf(w->log, " =%.*s", (int)got, buf);
	}
	g_string_append(w->log, "\n");
	if (w->answer < 0)
		return am_fail(err, (enum am_status)w->answer, AM_E_IO,
		               "hook says no");
	return w->answer;
}

static int on_go_ahead(void *user, struct am_error *err)
{
	struct witness *w = user;

	(void)err;
	g_string_append(w->log, "+\n");
	return AM_OK;
}

struct hook_case {
	enum am_imap_side side;
	int answer;
	size_t take;
	const char *in, *log, *want;
};

static void check(const struct hook_case *c, size_t step)
{
	struct witness w = {g_string_new(NULL), c->answer, c->take};
	struct am_imap_hooks hooks = {on_literal, on_go_ahead, &w};
	GString *got = imap_text_all(c->in, strlen(c->in), step, c->side,
	                             &hooks, NULL);

	cr_expect_str_eq(got->str, c->want, "got  %swant %s(step %zu)",
	                 got->str, c->want, step);
	cr_expect_str_eq(w.log->str, c->log, "got  %swant %s(step %zu)",
	                 w.log->str, c->log, step);
	g_string_free(got, TRUE);
	g_string_free(w.log, TRUE);
}

Test(imap_literal, goes_to_the_hook)
{
	static const struct hook_case cases[] = {
		{AM_IMAP_CLIENT, AM_OK, 64,
	         "* 7 FETCH (UID 5 FLAGS (\\Seen) BODY[] {3}\r\nabc X ~{2}\r\n"
	         "de)\r\n* 1 EXISTS\r\n",
	         " 7 FETCH |1| UID 5 FLAGS (\\Seen) BODY[] 3 =abc\n"
	         " 7 FETCH |1| UID 5 FLAGS (\\Seen) BODY[] <3> X ~2 =de\n",
	         "* 7 FETCH (UID 5 FLAGS (\\Seen) BODY[] <3> X ~<2>)\n"
	         "* 1 EXISTS\n"},
		{AM_IMAP_CLIENT, AM_OK, 1, "* 1 X {3}\r\n(((\r\n* 1 X\r\n",
	         " 1 X |0| 1 X 3 =(\n", "* 1 X <3>\n* 1 X\n"},
		{AM_IMAP_CLIENT, AM_OK, 0, "* 1 X {0}\r\n {3}\r\nabc\r\n",
	         " 1 X |0| 1 X 0\n 1 X <0> |0| 1 X <0> 3\n", "* 1 X <0> <3>\n"},
		{AM_IMAP_CLIENT, AM_END, 0, "* 1 X {3}\r\nabc\r\n",
	         " 1 X |0| 1 X 3\n", "* 1 X {abc}\n"},
		{AM_IMAP_CLIENT, AM_FAILED, 1,
	         "* 1 X (A {3}\r\nabc B)\r\n* 1 X\r\n", " 1 X |1| A 3 =a\n",
	         "FAILED: hook says no: * 1 X (A <3> B)\n* 1 X\n"},
		{AM_IMAP_CLIENT, AM_FATAL, 0, "* 1 X {3}\r\nabc\r\n",
	         " 1 X |0| 1 X 3\n", "FATAL: hook says no\n"},
		/* Too short: the hook sees the error, or not; the line does. */
		{AM_IMAP_CLIENT, AM_OK, 0, "* 1 X {9}\r\nabc",
	         " 1 X |0| 1 X 9\n",
	         "FATAL: the connection ended in the middle of a line\n"},
		{AM_IMAP_CLIENT, AM_OK, 9, "* 1 X {9}\r\nabc", " 1 X |0| 1 X 9",
	         "FATAL: the connection ended in the middle of a line\n"},
		/* Before any value: what fuzzing found. */
		{AM_IMAP_SERVER, AM_END, 0, "a ({1+}\r\nx)\r\n", " |1| 1\n",
	         "a ({x}) !no command\n"},
		/* A server's grant goes out when the bytes are wanted. */
		{AM_IMAP_SERVER, AM_OK, 64,
	         "a APPEND x {3}\r\nabc {2+}\r\nde\r\n",
	         " APPEND x |0| APPEND x 3 wait+\n =abc\n"
	         " APPEND x <3> |0| APPEND x <3> 2 =de\n",
	         "a APPEND x <3> <2>\n"},
		{AM_IMAP_SERVER, AM_OK, 0, "a X {0}\r\n\r\n",
	         " X |0| X 0 wait\n+\n", "a X <0>\n"},
		{AM_IMAP_SERVER, AM_END, 0, "a X {2}\r\nab {1+}\r\nc\r\n",
	         " X |0| X 2 wait\n+\n X {ab} |0| X {ab} 1\n",
	         "a X {ab} {c}\n"},
		{AM_IMAP_SERVER, AM_FAILED, 0, "a APPEND x {3}\r\nb NOOP\r\n",
	         " APPEND x |0| APPEND x 3 wait\n",
	         "FAILED: hook says no: a APPEND x\nb NOOP\n"},
		{AM_IMAP_SERVER, AM_FAILED, 0,
	         "a APPEND x {3+}\r\nabc\r\nb NOOP\r\n",
	         " APPEND x |0| APPEND x 3\n",
	         "FAILED: hook says no: a APPEND x <3>\nb NOOP\n"},
		{AM_IMAP_SERVER, AM_FAILED, 1,
	         "a APPEND x {3}\r\nabc y\r\nb NOOP\r\n",
	         " APPEND x |0| APPEND x 3 wait+\n =a\n",
	         "FAILED: hook says no: a APPEND x <3> y\nb NOOP\n"},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		check(&cases[i], 0);
		check(&cases[i], 1);
		check(&cases[i], 5);
	}
}

/* ---- one too large to be shown in place ---- */

static int count(void *user, const struct am_imap_place *place,
                 struct am_reader *bytes, struct am_error *err)
{
	size_t *n = user;
	const uint8_t *data;
	size_t len;

	(void)place;
	while (!am_reader_peek(bytes, 1, &data, &len, err)) {
		for (size_t i = 0; i < len; i++)
			cr_assert_eq(data[i], (uint8_t)(*n + i));
		*n += len;
		am_reader_skip(bytes, len);
	}
	return AM_OK;
}

Test(imap_literal, streams_a_large_one)
{
	enum { SIZE = 3000001 };
	GString *in = g_string_new("* 1 FETCH (BODY[] {3000001}\r\n");
	size_t n = 0;
	struct am_imap_hooks hooks = {.literal = count, .user = &n};

	for (size_t i = 0; i < SIZE; i++)
		g_string_append_c(in, (char)(uint8_t)i);
	g_string_append(in, " UID 4)\r\n");
	GString *got = imap_text_all(in->str, in->len, 0, AM_IMAP_CLIENT,
	                             &hooks, NULL);
	cr_expect_str_eq(got->str, "* 1 FETCH (BODY[] <3000001> UID 4)\n");
	cr_expect_eq(n, SIZE);
	g_string_free(got, TRUE);

	/* Nobody takes it: it is skipped, and the line is told of. */
	got = imap_text_all(in->str, in->len, 0, AM_IMAP_CLIENT, NULL, NULL);
	cr_expect_str_eq(got->str,
	                 "FAILED: literal too long: * 1 FETCH (BODY[])\n");
	g_string_free(got, TRUE);
	g_string_free(in, TRUE);
}
