/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/alike.h"

#include "base/blob.h"
#include "mail.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

#define HEAD "From: a@b\nDate: Mon, 1 Jan 2001 00:00:00 +0000\nSubject: s\n"
#define ID   "Message-ID: <m@x>\n"

enum { OTHER, CONTENT, STORED };

static const struct {
	const char *shows, *a, *b;
	int alike;
	const char *why;
} cases[] = {
	{"line ends", HEAD ID "\nx\ny\n",
         "From: a@b\r\nDate: Mon, 1 Jan 2001 00:00:00 +0000\r\nSubject: s\r\n"
         "Message-ID: <m@x>\r\n\r\nx\r\ny\r\n",
         STORED, "line ends"},
	{"what an mbox adds", HEAD ID "\nx\n",
         "Status: RO\n" HEAD ID "X-UID: 5\n\nx\n\n", STORED,
         "Status, X-UID added; empty lines at the end"},
	{"another road", HEAD ID "\nx\n", "Received: y\n" HEAD ID "\nx\n",
         CONTENT, "Received added"},
	{"a field less", "X-A: 1\n" HEAD ID "\nx\n", HEAD ID "\nx\n", CONTENT,
         "X-A removed"},
	{"a line that is no field is no storage header",
         "junk line\n" HEAD ID "\nx\n", HEAD ID "\nx\n", CONTENT,
         "layout of the header"},
	{"another subject", HEAD ID "\nx\n",
         "From: a@b\nDate: Mon, 1 Jan 2001 00:00:00 +0000\nSubject: t\n" ID
         "\nx\n",
         OTHER, "Subject changed"},
	{"another Message-ID", HEAD ID "\nx\n", HEAD "Message-ID: <n@x>\n\nx\n",
         OTHER, "Message-ID changed"},
	{"no Message-ID is equal to none", HEAD "\nx\n",
         "Received: y\n" HEAD "\nx\n", OTHER, "Received added"},
	{"but the same storage is", HEAD "\nx\n", "Lines: 1\n" HEAD "\nx\n",
         STORED, "Lines added"},
	{"blanks at the ends of lines", HEAD ID "\nx\ny\n",
         HEAD ID "\nx \ny\t\n", CONTENT, "blanks at the ends of lines"},
	{"quoting is another text", HEAD ID "\nFrom me\n",
         HEAD ID "\n>From me\n", OTHER, "quoting of \"From \" lines"},
	{"transfer encoding", HEAD ID "\nhello\n",
         HEAD ID "Content-Transfer-Encoding: base64\n\naGVsbG8K\n", CONTENT,
         "Content-Transfer-Encoding added; encoding of the parts"},
	{"text", HEAD ID "\nhello\n", HEAD ID "\nhullo\n", OTHER,
         "another text"},
	{"boundaries",
         HEAD ID "Content-Type: multipart/mixed; boundary=a\n\n--a\n\nx\n"
                 "--a--\n",
         HEAD ID "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n"
                 "--b--\n",
         CONTENT, "Content-Type changed; encoding of the parts"},
	{"nothing", HEAD ID "\nx\n", HEAD ID "\nx\n", STORED, "the same bytes"},
};

static int level(const struct am_alike *a, const struct am_alike *b)
{
	return !memcmp(a->stored, b->stored, sizeof a->stored)      ? STORED
	       : !memcmp(a->content, b->content, sizeof a->content) ? CONTENT
	                                                            : OTHER;
}

Test(alike, tells_how_far_two_mails_are_one)
{
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct am_blob *a = mail_blob(cases[i].a, strlen(cases[i].a));
		struct am_blob *b = mail_filed(cases[i].b, strlen(cases[i].b));
		struct am_alike x, y;
		struct am_error err;
		char *why = NULL;
		cr_assert_eq(am_alike_read(&x, a, NULL, &err), AM_OK, "%s",
		             err.text);
		cr_assert_eq(am_alike_read(&y, b, NULL, &err), AM_OK);
		cr_expect_eq(level(&x, &y), cases[i].alike, "%s: %d",
		             cases[i].shows, level(&x, &y));
		cr_assert_eq(am_alike_explain(&why, a, b, NULL, &err), AM_OK);
		cr_expect_str_eq(why, cases[i].why, "%s: %s", cases[i].shows,
		                 why);
		g_free(why);
		am_blob_unref(&a);
		am_blob_unref(&b);
	}
}

Test(alike, names_the_storage_headers)
{
	static const char text[] = "Status: R\nx-uid: 5\n\n";
	struct am_blob *a = mail_blob(text, sizeof text - 1);
	struct am_alike x;
	char out[40], small[8];

	cr_assert_eq(am_alike_read(&x, a, NULL, NULL), AM_OK);
	am_alike_print_headers(x.headers, out, sizeof out);
	cr_expect_str_eq(out, "Status, X-UID");
	am_alike_print_headers(x.headers, small, sizeof small);
	cr_expect_str_eq(small, "Status");
	am_blob_unref(&a);
}
