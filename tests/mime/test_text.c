/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/text.h"

#include "base/arena.h"
#include "base/blob.h"
#include "mail.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <string.h>

/* "1B(text)2Q(> text)": section, kind, text; runs of a kind are joined. */
struct heard {
	GString *out;
	char last[40];
	int stop_after;
};

static int add(void *user, enum am_text_kind kind, const char *section,
               const char *s, size_t len, struct am_error *err)
{
	struct heard *h = user;
	char head[40];

	cr_assert(len && g_utf8_validate(s, (gssize)len, NULL));
	g_snprintf(head, sizeof head, "%s%c", section, "BQAHL"[kind]);
	if (!strcmp(head, h->last))
		g_string_truncate(h->out, h->out->len - 1);
	else
		g_string_append_printf(h->out, "%s(", head);
	g_strlcpy(h->last, head, sizeof h->last);
	g_string_append_len(h->out, s, (gssize)len);
	g_string_append_c(h->out, ')');
	if (h->stop_after && !--h->stop_after)
		return am_fail(err, AM_FATAL, AM_E_CANCELLED, "enough");
	return AM_OK;
}

static void check(const char *mail, const char *want,
                  const struct am_text_options *options)
{
	struct mail m;
	struct heard h = {.out = g_string_new(NULL)};
	bool truncated;

	mail_open(&m, mail);
	cr_assert_eq(am_text_read(m.blob, &m.scan, options, NULL, add, &h,
	                          &truncated, NULL),
	             0);
	cr_assert_str_eq(h.out->str, want, "%s:\n%s\nnot\n%s", mail, h.out->str,
	                 want);
	cr_assert_not(truncated);
	g_string_free(h.out, TRUE);
	mail_close(&m);
}

#define MP(type, b) "Content-Type: multipart/" type "; boundary=" b "\n\n"
#define HTML        "Content-Type: text/html\n\n"

static const struct {
	const char *mail, *all, *best; /* best NULL: the same */
} cases[] = {
	{"", "", NULL},
	{"Subject: x\n\nown\n> old\nown\n", "1B(own\n)1Q(> old\n)1B(own\n)",
         NULL},
	{"Content-Type: text/plain; charset=iso-8859-1\n"
         "Content-Transfer-Encoding: quoted-printable\n\ncaf=E9 =80",
         "1B(café €)", NULL},
	{"Content-Transfer-Encoding: base64\n\nY2Fmw6k=", "1B(café)", NULL},
	{"\ncaf\xe9", "1B(café)", NULL},
	{"Content-Type: text/plain; charset=iso-2022-jp\n\n\x1b$BF|K\\\x1b(B",
         "1B(日本)", NULL},
	{HTML "<p>own<blockquote>old</blockquote>", "1B(own)1Q( old)", NULL},
	{HTML "<meta charset=\"koi8-r\"><p>\xd0\xd2\xc9", "1B(при)", NULL},
	{HTML "<meta http-equiv=x content='text/html; charset=windows-1251'>"
              "\xef\xf0\xe8",
         "1B(при)", NULL},
	{"Content-Type: text/html; charset=utf-8\n\n<meta charset=koi8-r>é",
         "1B(é)", NULL},
	{"Content-Type: text/calendar\n\nBEGIN", "1B(BEGIN)", NULL},
	{"Content-Type: text/rtf\n\n{\\rtf1}", "", NULL},
	{"Content-Type: image/png\n\nx", "", NULL},
	/* Alternatives. */
	{MP("alternative", "b") "--b\n\nplain\n--b\n" HTML "<p>html\n--b--\n",
         "1B(plain)2B(html)", "1B(plain)"},
	{MP("alternative", "b") "--b\n\n\n--b\n" HTML "<p>html\n--b--\n",
         "2B(html)", "2B(html)"},
	{MP("alternative", "b") "--b\nContent-Type: text/calendar\n\nCAL\n"
                                "--b\n" HTML "html\n--b--\n",
         "1B(CAL)2B(html)", "2B(html)"},
	{MP("alternative", "b") "--b\n" MP(
		 "related", "r") "--r\n" HTML
                                 "html\n--r--\n--b\nContent-Type: image/png\n"
                                 "\nx\n--b--\n",
         "1.1B(html)", NULL},
	{MP("mixed", "m") "--m\n" MP("alternative",
                                     "b") "--b\n\nplain\n--b\n" HTML
                                          "html\n--b--\n--m\n\nfooter\n--m--\n",
         "1.1B(plain)1.2B(html)2B(footer)", "1.1B(plain)2B(footer)"},
	/* Attached text. */
	{MP("mixed", "b") "--b\n\nown\n--b\nContent-Type: text/x-patch; "
                          "name=a.patch\n\n> not quoted\n--b\n"
                          "Content-Disposition: attachment\n\nnotes\n--b--\n",
         "1B(own)2A(> not quoted)3A(notes)", NULL},
	{"Content-Type: text/plain; name=body.txt\n\nown", "1B(own)", NULL},
	/* Messages inside. */
	{MP("mixed",
            "b") "--b\nContent-Type: message/rfc822\n\n"
                 "From: =?utf-8?Q?J=C3=B6rg?= <a@b>\nTo: c@d\n"
                 "Subject: s\nDate: today\nX: y\n\nown\n> old\n--b--\n",
         "1H(From: Jörg <a@b>\nTo: c@d\nSubject: s\nDate: today\n)"
         "1.1B(own\n)1.1Q(> old)",
         NULL},
	{MP("mixed", "b") "--b\nContent-Type: message/rfc822\n"
                          "Content-Disposition: attachment\n\n"
                          "Subject: s\n\nown\n> old\n--b\n\nafter\n--b--\n",
         "1H(Subject: s\n)1.1A(own\n> old)2B(after)", NULL},
	{MP("mixed", "b") "--b\nContent-Type: message/rfc822; name=x\n"
                          "Content-Transfer-Encoding: base64\n\n"
                          /* Subject: s, an empty line, inner */
                          "U3ViamVjdDogcwoKaW5uZXIK\n--b--\n",
         "1H(Subject: s\n)1.1A(inner\n)", NULL},
	{MP("report", "b") "--b\n\nsorry\n--b\nContent-Type: "
                           "message/delivery-status\n\nAction: failed\n--b\n"
                           "Content-Type: text/rfc822-headers\n\nSubject: x\n"
                           "--b--\n",
         "1B(sorry)2B(Action: failed)3B(Subject: x)", NULL},
	/* Not ours to read. */
	{MP("encrypted", "b") "--b\nContent-Type: application/pgp-encrypted\n"
                              "\nVersion: 1\n--b\nContent-Type: text/plain\n\n"
                              "secret\n--b--\n",
         "", NULL},
	{"\na\n-----BEGIN PGP MESSAGE-----\n\nhQ\n-----END PGP MESSAGE-----\n"
         "b\n",
         "1B(a\nb\n)", NULL},
	/* Broken structure: the text is there all the same. */
	{"Content-Type: multipart/mixed\n\ntext\n", "1B(text\n)", NULL},
	{MP("mixed", "b") "text\n", "B(text\n)", NULL},
	/* An old Mac's. */
	{"Subject: x\r\rown\r> old\rown\r", "1B(own\n)1Q(> old\n)1B(own\n)",
         NULL},
	{"Content-Type: multipart/mixed; boundary=b\r\r--b\r\rone\r\rtwo\r--b\r"
         "Content-Transfer-Encoding: quoted-printable\r\rso=\rft\r--b--\r",
         "1B(one\n\ntwo)2B(soft)", NULL},
};

Test(text, says_what_a_message_says)
{
	static const struct am_text_options best = {.best_alternative = true};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		check(cases[i].mail, cases[i].all, NULL);
		check(cases[i].mail,
		      cases[i].best ? cases[i].best : cases[i].all, &best);
	}
}

Test(text, keeps_the_layout_when_asked)
{
	static const struct am_text_options layout = {.keep_layout = true};

	check(HTML "<p>one</p><p>two<br>three</p>", "1B(one\n\ntwo\nthree)",
	      &layout);
}

Test(text, takes_the_html_when_asked)
{
	static const struct am_text_options html = {.best_alternative = true,
	                                            .prefer_html = true};

	check(MP("alternative", "b") "--b\n\nplain\n--b\n" HTML
	                             "<b>html</b>\n--b--\n",
	      "2B(html)", &html);
	check(MP("alternative", "b") "--b\n\nplain\n--b\n" MP(
		      "related", "c") "--c\n" HTML "html\n--c--\n--b--\n",
	      "2.1B(html)", &html);
	check(MP("alternative",
	         "b") "--b\n\nplain\n--b\n"
	              "Content-Type: text/calendar\n\nx\n--b--\n",
	      "1B(plain)", &html);
}

Test(text, tells_links_when_asked)
{
	static const struct am_text_options links = {.links = true};

	check(HTML "go <a href=\"https://a.example/\">here</a> now",
	      "1B(go here)1L(https://a.example/)1B( now)", &links);
	check(HTML "go <a href=\"https://a.example/\">here</a> now",
	      "1B(go here now)", NULL);
}

Test(text, stops_at_its_limit_between_characters)
{
	static const char mail[] = "Content-Type: text/plain; charset=utf-8\n\n"
				   "ab€€€€";
	struct mail m;
	bool truncated;

	mail_open(&m, mail);
	for (uint64_t max = 1; max < 20; max++) {
		struct am_text_options options = {.max_bytes = max};
		struct heard h = {.out = g_string_new(NULL)};
		cr_assert_eq(am_text_read(m.blob, &m.scan, &options, NULL, add,
		                          &h, &truncated, NULL),
		             0);
		cr_assert_eq(truncated, max < 14);
		cr_assert_leq(h.out->len, max + 4);
		g_string_free(h.out, TRUE);
	}
	mail_close(&m);
}

Test(text, hands_back_what_the_caller_says)
{
	struct mail m;
	struct am_error err;
	struct heard h = {.out = g_string_new(NULL), .stop_after = 2};

	mail_open(&m, MP("mixed", "b") "--b\n\none\n--b\n\ntwo\n--b\n\nthree\n"
	                               "--b--\n");
	cr_assert_eq(
		am_text_read(m.blob, &m.scan, NULL, NULL, add, &h, NULL, &err),
		AM_FATAL);
	cr_assert_eq(err.kind, AM_E_CANCELLED);
	cr_assert_str_eq(h.out->str, "1B(one)2B(two)");
	g_string_free(h.out, TRUE);
	mail_close(&m);
}

static int count(void *user, enum am_text_kind kind, const char *section,
                 const char *s, size_t len, struct am_error *err)
{
	(void)kind;
	(void)section;
	(void)s;
	(void)err;
	*(size_t *)user += len;
	return AM_OK;
}

Test(text, streams_a_large_part)
{
	GString *s = g_string_new(NULL);
	struct mail m;
	size_t total = 0;
	bool truncated;

	g_string_append(s, "Content-Transfer-Encoding: quoted-printable\n\n");
	for (int i = 0; i < 300000; i++)
		g_string_append(s, "A line of text =C3=A9=\n");
	mail_open(&m, s->str);
	cr_assert_eq(am_text_read(m.blob, &m.scan, NULL, NULL, count, &total,
	                          &truncated, NULL),
	             0);
	cr_assert(truncated);
	cr_assert_leq(total, 4u << 20);
	cr_assert_geq(total, (4u << 20) - 3);
	mail_close(&m);
	g_string_free(s, TRUE);
}

Test(text, does_not_follow_encoded_messages_for_ever)
{
	GString *s = g_string_new("Subject: core\n\ncore");
	struct mail m;
	struct heard h = {.out = g_string_new(NULL)};
	bool truncated = false;

	for (int i = 0; i < 8; i++) {
		char *b = g_base64_encode((uint8_t *)s->str, s->len);
		g_string_printf(s,
		                "Content-Type: message/rfc822\n"
		                "Content-Transfer-Encoding: base64\n\n%s\n",
		                b);
		g_free(b);
	}
	mail_open(&m, s->str);
	cr_assert_eq(am_text_read(m.blob, &m.scan, NULL, NULL, add, &h,
	                          &truncated, NULL),
	             0);
	cr_assert_str_eq(h.out->str, "");
	cr_assert(truncated, "what was not opened must be told");
	g_string_free(h.out, TRUE);
	g_string_free(s, TRUE);
	mail_close(&m);
}
