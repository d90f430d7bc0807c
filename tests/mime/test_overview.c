/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/overview.h"

#include "base/arena.h"
#include "base/blob.h"
#include "mail.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <string.h>

static void read_it(struct am_overview *o, struct mail *m, const char *text)
{
	mail_open(m, text);
	cr_assert_eq(
		am_overview_read(o, m->blob, &m->scan, NULL, m->arena, NULL),
		0);
}

Test(overview, holds_what_a_list_shows)
{
	struct mail m;
	struct am_overview o;

	read_it(&o, &m,
	        "Received: from a by b; Tue, 2 Jan 2024 10:00:00 +0100\n"
	        "Received: from c by d; Mon, 1 Jan 2024 10:00:00 +0000\n"
	        "From: =?utf-8?Q?J=C3=B6rg?= <j@x.example>\n"
	        "From: second@x.example\n"
	        "To: a@x.example,\n\tb@x.example\n"
	        "to: c@x.example\n"
	        "Cc: =?utf-8?Q?D=C3=B6e,_A?= <d@x.example>\n"
	        "Bcc: e@x.example\n"
	        "SUBJECT : =?utf-8?B?4oKs?= and\n more\n"
	        "Date: Mon, 1 Jan 2024 12:00:00 +0200 (comment)\n"
	        "Message-ID: (x) <1@x.example>\n"
	        "In-Reply-To: Your mail of \"Monday\" <0@x.example> <y@z>\n"
	        "References: <a@x>\r\n\t<b@x> (c) <c\n @x>\n"
	        "List-Id: \"A list <of sorts>\" <list.x.example>\n"
	        "\nbody\n");
	cr_assert_str_eq(o.from, "Jörg <j@x.example>");
	cr_assert_str_eq(o.to, "a@x.example, b@x.example, c@x.example");
	cr_assert_str_eq(o.cc, "\"Döe, A\" <d@x.example>");
	cr_assert_str_eq(o.bcc, "e@x.example");
	cr_assert_str_eq(o.subject, "€ and more");
	cr_assert(o.date.known && o.received.known);
	cr_assert_eq(o.date.sec, 1704103200);
	cr_assert_eq(o.date.offset_min, 120);
	cr_assert_eq(o.received.sec, 1704186000);
	cr_assert_str_eq(o.message_id, "1@x.example");
	cr_assert_str_eq(o.in_reply_to, "0@x.example");
	cr_assert_str_eq(o.list_id, "list.x.example");
	cr_assert_eq(o.n_references, 3);
	cr_assert_str_eq(o.references[0], "a@x");
	cr_assert_str_eq(o.references[2], "c@x");
	cr_assert_eq(o.n_attachments, 0);
	mail_close(&m);
}

Test(overview, of_nothing_is_nothing)
{
	struct mail m;
	struct am_overview o;

	read_it(&o, &m, "");
	cr_assert_null(o.from);
	cr_assert_null(o.subject);
	cr_assert_null(o.message_id);
	cr_assert_not(o.date.known);
	cr_assert_eq(o.n_references, 0);
	mail_close(&m);
	read_it(&o, &m,
	        "Subject:\nMessage-ID: <>\nDate: soon\nReferences:\n"
	        "In-Reply-To: you\nList-Id:\nReceived: x\n\n");
	cr_assert_str_eq(o.subject, "");
	cr_assert_null(o.message_id);
	cr_assert_null(o.in_reply_to);
	cr_assert_null(o.list_id);
	cr_assert_not(o.date.known);
	cr_assert_not(o.received.known);
	mail_close(&m);
}

Test(overview, reads_ids_that_forgot_their_brackets)
{
	static const struct {
		const char *field, *id, *reply, *references, *list;
	} cases[] = {
		{"Message-ID: a@b", "a@b", NULL, "", NULL},
		{"Message-ID: <a b@c>", "ab@c", NULL, "", NULL},
		{"Message-ID: <a@b", "a@b", NULL, "", NULL},
		{"Message-ID: no at all", "noatall", NULL, "", NULL},
		{"In-Reply-To: a@b", NULL, "a@b", "", NULL},
		{"In-Reply-To: x <> <a@b>", NULL, "a@b", "", NULL},
		{"References: a@b, c@d x", NULL, NULL, "a@b c@d ", NULL},
		{"References: <a@b><c@d>,<e@f", NULL, NULL, "a@b c@d e@f ",
	         NULL},
		{"References: <<a@b>> <>", NULL, NULL, "a@b ", NULL},
		{"List-ID: list.example", NULL, NULL, "", "list.example"},
		{"List-ID: A list.example ", NULL, NULL, "", "list.example"},
		{"List-ID: <list.example", NULL, NULL, "", "list.example"},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct mail m;
		struct am_overview o;
		GString *refs = g_string_new(NULL);
		char *text = g_strdup_printf("%s\n\nbody", cases[i].field);
		read_it(&o, &m, text);
		cr_assert_eq(g_strcmp0(o.message_id, cases[i].id), 0, "%s: %s",
		             text, o.message_id);
		cr_assert_eq(g_strcmp0(o.in_reply_to, cases[i].reply), 0, "%s",
		             text);
		cr_assert_eq(g_strcmp0(o.list_id, cases[i].list), 0, "%s",
		             text);
		for (size_t j = 0; j < o.n_references; j++)
			g_string_append_printf(refs, "%s ", o.references[j]);
		cr_assert_str_eq(refs->str, cases[i].references, "%s: %s", text,
		                 refs->str);
		g_string_free(refs, TRUE);
		g_free(text);
		mail_close(&m);
	}
}

Test(overview, reads_raw_bytes_in_the_charset_of_the_message)
{
	struct mail m;
	struct am_overview o;

	read_it(&o, &m,
	        "Subject: \xd6\xd0\xce\xc4\nFrom: \xd6\xd0 <a@b>\n"
	        "Content-Type: text/plain; charset=gb2312\n\n");
	cr_assert_str_eq(o.subject, "中文");
	cr_assert_str_eq(o.from, "中 <a@b>");
	mail_close(&m);
	read_it(&o, &m, "Subject: caf\xe9\n\n");
	cr_assert_str_eq(o.subject, "café");
	mail_close(&m);
}

#define PART(header) "--b\n" header "\n\nx\n"
#define MIXED(type, parts) \
	"Content-Type: multipart/" type "; boundary=b\n\n" parts "--b--\n"

Test(overview, counts_what_a_mail_client_lists)
{
	static const struct {
		const char *mail, *names; /* joined with | */
	} cases[] = {
		{"\ntext", ""},
		{"Content-Type: text/html\n\nx", ""},
		{"Content-Type: application/pdf\n\nx", "|"},
		{"Content-Type: application/pdf; name=a.pdf\n\nx", "a.pdf|"},
		{"Content-Disposition: attachment\n\nx", "|"},
		{MIXED("mixed", PART("A: b") PART("Content-Type: image/png")),
	         "|"},
		{MIXED("mixed",
	               PART("Content-Disposition: ATTACHMENT; filename=a") PART(
			       "Content-Type: text/plain; name=\"=?utf-8?Q?=C3="
			       "A9?=\"") PART("Content-Disposition: inline; "
	                                      "filename*=utf-8''%C3%A9.png")),
	         "a|é|é.png|"},
		{MIXED("related", PART("Content-Type: text/html")
	                                  PART("Content-Type: image/png")),
	         ""},
		{MIXED("related", PART("Content-Type: image/png; name=x.png")),
	         "x.png|"},
		{MIXED("alternative", PART("Content-Type: text/plain") PART(
					      "Content-Type: text/calendar")),
	         ""},
		{MIXED("signed", PART("A: b") PART("Content-Type: "
	                                           "application/pgp-signature; "
	                                           "name=signature.asc")),
	         ""},
		{MIXED("signed",
	               PART("A: b") PART("Content-Type: "
	                                 "application/pkcs7-signature; "
	                                 "name=smime.p7s\n"
	                                 "Content-Disposition: attachment")),
	         ""},
		{MIXED("encrypted",
	               PART("Content-Type: application/pgp-encrypted")
	                       PART("Content-Type: application/octet-stream; "
	                            "name=encrypted.asc")),
	         ""},
		{"Content-Type: application/pkcs7-mime; name=smime.p7m\n\nx",
	         ""},
		{MIXED("report",
	               PART("A: b") PART("Content-Type: "
	                                 "message/delivery-status")
	                       PART("Content-Type: text/rfc822-headers")),
	         ""},
		/* A message inside counts once, for all it holds. */
		{MIXED("mixed", "--b\nContent-Type: message/rfc822\n\n"
	                        "Content-Type: multipart/mixed; boundary=i\n\n"
	                        "--i\nContent-Type: image/png; "
	                        "name=inner\n\n--i--\n" PART(
					"Content-Type: image/gif; name=outer")),
	         "|outer|"},
		{MIXED("digest", "--b\n\nSubject: x\n\ntext\n"), ""},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct mail m;
		struct am_overview o;
		GString *names = g_string_new(NULL);
		read_it(&o, &m, cases[i].mail);
		for (size_t j = 0; j < o.n_attachments; j++)
			g_string_append_printf(names, "%s|", o.attachments[j]);
		cr_assert_str_eq(names->str, cases[i].names, "%s: %s",
		                 cases[i].mail, names->str);
		g_string_free(names, TRUE);
		mail_close(&m);
	}
}

Test(overview, is_the_same_from_a_file_and_without_a_scan)
{
	static const char text[] =
		"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n"
		"--b\nContent-Type: image/png; name=y\n\n--b--\n";
	struct am_arena *arena = am_arena_new();
	struct am_blob *blob = mail_filed(text, strlen(text));
	struct am_overview o;

	cr_assert_eq(am_overview_read(&o, blob, NULL, NULL, arena, NULL), 0);
	cr_assert_str_eq(o.subject, "x");
	cr_assert_eq(o.n_attachments, 1);
	cr_assert_str_eq(o.attachments[0], "y");
	am_blob_unref(&blob);
	am_arena_free(&arena);
}
