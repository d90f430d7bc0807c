/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is kept of a mailbox must not show: answers are those of a server that
 * has just begun. */
#include "served.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(traits, .timeout = 120);

static const char *const questions[] = {
	"SORT (SUBJECT REVERSE DATE) UTF-8 ALL",
	"SORT (FROM) UTF-8 ALL",
	"SORT (REVERSE SIZE) UTF-8 ALL",
	"SORT (DISPLAYTO ARRIVAL) UTF-8 ALL",
	"THREAD REFERENCES UTF-8 ALL",
	"THREAD ORDEREDSUBJECT UTF-8 ALL",
	"SEARCH SUBJECT new",
	"SEARCH HEADER Message-ID new@x",
	"SEARCH HEADER Message-ID \"\"",
	"SEARCH SENTSINCE 1-Jan-2001",
	"SEARCH LARGER 300",
	"FETCH 1:* (UID RFC822.SIZE)",
};

static char *ask_all(struct talk *t)
{
	GString *all = g_string_new("");

	for (size_t i = 0; i < AM_COUNT(questions); i++) {
		const char *answer = talk(t, "%s", questions[i]);
		expect_end(answer, "OK");
		g_string_append(all, answer);
	}
	return g_string_free(all, FALSE);
}

static void append(struct talk *t, const char *text)
{
	expect_end(talk(t, "APPEND INBOX {%zu+}\r\n%s", strlen(text), text),
	           "OK");
}

Test(traits, follow_what_comes_and_goes)
{
	struct served *s = served_new(400);

	served_start(s);
	struct talk *t = talk_login(s), *other = talk_login(s);
	expect_end(talk(t, "SELECT INBOX"), "OK");
	expect_end(talk(other, "SELECT INBOX"), "OK");
	char *before = ask_all(t);
	append(other, "Subject: Re: new\r\nMessage-ID: <new@x>\r\nReferences: "
	              "<1@x> <2@x>\r\nDate: Thu, 1 Mar 2001 10:00:00 "
	              "+0100\r\n\r\n.\r\n");
	append(other, "Subject: new\r\nFrom: \"Z\" <a@b>\r\n\r\n.\r\n");
	append(other, "\r\n.\r\n");
	expect_end(talk(other, "STORE 3,5:40 +FLAGS.SILENT (\\Deleted)"), "OK");
	expect_end(talk(other, "EXPUNGE"), "OK");
	expect_end(talk(t, "NOOP"), "OK");
	char *after = ask_all(t);
	cr_expect_str_neq(before, after);
	talk_close(&other);
	talk_close(&t);
	served_stop(s);
	served_start(s);
	t = talk_login(s);
	expect_end(talk(t, "SELECT INBOX"), "OK");
	char *anew = ask_all(t);
	talk_close(&t);
	served_stop(s);
	/* And of one that keeps nothing of so many. */
	s->traits_most = 20;
	served_start(s);
	t = talk_login(s);
	expect_end(talk(t, "SELECT INBOX"), "OK");
	char *one_by_one = ask_all(t);
	cr_expect_str_eq(after, one_by_one);
	g_free(one_by_one);
	/* Each answer has a tag of its own, but not in what was kept. */
	cr_expect_str_eq(after, anew);
	expect_in(anew, "* SEARCH 151 152");
	g_free(before);
	g_free(after);
	g_free(anew);
	talk_close(&t);
	served_free(&s);
}

Test(traits, fields_that_are_not_there)
{
	struct served *s = served_new(0);

	/* None of the fields there are. */
	served_add(s, "INBOX", "\r\nx\r\n", 5);
	served_add(s, "INBOX", "Subject:\r\n\r\nx\r\n", 15);
	served_start(s);
	struct talk *t = talk_login(s);
	expect_end(talk(t, "SELECT INBOX"), "OK");
	/* A field that is there without a text, and one that is not. */
	expect_in(talk(t, "SEARCH NOT HEADER Cc \"\""), "* SEARCH 1 2\r\n");
	expect_in(talk(t, "SEARCH HEADER Subject \"\""), "* SEARCH 2\r\n");
	expect_in(talk(t, "THREAD ORDEREDSUBJECT UTF-8 ALL"),
	          "* THREAD (1 2)\r\n");
	expect_in(talk(t, "SORT (SUBJECT CC) UTF-8 ALL"), "* SORT 1 2\r\n");
	talk_close(&t);
	served_free(&s);
}
