/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "served.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(fetch, .timeout = 120);

/* Line ends of all kinds, a part that is not closed, a header cut short. */
static const char nested[] =
	"From: \"A. B.\" <a@example.org>, Team: b@example.org,"
	" \"C\" <c@example.org>;\r\n"
	"To: d@example.org (Dora)\r\n"
	"Subject: =?utf-8?q?gr=C3=BCn?=\r\n"
	"Message-ID: <1@example.org>\r\n"
	"Date: Mon, 1 Mar 2021 10:00:00 +0100\r\n"
	"MIME-Version: 1.0\r\n"
	"Content-Type: multipart/mixed; boundary=\"out;er\"\r\n"
	"\r\n"
	"preamble\r\n"
	"--out;er\r\n"
	"Content-Type: text/plain; charset=\"utf-8\"; format=flowed\r\n"
	"Content-Transfer-Encoding: quoted-printable\r\n"
	"\r\n"
	"gr=C3=BCn\r\n"
	"\r\n"
	"--out;er\r\n"
	"Content-Type: message/rfc822\r\n"
	"Content-Disposition: attachment; filename=\"in ner.eml\"\r\n"
	"\r\n"
	"Subject: inner\r\n"
	"Content-Type: multipart/alternative; boundary=in\r\n"
	"\r\n"
	"--in\r\n"
	"\r\n"
	"one\r\n"
	"--in\r\n"
	"Content-Type: text/html\r\n"
	"\r\n"
	"<b>two</b>\r\n"
	"--in--\r\n"
	"\r\n"
	"--out;er\r\n"
	"Content-Type: application/octet-stream\r\n"
	"Content-Transfer-Encoding: base64\r\n"
	"\r\n"
	"AAECAw==\r\n"
	"--out;er--\r\n"
	"epilogue\r\n";

static struct served *with(const char *text, size_t len)
{
	struct served *s = served_new(0);

	served_add(s, "INBOX", text, len);
	served_start(s);
	return s;
}

static const struct {
	const char *ask, *answer;
} sections[] = {
	{"BODY.PEEK[1]", "BODY[1] {11}\r\ngr=C3=BCn\r\n"},
	{"BODY.PEEK[1.MIME]", "BODY[1.MIME] {105}\r\nContent-Type: text/plain; "
                              "charset=\"utf-8\"; format=flowed\r\n"},
	{"BODY.PEEK[2.HEADER]", "BODY[2.HEADER] {68}\r\nSubject: inner\r\n"},
	{"BODY.PEEK[2.TEXT]",
         "BODY[2.TEXT] {66}\r\n--in\r\n\r\none\r\n--in\r\n"},
	{"BODY.PEEK[2.1]", "BODY[2.1] {3}\r\none"},
	{"BODY.PEEK[2.2]", "BODY[2.2] {10}\r\n<b>two</b>"},
	{"BODY.PEEK[2.2.MIME]",
         "BODY[2.2.MIME] {27}\r\nContent-Type: text/html\r\n\r\n"},
	{"BODY.PEEK[3]", "BODY[3] {8}\r\nAAECAw=="},
	{"BODY.PEEK[4]", "BODY[4] NIL"},
	{"BODY.PEEK[1.1]", "BODY[1.1] NIL"},
	{"BODY.PEEK[2.3]", "BODY[2.3] NIL"},
	{"BODY.PEEK[1.HEADER]", "BODY[1.HEADER] NIL"},
	{"BODY.PEEK[HEADER.FIELDS (subject \"To\" X-None)]",
         "BODY[HEADER.FIELDS (SUBJECT TO X-NONE)] {60}\r\n"
         "To: d@example.org (Dora)\r\nSubject: =?utf-8?q?gr=C3=BCn?=\r\n"
         "\r\n"},
	{"BODY.PEEK[2.HEADER.FIELDS.NOT (CONTENT-TYPE)]",
         "BODY[2.HEADER.FIELDS.NOT (CONTENT-TYPE)] {18}\r\n"
         "Subject: inner\r\n\r\n"},
	{"BODY.PEEK[]<0.10>", "BODY[]<0> {10}\r\nFrom: \"A. "},
	{"BODY.PEEK[]<100000.10>", "BODY[]<100000> {0}\r\n"},
	{"BODY.PEEK[3]<2.3>", "BODY[3]<2> {3}\r\nECA"},
	{"BODY.PEEK[TEXT]<0.8>", "BODY[TEXT]<0> {8}\r\npreamble"},
	{"RFC822.HEADER", "RFC822.HEADER {"},
	{"BINARY.PEEK[1]", "BINARY[1] {7}\r\ngr\xC3\xBCn\r\n"},
	{"BINARY.PEEK[3]", "BINARY[3] ~{4}\r\n"},
	{"BINARY.PEEK[3]<1.2>", "BINARY[3]<1> {2}\r\n\x01\x02"},
	{"BINARY.SIZE[3]", "BINARY.SIZE[3] 4"},
	{"PREVIEW", "PREVIEW {"},
	{"INTERNALDATE", "INTERNALDATE \"09-Sep-2001 02:46:40 +0100\""},
	{"ENVELOPE", "ENVELOPE (\"Mon, 1 Mar 2021 10:00:00 +0100\""
                     " \"=?utf-8?q?gr=C3=BCn?=\""
                     " ((\"A. B.\" NIL \"a\" \"example.org\")"
                     "(NIL NIL \"Team\" NIL)(NIL NIL \"b\" \"example.org\")"
                     "(\"C\" NIL \"c\" \"example.org\")(NIL NIL NIL NIL))"},
	{"ENVELOPE", " ((\"Dora\" NIL \"d\" \"example.org\")) NIL NIL NIL"
                     " \"<1@example.org>\")"},
	{"BODYSTRUCTURE",
         "BODYSTRUCTURE ((\"text\" \"plain\" (\"charset\" \"utf-8\""
         " \"format\" \"flowed\") NIL NIL \"quoted-printable\" 11 1 NIL NIL"
         " NIL NIL)(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 134"
         " (NIL \"inner\" NIL NIL NIL NIL NIL NIL NIL NIL)"
         " ((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\""
         " 3 0 NIL NIL NIL NIL)(\"text\" \"html\" (\"charset\" \"us-ascii\") "
         "NIL NIL"
         " \"7bit\" 10 0"
         " NIL NIL NIL NIL) \"alternative\" (\"boundary\" \"in\") NIL NIL"
         " NIL) 11 NIL (\"attachment\" (\"filename\" \"in ner.eml\")) NIL"
         " NIL)(\"application\" \"octet-stream\" NIL NIL NIL \"base64\" 8"
         " NIL NIL NIL NIL) \"mixed\" (\"boundary\" \"out;er\") NIL NIL"
         " NIL)"},
	{"BODY", "BODY ((\"text\" \"plain\" (\"charset\" \"utf-8\" \"format\""
                 " \"flowed\") NIL NIL \"quoted-printable\" 11 1)("},
	{"BODY", "\"base64\" 8) \"mixed\")"},
};

/* RFC 9051 §7.5.2: the mailbox is the local part without its quoting. */
Test(fetch, quoted_local_parts_come_without_quotes)
{
	static const char text[] =
		"From: \"Books@Books\"@example.org\r\nTo: X <\"a b\\\"c\"@d>, "
		"<\"\"@e>\r\nReply-To: \" m\" <m@x>, one\"two@x\r\n\r\n.\r\n";
	struct served *s = with(text, strlen(text));

	struct talk *t = talk_login(s);
	expect_end(talk(t, "SELECT INBOX"), "OK");
	const char *answer = talk(t, "FETCH 1 ENVELOPE");
	expect_in(answer, "((NIL NIL \"Books@Books\" \"example.org\"))");
	expect_in(answer, "((\"X\" NIL \"a b\\\"c\" \"d\")"
	                  "(NIL NIL \"\" \"e\"))");
	expect_in(answer, "((\" m\" NIL \"m\" \"x\")");
	expect_in(talk(t, "SORT (FROM) UTF-8 ALL"), "* SORT 1");
	talk_close(&t);
	served_free(&s);
}

Test(fetch, sections_are_exact)
{
	struct served *s = with(nested, strlen(nested));

	struct talk *t = talk_login(s);
	expect_end(talk(t, "SELECT INBOX"), "OK");
	for (size_t i = 0; i < AM_COUNT(sections); i++) {
		const char *answer = talk(t, "FETCH 1 %s", sections[i].ask);
		expect_in(answer, sections[i].answer);
		expect_end(answer, "OK");
	}
	char *size = g_strdup_printf("RFC822.SIZE %zu", strlen(nested));
	expect_in(talk(t, "FETCH 1 FAST"), size);
	g_free(size);
	char *whole = g_strdup_printf("BODY[] {%zu}\r\n%s)\r\n", strlen(nested),
	                              nested);
	expect_in(talk(t, "FETCH 1 (BODY.PEEK[])"), whole);
	g_free(whole);
	expect_not_in(talk(t, "FETCH 1 FLAGS"), "\\Seen");
	expect_in(talk(t, "FETCH 1 BODY[1]"), "FLAGS (\\Seen)");
	talk_close(&t);
	served_free(&s);
}

/* Put together again from pieces of any size. */
Test(fetch, pieces_make_the_whole)
{
	struct served *s = with(nested, strlen(nested));

	struct talk *t = talk_login(s);
	expect_end(talk(t, "SELECT INBOX"), "OK");
	for (size_t step = 1; step < 2000; step = step * 3 + 1) {
		GString *all = g_string_new("");
		for (size_t at = 0; at < strlen(nested); at += step) {
			const char *answer = talk(
				t, "FETCH 1 BODY.PEEK[]<%zu.%zu>", at, step);
			const char *from = strchr(answer, '\n') + 1;
			size_t len = MIN(step, strlen(nested) - at);
			g_string_append_len(all, from, (gssize)len);
		}
		cr_expect_str_eq(all->str, nested, "step %zu", step);
		g_string_free(all, TRUE);
	}
	talk_close(&t);
	served_free(&s);
}

/* What no mail ought to be: all of it is served, as it is. */
static const struct {
	const char *text, *wire; /* wire NULL: the same */
} odd[] = {
	{"\n", "\r\n"},
	{"x", NULL},
	{"no header at all\nand LF\n", "no header at all\r\nand LF\r\n"},
	{"Subject: a\r\nno end of the header", NULL},
	{"Subject: a\rb\r\n\r\nlone \r CR\r\n", NULL},
	{"Subject: mixed\r\n\nLF\r\nCRLF\n",
         "Subject: mixed\r\n\r\nLF\r\nCRLF\r\n"},
	{"Content-Type: multipart/mixed; boundary=x\r\n\r\nno part\r\n", NULL},
	{"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n", NULL},
	{"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x--\r\n", NULL},
	{"Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\na\r\n--x--\r\n",
         NULL},
	{"Content-Type: message/rfc822\r\n\r\n", NULL},
	{"Content-Type: message/rfc822\r\n\r\nSubject: i\r\n\r\nb\r\n", NULL},
	{"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n"
         "\r\nU3ViamVjdDogaQoKYgo=\r\n",
         NULL},
	{"Content-Type: text\r\nFrom: (\r\nTo: <\r\nCc: \"\r\nBcc: "
         "a:b:c;;,,\r\n"
         "\r\n",
         NULL},
	{"From: =?x?y?z\xFF\xFE <\xFC@\xE4>\r\n\r\n\xFF\r\n", NULL},
	{"Content-Type: text/plain; x=\"unclosed\r\n\r\n", NULL},
	{"Content-Type: ; ;;;=; a=b\r\nContent-Disposition: ;x\r\n\r\n", NULL},
};

Test(fetch, odd_mail_is_served_as_it_is)
{
	struct served *s = served_new(0);

	for (size_t i = 0; i < AM_COUNT(odd); i++)
		served_add(s, "INBOX", odd[i].text, strlen(odd[i].text));
	served_start(s);
	struct talk *t = talk_login(s);
	expect_end(talk(t, "SELECT INBOX"), "OK");
	for (size_t i = 0; i < AM_COUNT(odd); i++) {
		const char *wire = odd[i].wire ? odd[i].wire : odd[i].text;
		char *whole = g_strdup_printf("RFC822.SIZE %zu BODY[] {%zu}\r\n"
		                              "%s)\r\n",
		                              strlen(wire), strlen(wire), wire);
		expect_in(talk(t, "FETCH %zu (RFC822.SIZE BODY.PEEK[])", i + 1),
		          whole);
		g_free(whole);
		/* And nothing else that can be asked comes to grief. */
		expect_end(talk(t,
		                "FETCH %zu (ENVELOPE BODYSTRUCTURE BODY "
		                "BODY.PEEK[1] BODY.PEEK[1.MIME] "
		                "BODY.PEEK[TEXT] BODY.PEEK[HEADER] "
		                "BODY.PEEK[1.1] BODY.PEEK[1.HEADER] "
		                "BODY.PEEK[HEADER.FIELDS (FROM)] PREVIEW "
		                "EMAILID THREADID BINARY.PEEK[1] "
		                "BINARY.SIZE[1] BINARY.PEEK[])",
		                i + 1),
		           "OK");
	}
	talk_close(&t);
	served_free(&s);
}

Test(fetch, nul_bytes_arrive)
{
	static const char text[] = "Subject: a\r\n\r\nb\0c\r\n";
	struct served *s = with(text, sizeof text - 1);

	struct talk *t = talk_login(s);
	expect_end(talk(t, "SELECT INBOX"), "OK");
	/* talk() shows a NUL as \1. */
	expect_in(talk(t, "FETCH 1 BODY.PEEK[]"),
	          "BODY[] {19}\r\nSubject: a\r\n\r\nb\x01"
	          "c\r\n)");
	expect_in(talk(t, "FETCH 1 BINARY.PEEK[1]"), "BINARY[1] ~{5}\r\nb\x01"
	                                             "c\r\n)");
	talk_close(&t);
	served_free(&s);
}

/* A header with a hundred thousand addresses, one of a megabyte, depth 1000. */
Test(fetch, hostile_mail_costs_little)
{
	struct served *s = served_new(0);
	GString *text = g_string_new("To: ");

	for (int i = 0; i < 100000; i++)
		g_string_append_printf(text, "a%d@x, ", i);
	g_string_append(text, "\r\nContent-Type: text/plain");
	for (int i = 0; i < 100000; i++)
		g_string_append_printf(text, "; a*%d*=b", i);
	g_string_append(text, "\r\n\r\nbody\r\n");
	served_add(s, "INBOX", text->str, text->len);
	g_string_truncate(text, 0);
	for (int i = 0; i < 1000; i++)
		g_string_append_printf(text,
		                       "Content-Type: multipart/mixed; "
		                       "boundary=b%d\r\n\r\n--b%d\r\n",
		                       i, i);
	served_add(s, "INBOX", text->str, text->len);
	g_string_assign(text, "From: ");
	for (int i = 0; i < 200000; i++)
		g_string_append(text, "((\"<");
	g_string_append(text, "\r\n\r\n");
	served_add(s, "INBOX", text->str, text->len);
	g_string_free(text, TRUE);
	served_start(s);
	struct talk *t = talk_login(s);
	expect_end(talk(t, "SELECT INBOX"), "OK");
	clock_t before = clock();
	expect_end(talk(t, "FETCH 1:* (ENVELOPE BODYSTRUCTURE)"), "OK");
	expect_end(talk(t, "FETCH 1:* BODY.PEEK[1.1.1.1]"), "OK");
	cr_expect_lt((double)(clock() - before) / CLOCKS_PER_SEC, 20);
	talk_close(&t);
	served_free(&s);
}
