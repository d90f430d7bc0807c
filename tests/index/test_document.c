/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/document.h"
#include "index/fields.h"

#include "base/blob.h"
#include "support/tnef_sample.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <stdlib.h>
#include <string.h>

static int by_text(const void *a, const void *b)
{
	const struct am_term *x = a, *y = b;
	int c = memcmp(x->text, y->text, MIN(x->len, y->len));

	return c ? c : (x->len > y->len) - (x->len < y->len);
}

/* All terms, sorted, "term:weight"; those of beginnings of words, or the
 * others.
 */
static char *some_terms(struct am_document *doc, const char *text,
                        bool beginnings)
{
	GString *out = g_string_new(NULL);
	struct am_blob *raw;
	struct am_error err = {.text = ""};
	size_t n;

	cr_assert_eq(am_blob_copy(&raw, text, strlen(text), &err), AM_OK);
	cr_assert_eq(am_document_read(doc, raw, NULL, &err), AM_OK, "%s",
	             err.text);
	am_blob_unref(&raw);
	const struct am_term *list = am_document_terms(doc, &n);
	struct am_term *terms = g_memdup2(list, n * sizeof(*list));
	qsort(terms, n, sizeof(*terms), by_text);
	for (size_t i = 0; i < n; i++) {
		if ((*terms[i].text == *AM_TERM_BEGINNING) != beginnings)
			continue;
		g_string_append_printf(out, "%s%.*s:%u", out->len ? " " : "",
		                       (int)terms[i].len, terms[i].text,
		                       terms[i].count);
	}
	g_free(terms);
	return g_string_free(out, FALSE);
}

static char *terms_of(struct am_document *doc, const char *text)
{
	return some_terms(doc, text, false);
}

Test(document, lists_beginnings_of_words)
{
	struct am_document *doc = am_document_new();
	GString *many = g_string_new("\n\n");
	char *t = some_terms(doc,
	                     "Subject: an ant\n\nb \xc3\xa9t\xc3\xa9 "
	                     "\xd0\xbc\xd0\xb8\xd1\x80 \xe6\x97\xa5"
	                     "\xe6\x9c\xac\n",
	                     true);

	cr_expect_str_eq(t, "Wa:0 Wan:0 Want:0 Wb:0 We:0 Wet:0 Wete:0 "
	                    "W\xd0\xbc:0 W\xd0\xbc\xd0\xb8:0 "
	                    "W\xd0\xbc\xd0\xb8\xd1\x80:0");
	g_free(t);
	/* More of them than most mail has. */
	for (gunichar a = 0x430; a < 0x450; a++)
		for (gunichar b = 0x430; b < 0x450; b++) {
			g_string_append_unichar(many, a);
			g_string_append_unichar(many, b);
			g_string_append_unichar(many, 0x430);
			g_string_append_unichar(many, ' ');
			g_string_append_c(many, (char)('a' + a % 26));
			g_string_append_c(many, (char)('a' + b % 26));
			g_string_append_c(many, ' ');
		}
	t = some_terms(doc, many->str, true);
	char **terms = g_strsplit(t, " ", -1);
	/* й is и with a mark: 31 letters; those of Latin are 676. */
	cr_expect_gt(g_strv_length(terms), 31 * 31 + 600);
	g_strfreev(terms);
	g_free(t);
	g_string_free(many, TRUE);
	am_document_free(&doc);
}

Test(document, lists_terms_of_every_field)
{
	struct am_document *doc = am_document_new();
	char *t = terms_of(doc, "\n");

	cr_expect_str_eq(t, "Yplain:0 Ytext:0 Ytext/plain:0 Z1:0");
	g_free(t);
	t = terms_of(
		doc,
		"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= Re\n"
		"From: \"Bob\" <bob@x.example>\nTo: al@y.example\n"
		"Cc: cy@z.example\nList-Id: Talk <talk.y.example>\n"
		"Message-ID: <Ab@C>\nDate: Thu, 2 Jan 2020 03:04:05 +0000\n"
		"\nre bob bob\n");
	cr_expect_str_eq(
		t, "Ccy:21 Cexample:21 Cz:21 Fbob:21 Fexample:21 Fx:21 Hcc:0 "
		   "Hlist:0 Hsubject:0 Iab@c:0 "
		   "Lexample:21 Ltalk:21 Ly:21 Sgrusse:21 Sre:21 Tal:21 "
		   "Texample:21 Ty:21 Yplain:0 Ytext:0 Ytext/plain:0 "
		   "Z8:0 al:21 bob:30 cy:21 example:30 grusse:30 re:31 "
		   "talk:21 x:21 y:26 z:21");
	g_free(t);
	const struct am_place *p = am_document_place(doc);
	cr_expect(p->dated);
	cr_expect_eq(p->date, 1577934245);
	cr_expect_gt(p->size, 200);
	am_document_free(&doc);
}

Test(document, lists_attachments_and_pairs)
{
	struct am_document *doc = am_document_new();
	char *t = terms_of(
		doc, "MIME-Version: 1.0\n"
		     "Content-Type: multipart/mixed; boundary=b\n\n"
		     "--b\nContent-Type: text/plain; charset=utf-8\n\n"
		     "日本語\n"
		     "--b\nContent-Type: application/pdf\n"
		     "Content-Disposition: attachment; filename=Q1.PDF\n"
		     "Content-Transfer-Encoding: base64\n\nAAAA\n--b--\n");

	cr_expect_str_eq(
		t,
		"Hattachment:0 Hpdf:0 Npdf:22 Nq1:22 PQ1.PDF:0 "
		"Yapplication:0 Yapplication/pdf:0 "
		"Ypdf:0 Yplain:0 Ytext:0 Ytext/plain:0 Z8:0 pdf:22 q1:22 日:22 "
		"日本:0 本:22 本語:0 語:22");
	g_free(t);
	am_document_free(&doc);
}

Test(document, gives_long_ids_as_hashes)
{
	char value[1000], a[AM_TERM_MAX], b[AM_TERM_MAX];

	memset(value, 'x', sizeof(value));
	value[999] = '\0';
	cr_expect_eq(am_document_fact_term(a, "I", value), 42);
	value[998] = 'y';
	cr_expect_eq(am_document_fact_term(b, "I", value), 42);
	cr_expect_neq(memcmp(a, b, 42), 0);
	value[128] = '\0';
	cr_expect_eq(am_document_fact_term(a, "I", value), 129);
}

Test(document, files_in_a_winmail_dat_are_found_by_name)
{
	struct am_document *doc = am_document_new();
	GByteArray *tnef = am_test_tnef();
	char *base64 = am_test_tnef_base64(tnef);
	char *mail = g_strdup_printf(
		"Content-Type: application/ms-tnef; name=winmail.dat\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n%s",
		base64);
	char *t = terms_of(doc, mail);

	cr_expect(strstr(t, " liste:22 "), "%s", t);
	cr_expect(strstr(t, " deep:22 "), "in a message in it: %s", t);
	cr_expect(strstr(t, " winmail:22"), "%s", t);
	g_free(t);
	/* What is broken has none, and is no error. */
	t = terms_of(doc, "Content-Type: application/ms-tnef\n\nnothing\n");
	cr_expect(t);
	g_free(t);
	g_free(mail);
	g_free(base64);
	g_byte_array_free(tnef, TRUE);
	am_document_free(&doc);
}
