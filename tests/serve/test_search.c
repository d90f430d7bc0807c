/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "served.h"

#include "serve/subject.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(search, .timeout = 120);

static const char *const mails[] = {
	"From: Alice Abel <alice@example.org>\r\n"
	"To: bob@example.net, \"Carl, C.\" <carl@example.net>\r\n"
	"Subject: Annual report\r\n"
	"Date: Mon, 1 Mar 2021 23:30:00 -0500\r\n"
	"Message-ID: <1@x>\r\n\r\nThe quick brown fox\r\n",
	"From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\r\n"
	"To: alice@example.org\r\nCc: zoe@example.org\r\n"
	"Subject: =?utf-8?b?UmU6IEFubnVhbCByZXBvcnQ=?=\r\n"
	"Date: Tue, 2 Mar 2021 10:00:00 +0000\r\n"
	"Message-ID: <2@x>\r\nIn-Reply-To: <1@x>\r\nReferences: <1@x>\r\n"
	"Content-Type: text/plain; charset=iso-8859-1\r\n"
	"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	"Gr=FC=DFe aus K=F6ln\r\n",
	"From: bob@example.net\r\nSubject: [list] Lunch\r\n"
	"Date: Wed, 3 Mar 2021 10:00:00 +0000\r\nBcc: hidden@example.org\r\n"
	"X-Tag: one\r\n two\r\nMessage-ID: <3@x>\r\n"
	"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
	"Content-Transfer-Encoding: base64\r\n\r\n"
	"aGlkZGVuIHRyZWFzdXJl\r\n--b\r\nContent-Type: image/png\r\n\r\n"
	"invisible\r\n--b--\r\n",
	"From: carl@example.net\r\nSubject: Re: Lunch\r\n"
	"Date: Thu, 4 Mar 2021 10:00:00 +0000\r\nMessage-ID: <4@x>\r\n"
	"References: <3@x>\r\n\r\nno\r\n",
	"From: carl@example.net\r\nSubject: Re: Lunch\r\n"
	"Date: Thu, 4 Mar 2021 09:00:00 +0000\r\nMessage-ID: <5@x>\r\n"
	"References: <3@x>\r\n\r\nyes, please, and a much longer answer\r\n",
	"From: dora@example.net\r\nMessage-ID: <6@x>\r\n"
	"References: <gone@x> <4@x>\r\n\r\nno subject, no date\r\n",
};

static struct talk *searching(struct served **served)
{
	struct served *s = served_new(0);

	for (size_t i = 0; i < AM_COUNT(mails); i++)
		served_add(s, "INBOX", mails[i], strlen(mails[i]));
	served_start(s);
	struct talk *t = talk_login(s);
	expect_end(talk(t, "SELECT INBOX"), "OK");
	expect_end(talk(t, "STORE 2 FLAGS.SILENT (\\Seen \\Flagged word)"),
	           "OK");
	*served = s;
	return t;
}

static const struct {
	const char *query, *hits;
} queries[] = {
	{"ALL", "1 2 3 4 5 6"},
	{"1:3", "1 2 3"},
	{"*", "6"},
	{"UID 2:4 NOT UID 3", "2 4"},
	{"SEEN", "2"},
	{"UNSEEN", "1 3 4 5 6"},
	{"FLAGGED KEYWORD word", "2"},
	{"UNKEYWORD word", "1 3 4 5 6"},
	{"KEYWORD WORD", "2"},
	{"NEW", ""},
	{"OLD", "1 2 3 4 5 6"},
	{"FROM alice", "1"},
	{"FROM \"abel <alice\"", "1"},
	{"FROM {7+}\r\nj\xC3\xBCrgen", "2"},
	{"CHARSET UTF-8 FROM \"J\xC3\x9CRGEN\"", "2"},
	{"CHARSET ISO-8859-1 FROM {6+}\r\nJ\xFCrgen", "2"},
	{"TO carl", "1"},
	{"CC zoe", "2"},
	{"BCC hidden", "3"},
	{"SUBJECT \"annual REPORT\"", "1 2"},
	{"SUBJECT re:", "2 4 5"},
	{"HEADER X-Tag \"one two\"", "3"},
	{"HEADER X-Tag \"\"", "3"},
	{"HEADER Subject \"\"", "1 2 3 4 5"},
	{"HEADER Message-ID <4@x>", "4"},
	{"HEADER In-Reply-To 1@x", "2"},
	{"BODY fox", "1"},
	{"BODY uick", "1"}, /* substrings, not words */
	{"BODY {13+}\r\ngr\xC3\xBC\xC3\x9F"
         "e aus k",
         "2"},
	{"BODY treasure", "3"},
	{"BODY invisible", ""},
	{"BODY Subject", "6"},
	{"TEXT Subject", "1 2 3 4 5 6"},
	{"TEXT hidden", "3"},
	{"TEXT \"x-tag: one\"", "3"},
	{"SENTON 1-Mar-2021", "1"}, /* in its own zone */
	{"SENTBEFORE 2-Mar-2021", "1"},
	{"SENTSINCE 3-Mar-2021", "3 4 5"},
	{"ON 9-Sep-2001", "1 2 3 4 5 6"},
	{"SINCE \"10-Sep-2001\"", ""},
	{"BEFORE 10-Sep-2001", "1 2 3 4 5 6"},
	{"YOUNGER 1000", ""},
	{"OLDER 1000", "1 2 3 4 5 6"},
	{"LARGER 300", "2 3"},
	{"SMALLER 120", "6"},
	{"OR FROM alice FROM bob", "1 3"},
	{"NOT (OR FROM carl FROM bob) UNSEEN", "1 6"},
	{"(FROM carl) (BODY yes)", "5"},
};

Test(search, finds_what_it_should)
{
	struct served *s;
	struct talk *t = searching(&s);

	for (size_t i = 0; i < AM_COUNT(queries); i++) {
		char *want = g_strdup_printf("* SEARCH%s%s\r\nOK",
		                             *queries[i].hits ? " " : "",
		                             queries[i].hits);
		const char *got = talk(t, "SEARCH %s", queries[i].query);
		cr_expect(g_str_has_prefix(got, want), "%s: \"%s\"",
		          queries[i].query, got);
		g_free(want);
	}
	expect_in(talk(t, "SEARCH CHARSET X-NONE ALL"), "NO [BADCHARSET");
	talk_close(&t);
	served_free(&s);
}

Test(search, returns_what_is_asked)
{
	struct served *s;
	struct talk *t = searching(&s);

	expect_end(talk(t, "STORE 1 +FLAGS.SILENT (\\Deleted)"), "OK");
	expect_end(talk(t, "EXPUNGE"), "OK");
	expect_in(talk(t, "SEARCH RETURN (MIN MAX COUNT ALL) UNSEEN"),
	          "MIN 2 MAX 5 COUNT 4 ALL 2:5\r\n");
	expect_in(talk(t, "UID SEARCH RETURN () FROM carl"),
	          ") UID ALL 4:5\r\n");
	expect_in(talk(t, "SEARCH RETURN (COUNT) FROM nobody"),
	          ") COUNT 0\r\n");
	expect_in(talk(t, "SEARCH RETURN (PARTIAL 2:3) ALL"),
	          " PARTIAL (2:3 2:3)\r\n");
	expect_in(talk(t, "SEARCH RETURN (PARTIAL -1:-2) ALL"),
	          " PARTIAL (-1:-2 4:5)\r\n");
	expect_in(talk(t, "SEARCH RETURN (PARTIAL 100:200) ALL"),
	          " PARTIAL (100:200 NIL)\r\n");
	expect_end(talk(t, "SEARCH RETURN (SAVE) FROM carl"), "OK");
	expect_in(talk(t, "FETCH $ UID"),
	          "* 3 FETCH (UID 4)\r\n* 4 FETCH (UID 5)\r\n");
	expect_in(talk(t, "UID SEARCH UID $ BODY yes"), "* SEARCH 5\r\n");
	expect_in(talk(t, "SEARCH RETURN (SAVE MIN) ALL"), "MIN 1");
	expect_in(talk(t, "FETCH $ UID"), "* 1 FETCH (UID 2)\r\nOK");
	talk_close(&t);
	served_free(&s);
}

static const struct {
	const char *keys, *order;
} sorts[] = {
	{"ARRIVAL", "1 2 3 4 5 6"},
	{"REVERSE ARRIVAL", "1 2 3 4 5 6"}, /* all the same */
	{"DATE", "6 1 2 3 5 4"},
	{"REVERSE DATE", "4 5 3 2 1 6"},
	{"FROM DATE", "1 3 5 4 6 2"},
	{"DISPLAYFROM", "1 3 4 5 6 2"},
	{"SUBJECT DATE", "6 1 2 3 5 4"},
	{"CC UID", NULL},
	{"CC REVERSE DATE", "4 5 3 1 6 2"},
};

Test(search, sorts)
{
	struct served *s;
	struct talk *t = searching(&s);

	for (size_t i = 0; i < AM_COUNT(sorts); i++) {
		const char *got = talk(t, "SORT (%s) UTF-8 ALL", sorts[i].keys);
		char *want = g_strdup_printf("* SORT %s\r\nOK", sorts[i].order);
		if (sorts[i].order)
			cr_expect(g_str_has_prefix(got, want), "%s: \"%s\"",
			          sorts[i].keys, got);
		else
			expect_end(got, "BAD");
		g_free(want);
	}
	expect_in(talk(t, "UID SORT RETURN (ALL COUNT) (REVERSE DATE) UTF-8 "
	                  "UNSEEN"),
	          "UID COUNT 5 ALL 4:5,3,1,6\r\n");
	expect_in(talk(t, "SORT (SIZE) US-ASCII LARGER 300"), "* SORT 3 2\r\n");
	talk_close(&t);
	served_free(&s);
}

Test(search, threads)
{
	struct served *s;
	struct talk *t = searching(&s);

	expect_in(talk(t, "THREAD ORDEREDSUBJECT UTF-8 ALL"),
	          "* THREAD (6)(1 2)(3 (5)(4))\r\n");
	expect_in(talk(t, "THREAD REFERENCES UTF-8 ALL"),
	          "* THREAD (1 2)(3 (5)(4 6))\r\n");
	expect_in(talk(t, "UID THREAD REFERENCES UTF-8 2:6 NOT UID 3"),
	          "* THREAD (2)((5)(4 6))\r\n");
	expect_in(talk(t, "THREAD REFERENCES UTF-8 FROM nobody"),
	          "* THREAD\r\n");
	talk_close(&t);
	served_free(&s);
}

/* A References header of twenty thousand ids, and a chain as long. */
Test(search, hostile_references_cost_little)
{
	struct served *s = served_new(0);
	GString *text = g_string_new("Message-ID: <a@x>\r\nReferences:");

	for (int i = 0; i < 20000; i++)
		g_string_append_printf(text, " <%d@x>\r\n", i);
	g_string_append(text, "\r\n\r\n");
	for (int i = 0; i < 3; i++)
		served_add(s, "INBOX", text->str, text->len);
	/* Two that each claim to come after the other. */
	static const char round[] = "Message-ID: <b@x>\r\nReferences: <c@x> "
				    "<b@x>\r\n\r\n",
			  robin[] = "Message-ID: <c@x>\r\nReferences: <b@x> "
				    "<c@x> <c@x>\r\n\r\n";
	served_add(s, "INBOX", round, strlen(round));
	served_add(s, "INBOX", robin, strlen(robin));
	served_start(s);
	g_string_free(text, TRUE);
	struct talk *t = talk_login(s);
	expect_end(talk(t, "SELECT INBOX"), "OK");
	clock_t before = clock();
	expect_end(talk(t, "THREAD REFERENCES UTF-8 ALL"), "OK");
	cr_expect_lt((double)(clock() - before) / CLOCKS_PER_SEC, 20);
	talk_close(&t);
	served_free(&s);
}

static const struct {
	const char *subject, *base;
	bool reply;
} subjects[] = {
	{"Hello", "hello", false},
	{"Re: Hello", "hello", true},
	{"re [2]: fwd:  FW: Hello  there", "hello there", true},
	{"[list] Re: [other] Hello (fwd) (FWD)", "hello", true},
	{"[fwd: Hello]", "hello", true},
	{"[only]", "[only]", false},
	{"Re:", "", true},
	{"", "", false},
	{"Regarding: x", "regarding: x", false},
	{"[a][b] x", "x", false},
	{"[unclosed x", "[unclosed x", false},
};

Test(search, base_subjects)
{
	for (size_t i = 0; i < AM_COUNT(subjects); i++) {
		bool reply;
		char *base = am_base_subject(subjects[i].subject, &reply);
		cr_expect_str_eq(base, subjects[i].base, "%s",
		                 subjects[i].subject);
		cr_expect_eq(reply, subjects[i].reply, "%s",
		             subjects[i].subject);
		g_free(base);
	}
}
