/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/mend.h"

#include "base/blob.h"
#include "formats/imap/fingerprint.h"
#include "formats/imap/mend_head.h"
#include "formats/imap/odd.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <string.h>

static struct am_blob *blob_of(const char *text, size_t len)
{
	struct am_blob *blob;

	cr_assert_eq(am_blob_copy(&blob, text, len, NULL), AM_OK);
	return blob;
}

static char *mend(const char *text, size_t len, unsigned step, char **changed)
{
	struct am_blob *raw = blob_of(text, len), *out = NULL;
	struct am_error err;
	size_t got;

	int r = am_imap_mend(raw, step, NULL, &out, changed, &err);
	am_blob_unref(&raw);
	if (r == AM_END)
		return NULL;
	cr_assert_eq(r, AM_OK, "%s", err.text);
	size_t size = (size_t)am_blob_size(out);
	char *bytes = g_malloc0(size + 1);
	cr_assert_eq(am_blob_read(out, 0, bytes, size, &got, &err), AM_OK);
	cr_assert_null(memchr(bytes, 0, size));
	am_blob_unref(&out);
	return bytes;
}

#define H "Subject: x\r\n\r\n"

Test(imap_mend, each_step_changes_what_is_wrong_and_nothing_else)
{
	static const struct {
		unsigned step;
		const char *in;
		size_t len;      /* 0: strlen */
		const char *out; /* NULL: nothing to do */
	} rows[] = {
		{AM_IMAP_MEND_END, H "a", 0, H "a\r\n"},
		{AM_IMAP_MEND_END, H "a\r\n", 0, NULL},
		{AM_IMAP_MEND_END, H "", 0, NULL},
		{AM_IMAP_MEND_LONE_CR, H "a\rb\r\n", 0, H "a\r\nb\r\n"},
		{AM_IMAP_MEND_LONE_CR, H "a\r\r\n", 0, H "a\r\n\r\n"},
		{AM_IMAP_MEND_LONE_CR, H "a\r", 0, H "a\r\n"},
		{AM_IMAP_MEND_LONE_CR, H "a\r\nb\r\n", 0, NULL},
		{AM_IMAP_MEND_NUL, H "a\0b\0\r\n", 14 + 6, H "ab\r\n"},
		{AM_IMAP_MEND_NUL, "Sub\0ject: x\r\n\r\nb\r\n", 18,
	         "Subject: x\r\n\r\nb\r\n"},
		{AM_IMAP_MEND_NUL, H "a\r\0\nb\r\n", 14 + 7, H "a\r\nb\r\n"},
		{AM_IMAP_MEND_8BIT_HEADER,
	         "Subject: caf\xc3\xa9 and tea\r\n\r\n\xc3\xa9\r\n", 0,
	         "Subject: =?UTF-8?B?Y2Fmw6k=?= and tea\r\n\r\n\xc3\xa9\r\n"},
		{AM_IMAP_MEND_8BIT_HEADER,
	         "From: J\xf6rg <j@x>\r\nTo: a@b\r\n\r\n", 0,
	         "From: =?ISO-8859-1?B?SvZyZw==?= <j@x>\r\nTo: a@b\r\n\r\n"},
		{AM_IMAP_MEND_8BIT_HEADER, H "\xc3\xa9\r\n", 0, NULL},
		/* Of the message's own header only. */
		{AM_IMAP_MEND_8BIT_HEADER,
	         "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
	         "boundary=b\r\n\r\n--b\r\nSubject: \xc3\xa9\r\n\r\nx\r\n"
	         "--b--\r\n",
	         0, NULL},
		{AM_IMAP_MEND_LONG_LINES, H "short\r\n", 0, NULL},
		{AM_IMAP_MEND_END, "", 0, "\r\n"},
		/* A fold whose blank was lost; a blank too many. */
		{AM_IMAP_MEND_FIELDS, "A: 1\r\nlost\r\nB: 2\r\n\r\nx\r\n", 0,
	         "A: 1\r\n lost\r\nB: 2\r\n\r\nx\r\n"},
		{AM_IMAP_MEND_FIELDS, "A : 1\r\nB \t: 2\r\n\r\n", 0,
	         "A: 1\r\nB: 2\r\n\r\n"},
		{AM_IMAP_MEND_FIELDS, "From me now\r\nB: 2\r\n\r\n", 0,
	         "X-Line: From me now\r\nB: 2\r\n\r\n"},
		{AM_IMAP_MEND_FIELDS, ": 1\nB: 2\n\n", 0,
	         "X-Line: : 1\nB: 2\n\n"},
		/* The body, without the line that should be before it. */
		{AM_IMAP_MEND_FIELDS, "A: 1\r\nhello you\r\n\r\nx\r\n", 0,
	         "A: 1\r\n\r\nhello you\r\n\r\nx\r\n"},
		{AM_IMAP_MEND_FIELDS, "hello you\r\n", 0, "\r\nhello you\r\n"},
		{AM_IMAP_MEND_FIELDS, "A: 1\rhello\r\rx\r", 0,
	         "A: 1\r\n\r\nhello\r\n\r\nx\r\n"},
		{AM_IMAP_MEND_FIELDS, "A: 1\r\n \r\nhello you\r\n", 0,
	         "A: 1\r\n \r\n\r\nhello you\r\n"},
		{AM_IMAP_MEND_FIELDS, H "no field\r\n", 0, NULL},
		{AM_IMAP_MEND_FIELDS, " fold\r\nA: 1\r\n\r\n", 0, NULL},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		char *changed = NULL;
		size_t len = rows[i].len ? rows[i].len : strlen(rows[i].in);
		char *got = mend(rows[i].in, len, rows[i].step, &changed);
		if (!rows[i].out)
			cr_assert_null(got, "row %zu", i);
		else
			cr_assert_str_eq(got, rows[i].out, "row %zu: %s", i,
			                 got);
		cr_assert_eq(got == NULL, changed == NULL);
		g_free(changed);
		g_free(got);
	}
}

/* Whatever the block: mended once, there is nothing left to mend. */
Test(imap_mend, header_lines_set_right_are_right)
{
	static const char letters[] = "aB::  \t\r\n\n\n\xe4";
	GRand *rand = g_rand_new_with_seed(7);

	for (int i = 0; i < 20000; i++) {
		char block[24];
		size_t len = (size_t)g_rand_int_range(rand, 0, sizeof block);
		for (size_t k = 0; k < len; k++)
			block[k] = letters[g_rand_int_range(
				rand, 0, sizeof letters - 1)];
		for (int bare = 0; bare < 2; bare++) {
			GString *out = am_imap_head_mend(
				block, len, AM_IMAP_HEAD_FIELDS, bare);
			char *in = g_strndup(block, len);
			char *was = g_strescape(in, NULL);
			char *is = g_strescape(out->str, NULL);
			cr_assert_not(
				am_imap_head_is_odd(out->str, out->len, bare),
				"%d: %s -> %s", bare, was, is);
			g_free(is);
			g_free(was);
			g_free(in);
			if (!am_imap_head_is_odd(block, len, bare))
				cr_assert(out->len == len &&
				          !memcmp(out->str, block, len));
			g_string_free(out, TRUE);
		}
	}
	g_rand_free(rand);
}

/* No line of it is longer than RFC 5322 allows. */
static void check_lines(const char *text)
{
	for (const char *p = text; *p;) {
		const char *eol = strchr(p, '\n');
		cr_assert(eol, "the last line has an end");
		cr_assert_leq(eol - p, 999);
		p = eol + 1;
	}
}

Test(imap_mend, long_lines_are_broken_so_that_they_read_the_same)
{
	GString *in = g_string_new("Subject: ");
	char *changed;

	for (int i = 0; i < 300; i++)
		g_string_append(in, "word ");
	g_string_append(in, "\r\nContent-Transfer-Encoding: 8bit\r\n"
	                    "X: y\r\n\r\n");
	for (int i = 0; i < 2000; i++)
		g_string_append(in, "=\xc3\xa9 ");
	g_string_append(in, "\r\nend \r\n");
	char *out = mend(in->str, in->len, AM_IMAP_MEND_LONG_LINES, &changed);
	check_lines(out);
	cr_assert(strstr(out, "Content-Transfer-Encoding: quoted-printable"));
	cr_assert_null(strstr(out, "8bit"));
	cr_assert(strstr(out, "\r\n\r\n=3D=C3=A9 =3D=C3=A9"));
	cr_assert(strstr(out, "end=20\r\n"));
	cr_assert(strstr(changed, "long lines"));
	g_free(changed);
	g_free(out);
	g_string_free(in, TRUE);
}

Test(imap_mend, a_long_part_of_many_leaves_the_others)
{
	GString *in = g_string_new(
		"MIME-Version: 1.0\r\n"
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
		"--b\r\nContent-Type: text/plain\r\n\r\nshort = fine\r\n"
		"--b\r\nContent-Type: text/html\r\n\r\n");
	char *changed;

	for (int i = 0; i < 3000; i++)
		g_string_append(in, "<p>=");
	g_string_append(in, "\r\n--b--\r\n");
	char *out = mend(in->str, in->len, AM_IMAP_MEND_LONG_LINES, &changed);
	check_lines(out);
	cr_assert(strstr(out, "short = fine"));
	cr_assert(strstr(out, "text/html\r\nContent-Transfer-Encoding: "
	                      "quoted-printable\r\n\r\n<p>=3D<p>=3D"));
	cr_assert(strstr(out, "\r\n--b--\r\n"));
	g_free(changed);
	g_free(out);
	g_string_free(in, TRUE);
}

Test(imap_fingerprint, is_the_same_however_a_server_writes_the_header)
{
	static const char a[] = "Received: from x\r\n\tby y\r\n"
				"Message-ID: <1@x>\r\nSubject: caf\xc3\xa9\r\n"
				"Date: now\r\nX-Other: 1\r\n\r\n";
	static const char b[] = "date:  now\r\nsubject: caf??\r\n"
				"message-id: <1@x>\r\n"
				"received: from x by y\r\n\r\n";
	static const char c[] = "Received: from z\r\nMessage-ID: <1@x>\r\n"
				"Subject: caf\xc3\xa9\r\nDate: now\r\n\r\n";
	static const char weak[] = "Subject: x\r\nDate: now\r\n\r\n";

	static const char d[] = "From : x\r\nReceived: from z\r\n"
				"Message-ID: <1@x>\r\nSubject: caf\r\n"
				"Date: now\r\n\r\n";

	uint64_t fa = am_imap_fingerprint(a, strlen(a), 10, NULL);
	/* Cyrus does not name that field. */
	cr_assert_eq(am_imap_fingerprint(c, strlen(c), 10, NULL),
	             am_imap_fingerprint(d, strlen(d), 10, NULL));
	cr_assert_eq(fa, am_imap_fingerprint(b, strlen(b), 20, NULL));
	cr_assert_neq(fa, am_imap_fingerprint(c, strlen(c), 10, NULL));
	/* Little to go by: the size counts. */
	cr_assert_eq(am_imap_fingerprint(weak, strlen(weak), 5, NULL),
	             am_imap_fingerprint(weak, strlen(weak), 5, NULL));
	cr_assert_neq(am_imap_fingerprint(weak, strlen(weak), 5, NULL),
	              am_imap_fingerprint(weak, strlen(weak), 6, NULL));
}

Test(imap_fingerprint, of_a_message_counts_lines_as_crlf)
{
	static const char text[] = "Message-ID: <1@x>\n\nbody\nmore\n";
	struct am_blob *blob = blob_of(text, strlen(text));
	struct am_imap_print print;
	struct am_error err;

	cr_assert_eq(am_imap_print_of(blob, &print, &err), AM_OK);
	cr_assert_eq(print.size, strlen(text) + 4);
	cr_assert_eq(
		print.fingerprint,
		am_imap_fingerprint("Message-ID: <1@x>\r\n\r\n", 21, 0, NULL));
	am_blob_unref(&blob);
}

Test(imap_odd, is_found_however_the_bytes_come)
{
	static const struct {
		const char *text;
		size_t size, droppable;
		bool lone_cr;
	} rows[] = {
		{"", 0, 0, false},         {"a\nb\r\nc", 7, 0, false},
		{"a\r\r\nb", 5, 1, true},  {"a\r\r\r\n", 5, 1, true},
		{"a\rb\n", 5, 0, true},    {"\ra\r\n", 4, 0, true},
		{"a\r", 2, 1, true},       {"a\r\n\r", 4, 1, true},
		{"\n\r\n\n", 6, 0, false},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		for (size_t piece = 1; piece <= 8; piece++) {
			struct am_imap_odd odd = {0};
			size_t len = strlen(rows[i].text);
			for (size_t at = 0; at < len; at += piece)
				am_imap_odd_add(&odd, rows[i].text + at,
				                MIN(piece, len - at));
			am_imap_odd_end(&odd);
			cr_expect_eq(odd.size, rows[i].size, "row %zu", i);
			cr_expect_eq(odd.droppable, rows[i].droppable,
			             "row %zu", i);
			cr_expect_eq(odd.lone_cr, rows[i].lone_cr,
			             "row %zu by %zu", i, piece);
			cr_expect(!odd.nul && !odd.long_line);
		}
}
