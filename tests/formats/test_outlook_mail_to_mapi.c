/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mapi/mail_to_mapi.h"

#include "mapi_help.h"
#include "outlook/mapi/entryid.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static struct made make(const char *mail)
{
	struct made m;

	made_init(&m, mail, strlen(mail), false);
	made_item(&m);
	return m;
}

static const char *text(const struct made *m, unsigned id)
{
	return made_text(&m->item->props, id);
}

static const struct am_mapi_attachment *file(const struct made *m, size_t i)
{
	cr_assert_lt(i, m->item->n_attachments);
	return &m->item->attachments[i];
}

static void expect_data(const struct am_mapi_attachment *att, const char *want)
{
	size_t len;

	cr_assert(att->data);
	char *bytes = made_bytes(att->data, &len);
	cr_expect_eq(len, strlen(want));
	cr_expect_str_eq(bytes, want);
	g_free(bytes);
}

Test(outlook_mail_to_mapi, the_header_as_properties)
{
	struct made m = make(
		"Received: from a by b; Fri, 3 Jan 2020 00:00:00 +0000\n"
		"From: =?utf-8?q?J=C3=B6rg?= <joerg@example.org>\n"
		"Sender: \"The Secretary\" <office@example.org>\n"
		"Reply-To: list@example.org, Jo <jo@example.org>\n"
		"To: \"Doe, John\" <john@example.org>, ann@example.org\n"
		"Cc: cc@example.org\nBcc: secret@example.org\n"
		"Subject: =?iso-8859-1?q?AW:_Gr=FC=DFe?=\n"
		"Date: Thu, 2 Jan 2020 03:04:05 +0100\n"
		"Message-ID: <1@example.org>\nIn-Reply-To: <0@example.org>\n"
		"References: <r@example.org>\n <0@example.org>\n"
		"X-Priority: 1 (Highest)\nSensitivity: Private\n"
		"Disposition-Notification-To: joerg@example.org\n\ntext\n");
	struct am_when when;
	const struct am_mapi_props *p = &m.item->props;

	cr_expect_str_eq(text(&m, AM_PR_MESSAGE_CLASS), "IPM.Note");
	cr_expect_str_eq(text(&m, AM_PR_SUBJECT), "AW: Gr\xc3\xbc\xc3\x9f"
	                                          "e");
	cr_expect_str_eq(text(&m, 0x003d), "AW: ");
	cr_expect_str_eq(text(&m, 0x0e1d), "Gr\xc3\xbc\xc3\x9f"
	                                   "e");
	cr_expect_str_eq(text(&m, AM_PR_CONVERSATION_TOPIC),
	                 "Gr\xc3\xbc\xc3\x9f"
	                 "e");
	cr_expect_str_eq(text(&m, AM_PR_SENT_REPRESENTING_NAME), "J\xc3\xb6rg");
	cr_expect_str_eq(text(&m, AM_PR_SENT_REPRESENTING_ADDRESS),
	                 "joerg@example.org");
	cr_expect_str_eq(text(&m, AM_PR_SENDER_NAME), "The Secretary");
	cr_expect_str_eq(text(&m, AM_PR_SENDER_ADDRESS), "office@example.org");
	cr_expect_str_eq(text(&m, AM_PR_DISPLAY_TO),
	                 "Doe, John; ann@example.org");
	cr_expect_str_eq(text(&m, AM_PR_DISPLAY_CC), "cc@example.org");
	cr_expect_str_eq(text(&m, AM_PR_DISPLAY_BCC), "secret@example.org");
	cr_expect_str_eq(text(&m, AM_PR_MESSAGE_ID), "<1@example.org>");
	cr_expect_str_eq(text(&m, AM_PR_IN_REPLY_TO), "<0@example.org>");
	cr_expect_str_eq(text(&m, AM_PR_REFERENCES),
	                 "<r@example.org> <0@example.org>");
	cr_expect_eq(made_int(p, AM_PR_IMPORTANCE), 2);
	cr_expect_eq(made_int(p, AM_PR_PRIORITY), 1);
	cr_expect_eq(made_int(p, AM_PR_SENSITIVITY), 2);
	cr_assert(am_mapi_time(p, AM_PR_SUBMIT_TIME, &when));
	cr_expect_eq(when.sec, 1577930645);
	cr_assert(am_mapi_time(p, AM_PR_DELIVERY_TIME, &when));
	cr_expect_eq(when.sec, 1578009600);
	/* Nobody's archive sends receipts when it is looked at. */
	cr_expect_null(am_mapi_find(p, 0x0029));
	cr_expect_null(am_mapi_find(p, 0x0023));
	made_clear(&m);
}

Test(outlook_mail_to_mapi, recipients_as_people)
{
	struct made m = make("To: A <a@x.org>\nCc: \"B, C\" <b@x.org>,\n"
	                     " group: d@x.org;\nBcc: e@x.org\n"
	                     "Reply-To: R <r@x.org>, s@x.org\n\n");
	struct am_mapi_person who;
	const uint8_t *id;
	size_t len;

	cr_assert_eq(m.item->n_recipients, 4);
	static const struct {
		int64_t kind;
		const char *name, *address;
	} want[] = {{1, "A", "a@x.org"},
	            {2, "B, C", "b@x.org"},
	            {2, "d@x.org", "d@x.org"},
	            {3, "e@x.org", "e@x.org"}};
	for (size_t i = 0; i < 4; i++) {
		struct am_mapi_props *row = &m.item->recipients[i];
		am_mapi_props_sort(row);
		cr_expect_eq(made_int(row, AM_PR_RECIPIENT_TYPE), want[i].kind);
		cr_expect_str_eq(made_text(row, AM_PR_DISPLAY_NAME),
		                 want[i].name);
		cr_expect_str_eq(made_text(row, AM_PR_EMAIL_ADDRESS),
		                 want[i].address);
		const struct am_mapi_prop *p = am_mapi_find(row, 0x0fff);
		cr_assert(p && am_mapi_one_off(row, p->data, p->len, &who));
		cr_expect_str_eq(who.name, want[i].name);
		cr_expect_str_eq(who.type, "SMTP");
		cr_expect_str_eq(who.address, want[i].address);
		p = am_mapi_find(row, 0x300b);
		cr_assert(p);
		cr_expect_eq(p->data[p->len - 1], 0);
		cr_expect(!strncmp((const char *)p->data, "SMTP:", 5));
		cr_expect_eq(p->data[5], (uint8_t)(want[i].address[0] - 32));
	}
	const struct am_mapi_prop *list =
		am_mapi_find(&m.item->props, AM_PR_REPLY_TO_ENTRIES);
	cr_assert(list);
	cr_assert(am_mapi_entry_at(list->data, list->len, 1, &id, &len));
	cr_assert(am_mapi_one_off(&m.item->props, id, len, &who));
	cr_expect_str_eq(who.address, "s@x.org");
	cr_expect(!am_mapi_entry_at(list->data, list->len, 2, &id, &len));
	made_clear(&m);
}

Test(outlook_mail_to_mapi, a_thread_keeps_its_index)
{
	struct made own =
		make("Thread-Index: AdEAAAAAAQIDBAUGBwgJCgsMDQ4PEA==\n"
	             "Thread-Topic: topic\nSubject: x\n\n");
	struct made a = make("Message-ID: <a@x>\n\n");
	struct made b = make("Message-ID: <b@x>\nReferences: <a@x>\n\n");
	const struct am_mapi_prop *p =
		am_mapi_find(&own.item->props, AM_PR_CONVERSATION_INDEX);

	cr_assert(p);
	cr_expect_eq(p->len, 22);
	cr_expect_eq(p->data[1], 0xd1);
	cr_expect_str_eq(text(&own, AM_PR_CONVERSATION_TOPIC), "topic");
	p = am_mapi_find(&a.item->props, AM_PR_CONVERSATION_INDEX);
	const struct am_mapi_prop *q =
		am_mapi_find(&b.item->props, AM_PR_CONVERSATION_INDEX);
	cr_assert(p && q);
	cr_expect_eq(p->data[0], 1);
	cr_expect(!memcmp(p->data + 6, q->data + 6, 16));
	made_clear(&own);
	made_clear(&a);
	made_clear(&b);
}

Test(outlook_mail_to_mapi, the_header_goes_along_as_it_came)
{
	struct made m =
		make("X-Odd:  value \n\tfolded\nSubject: \xc3\xa4\n\nb");
	struct made bad = make("Subject: \xe4\n\nb");
	struct made open = make("Subject: a");

	cr_expect_str_eq(text(&m, AM_PR_TRANSPORT_HEADERS),
	                 "X-Odd:  value \r\n\tfolded\r\nSubject: \xc3\xa4\r\n"
	                 "\r\n");
	cr_expect_str_eq(text(&bad, AM_PR_TRANSPORT_HEADERS),
	                 "Subject: \xc3\xa4\r\n\r\n");
	cr_expect_str_eq(text(&open, AM_PR_TRANSPORT_HEADERS),
	                 "Subject: a\r\n\r\n");
	made_clear(&m);
	made_clear(&bad);
	made_clear(&open);
}

/* ---- bodies ---- */

Test(outlook_mail_to_mapi, text_in_any_charset_and_html_in_its_own)
{
	struct made m =
		make("Content-Type: multipart/alternative; boundary=b\n\n"
	             "--b\nContent-Type: text/plain; charset=koi8-r\n"
	             "Content-Transfer-Encoding: quoted-printable\n\n"
	             "=D0=D2=C9\nzwei\n"
	             "--b\nContent-Type: text/html; charset=\"ISO-8859-2\"\n"
	             "Content-Transfer-Encoding: quoted-printable\n\n"
	             "<p>=E8</p>\n--b--\n");
	const struct am_mapi_prop *html =
		am_mapi_find(&m.item->props, AM_PR_HTML);

	cr_expect_str_eq(text(&m, AM_PR_BODY),
	                 "\xd0\xbf\xd1\x80\xd0\xb8\r\nzwei");
	cr_assert(html);
	cr_expect_eq(am_mapi_type_of(html), AM_MAPI_BINARY);
	cr_expect_eq(html->len, 8);
	cr_expect(!memcmp(html->data, "<p>\xe8</p>", 8));
	cr_expect_eq(made_int(&m.item->props, AM_PR_INTERNET_CODEPAGE), 28592);
	cr_expect_eq(made_int(&m.item->props, 0x1016), 3);
	cr_expect_eq(m.item->n_attachments, 0);
	made_clear(&m);
}

Test(outlook_mail_to_mapi, code_pages_of_html)
{
	static const struct {
		const char *type, *body;
		int64_t want;
	} list[] = {
		{"text/html; charset=utf-8", "x", 65001},
		{"text/html; charset=shift_jis", "x", 932},
		{"text/html; charset=gb2312", "x", 936},
		{"text/html; charset=us-ascii", "\xe4", 1252},
		{"text/html", "\xc3\xa4", 65001},
		{"text/html", "\xe4", 1252},
		{"text/html", "<meta charset=\"iso-8859-5\">\xe4", 28595},
		/* Which no code page is: as UTF-8. */
		{"text/html; charset=iso-8859-16", "\xaa", 65001},
	};

	for (size_t i = 0; i < AM_COUNT(list); i++) {
		char *mail = g_strdup_printf("Content-Type: %s\n\n%s",
		                             list[i].type, list[i].body);
		struct made m = make(mail);
		cr_expect_eq(made_int(&m.item->props, AM_PR_INTERNET_CODEPAGE),
		             list[i].want, "%zu", i);
		const struct am_mapi_prop *html =
			am_mapi_find(&m.item->props, AM_PR_HTML);
		cr_assert(html);
		if (i == 7)
			cr_expect(!memcmp(html->data, "\xc8\x98", 2));
		made_clear(&m);
		g_free(mail);
	}
}

Test(outlook_mail_to_mapi, which_parts_are_the_text)
{
	/* t plain, h HTML, T named, H named, A attached; what is in the item:
	 * its text, its HTML, how many files. */
	static const struct {
		const char *shape, *plain, *html;
		size_t files;
	} list[] = {
		{"m(t)", "0", NULL, 0},     {"m(tt)", "0\r\n1", NULL, 0},
		{"m(th)", "0", NULL, 1},    {"m(ht)", NULL, "0", 1},
		{"a(th)", "0", "1", 0},     {"m(a(th)t)", "0", "1", 1},
		{"m(a(th)h)", "0", "1", 1}, {"a(tm(hT))", "0", "1", 1},
		{"r(a(th)T)", "0", "1", 1}, {"m(Tt)", "1", NULL, 1},
		{"m(At)", "1", NULL, 1},    {"m(TH)", NULL, NULL, 2},
		{"a(th)h", "0", "1", 0},
	};

	for (size_t i = 0; i < AM_COUNT(list); i++) {
		GString *mail = g_string_new(NULL);
		GString *open = g_string_new(NULL);
		int part = 0;
		for (const char *p = list[i].shape;
		     *p && (open->len || p == list[i].shape); p++) {
			if (*p == '(')
				continue;
			if (*p == ')') {
				g_string_append_printf(
					mail, "\n--%c--\n",
					open->str[open->len - 1]);
				g_string_truncate(open, open->len - 1);
				continue;
			}
			if (open->len)
				g_string_append_printf(
					mail, "\n--%c\n",
					open->str[open->len - 1]);
			if (strchr("mar", *p)) {
				g_string_append_printf(
					mail,
					"Content-Type: multipart/%s; "
					"boundary=%c\n",
					*p == 'm'   ? "mixed"
					: *p == 'a' ? "alternative"
						    : "related",
					*p);
				g_string_append_c(open, *p);
				continue;
			}
			g_string_append_printf(
				mail, "Content-Type: text/%s%s\n%s\n%d",
				strchr("hH", *p) ? "html" : "plain",
				strchr("TH", *p) ? "; name=n" : "",
				*p == 'A' ? "Content-Disposition: attachment\n"
					  : "",
				part++);
		}
		struct made m = make(mail->str);
		cr_expect_str_eq(text(&m, AM_PR_BODY),
		                 list[i].plain ? list[i].plain : "", "%s",
		                 list[i].shape);
		const struct am_mapi_prop *html =
			am_mapi_find(&m.item->props, AM_PR_HTML);
		cr_expect_eq(html != NULL, list[i].html != NULL, "%s",
		             list[i].shape);
		if (html && list[i].html)
			cr_expect_eq(*html->data, (uint8_t)*list[i].html);
		cr_expect_eq(m.item->n_attachments, list[i].files, "%s",
		             list[i].shape);
		made_clear(&m);
		g_string_free(mail, TRUE);
		g_string_free(open, TRUE);
	}
}

/* ---- files ---- */

Test(outlook_mail_to_mapi, names_types_and_short_names)
{
	struct made m =
		make("Content-Type: multipart/mixed; boundary=b\n\n"
	             "--b\nContent-Type: application/pdf\nContent-Disposition: "
	             "attachment;\n filename*=utf-8''Gr%C3%BC%C3%9Fe.pdf\n\n1\n"
	             "--b\nContent-Type: image/png; "
	             "name=\"=?utf-8?q?long_name=C3=A4.tar.gz?=\"\n\n2\n"
	             "--b\nContent-Type: image/jpeg\n\n3\n"
	             "--b\nContent-Type: text/plain; name=NOTE.TXT; "
	             "charset=iso-8859-1\n\n4\n5\n--b--\n");
	static const struct {
		const char *name, *small, *ext, *type, *data;
	} want[] = {
		{"Gr\xc3\xbc\xc3\x9f"
	         "e.pdf",
	         "GRE~1.PDF", ".pdf", "application/pdf", "1"},
		{"long name\xc3\xa4.tar.gz", "LONGNA~1.GZ", ".gz", "image/png",
	         "2"},
		{"ATT00001.jpg", "ATT00001.JPG", ".jpg", "image/jpeg", "3"},
		{"NOTE.TXT", "NOTE.TXT", ".TXT", "text/plain", "4\r\n5"},
	};

	for (size_t i = 0; i < AM_COUNT(want); i++) {
		const struct am_mapi_attachment *att = file(&m, i);
		const struct am_mapi_props *p = &att->props;
		cr_expect_str_eq(made_text(p, AM_PR_ATTACH_LONG_NAME),
		                 want[i].name);
		cr_expect_str_eq(made_text(p, AM_PR_ATTACH_SHORT_NAME),
		                 want[i].small);
		cr_expect_str_eq(made_text(p, AM_PR_ATTACH_EXTENSION),
		                 want[i].ext);
		cr_expect_str_eq(made_text(p, AM_PR_ATTACH_MIME_TYPE),
		                 want[i].type);
		cr_expect_eq(made_int(p, AM_PR_ATTACH_METHOD), 1);
		cr_expect_eq(made_int(p, 0x370b), -1);
		expect_data(att, want[i].data);
	}
	cr_expect_str_eq(made_text(&file(&m, 3)->props, 0x371a), "iso-8859-1");
	made_clear(&m);
}

Test(outlook_mail_to_mapi, only_what_the_html_shows_is_hidden)
{
	struct made m = make(
		"Content-Type: multipart/related; boundary=b\n\n"
		"--b\nContent-Type: text/html\n\n"
		"<img src=\"cid:shown@x\"><img src=\"cid:file@x\">\n"
		"--b\nContent-Type: image/png\nContent-ID: <shown@x>\n\n1\n"
		"--b\nContent-Type: image/png\nContent-ID: <file@x>\n"
		"Content-Disposition: attachment; filename=a.png\n\n2\n"
		"--b\nContent-Type: image/png\nContent-ID: <other@x>\n\n3\n"
		"--b--\n");

	cr_expect_str_eq(
		made_text(&file(&m, 0)->props, AM_PR_ATTACH_CONTENT_ID),
		"shown@x");
	cr_expect(am_mapi_bool(&file(&m, 0)->props, AM_PR_HIDDEN_ATTACHMENT));
	cr_expect_eq(made_int(&file(&m, 0)->props, AM_PR_ATTACH_FLAGS), 4);
	cr_expect(!am_mapi_bool(&file(&m, 1)->props, AM_PR_HIDDEN_ATTACHMENT));
	cr_expect_eq(made_int(&file(&m, 1)->props, AM_PR_ATTACH_FLAGS), 4);
	cr_expect(!am_mapi_bool(&file(&m, 2)->props, AM_PR_HIDDEN_ATTACHMENT));
	cr_expect_eq(made_int(&file(&m, 2)->props, AM_PR_ATTACH_FLAGS), -99);
	made_clear(&m);
}

Test(outlook_mail_to_mapi, messages_in_a_message_are_items)
{
	struct made m = make(
		"Subject: outer\nContent-Type: multipart/mixed; boundary=b\n\n"
		"--b\n\nbody\n--b\nContent-Type: message/rfc822\n\n"
		"Subject: inner\nFrom: i@x.org\n"
		"Content-Type: multipart/mixed; boundary=c\n\n--c\n\ninside\n"
		"--c\nContent-Type: image/png; name=p.png\n\nX\n--c--\n"
		"--b\nContent-Type: message/rfc822\n\n\n--b--\n");
	const struct am_mapi_attachment *att = file(&m, 0);

	cr_expect_eq(made_int(&att->props, AM_PR_ATTACH_METHOD), 5);
	cr_expect_str_eq(made_text(&att->props, AM_PR_DISPLAY_NAME), "inner");
	cr_expect_null(att->data);
	cr_assert(att->item);
	cr_expect_str_eq(made_text(&att->item->props, AM_PR_BODY), "inside");
	cr_expect_str_eq(made_text(&att->item->props, AM_PR_SENDER_ADDRESS),
	                 "i@x.org");
	cr_assert_eq(att->item->n_attachments, 1);
	expect_data(&att->item->attachments[0], "X");
	made_clear(&m);
}

/* ---- secured, reports ---- */

Test(outlook_mail_to_mapi, a_signed_mail_is_one_attachment_as_it_was_signed)
{
	struct made m = make(
		"Subject: s\nMIME-Version: 1.0\n"
		"Content-Type: multipart/signed; boundary=b;\n protocol=x\n\n"
		"--b\nContent-Type: text/plain\n\nsigned \n"
		"--b\nContent-Type: application/pkcs7-signature\n\nS\n--b--\n");

	cr_expect_str_eq(text(&m, AM_PR_MESSAGE_CLASS),
	                 "IPM.Note.SMIME.MultipartSigned");
	cr_expect_eq(m.item->n_attachments, 1);
	expect_data(file(&m, 0),
	            "MIME-Version: 1.0\r\n"
	            "Content-Type: multipart/signed; boundary=b;\r\n"
	            " protocol=x\r\n\r\n"
	            "--b\r\nContent-Type: text/plain\r\n\r\nsigned \r\n"
	            "--b\r\nContent-Type: application/pkcs7-signature\r\n\r\n"
	            "S\r\n--b--\r\n");
	const struct am_mapi_props *p = &file(&m, 0)->props;
	cr_expect_str_eq(made_text(p, AM_PR_ATTACH_MIME_TYPE),
	                 "multipart/signed");
	cr_expect_null(am_mapi_find(p, AM_PR_ATTACH_LONG_NAME));
	cr_expect_null(am_mapi_find(p, AM_PR_ATTACH_SHORT_NAME));
	cr_expect_str_eq(text(&m, AM_PR_BODY), "signed ");
	made_clear(&m);
}

Test(outlook_mail_to_mapi, an_encrypted_mail_is_its_der)
{
	struct made m = make("Content-Type: application/pkcs7-mime; "
	                     "smime-type=enveloped-data\n"
	                     "Content-Transfer-Encoding: base64\n\nMIAGCQ==\n");

	cr_expect_str_eq(text(&m, AM_PR_MESSAGE_CLASS), "IPM.Note.SMIME");
	expect_data(file(&m, 0), "\x30\x80\x06\x09");
	cr_expect_str_eq(made_text(&file(&m, 0)->props, AM_PR_ATTACH_LONG_NAME),
	                 "smime.p7m");
	cr_expect_null(am_mapi_find(&m.item->props, AM_PR_BODY));
	made_clear(&m);
}

Test(outlook_mail_to_mapi, reports_by_what_they_report)
{
	static const struct {
		const char *type, *fields, *want;
	} list[] = {
		{"delivery-status", "Action: failed\n", "REPORT.IPM.Note.NDR"},
		{"delivery-status",
	         "Action: delivered\n\nAction: failed (really)\n",
	         "REPORT.IPM.Note.NDR"},
		{"delivery-status", "Action: relayed\n", "REPORT.IPM.Note.DR"},
		{"delivery-status", "Action: delayed\n", "IPM.Note"},
		{"delivery-status", "", "IPM.Note"},
		{"disposition-notification",
	         "Disposition: manual-action/MDN-sent-manually; displayed\n",
	         "REPORT.IPM.Note.IPNRN"},
		{"disposition-notification",
	         "Disposition: automatic-action/x; deleted\n",
	         "REPORT.IPM.Note.IPNNRN"},
		{"feedback-report", "Action: failed\n", "IPM.Note"},
	};

	for (size_t i = 0; i < AM_COUNT(list); i++) {
		char *mail = g_strdup_printf(
			"Content-Type: multipart/report; boundary=b\n\n--b\n\n"
			"What happened\n--b\nContent-Type: message/%s\n\n"
			"X: y\n%s--b--\n",
			list[i].type, list[i].fields);
		struct made m = make(mail);
		cr_expect_str_eq(text(&m, AM_PR_MESSAGE_CLASS), list[i].want,
		                 "%zu", i);
		cr_expect_str_eq(text(&m, AM_PR_BODY), "What happened");
		cr_expect_eq(m.item->n_attachments, 1);
		made_clear(&m);
		g_free(mail);
	}
}

Test(outlook_mail_to_mapi, tnef_and_calendars_stay_files)
{
	struct made m = make(
		"Content-Type: multipart/mixed; boundary=b\n\n"
		"--b\nContent-Type: multipart/alternative; boundary=c\n\n"
		"--c\n\ntext\n--c\nContent-Type: text/calendar; "
		"method=REQUEST\n\nBEGIN:VCALENDAR\n--c--\n"
		"--b\nContent-Type: application/ms-tnef; name=winmail.dat\n"
		"Content-Transfer-Encoding: base64\n\neJ8+Ig==\n--b--\n");

	cr_expect_eq(m.item->n_attachments, 2);
	cr_expect_str_eq(made_text(&file(&m, 0)->props, AM_PR_ATTACH_LONG_NAME),
	                 "ATT00001.ics");
	expect_data(file(&m, 0), "BEGIN:VCALENDAR");
	cr_expect_str_eq(made_text(&file(&m, 1)->props, AM_PR_ATTACH_LONG_NAME),
	                 "winmail.dat");
	expect_data(file(&m, 1), "\x78\x9f\x3e\x22");
	made_clear(&m);
}

Test(outlook_mail_to_mapi, the_hash_is_that_of_the_mail)
{
	struct made m = make("Subject: a\n\nb\n");
	uint8_t have[AM_SHA256_LEN], want[AM_SHA256_LEN];

	am_mail_to_mapi_hash(m.item, have);
	am_sha256("Subject: a\n\nb\n", 14, want);
	cr_expect(!memcmp(have, want, sizeof(want)));
	made_clear(&m);
}

Test(outlook_mail_to_mapi, the_same_mail_makes_the_same_item)
{
	static const char mail[] = "From: a@x.org\nTo: b@x.org\nSubject: s\n"
				   "Content-Type: text/html\n\n<p>x</p>\n";
	struct made a = make(mail), b = make(mail);

	cr_assert_eq(a.item->props.n, b.item->props.n);
	for (size_t i = 0; i < a.item->props.n; i++) {
		const struct am_mapi_prop *p = &a.item->props.list[i];
		const struct am_mapi_prop *q = &b.item->props.list[i];
		cr_expect_eq(p->tag, q->tag);
		cr_expect_eq(p->len, q->len);
		cr_expect(!memcmp(p->data, q->data, p->len), "%x", p->tag);
	}
	made_clear(&a);
	made_clear(&b);
}
