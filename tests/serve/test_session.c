/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "served.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(session, .timeout = 120);

Test(session, greets_and_lets_in_who_knows_the_password)
{
	struct served *s = served_new(12);

	served_start(s);
	struct talk *t = talk_open(s);
	expect_in(talk(t, "CAPABILITY"), "AUTH=SCRAM-SHA-256");
	expect_not_in(talk(t, "CAPABILITY"), "STARTTLS"); /* no certificate */
	expect_end(talk(t, "SELECT INBOX"), "BAD");
	expect_end(talk(t, "LOGIN me wrong"), "NO");
	expect_end(talk(t, "LOGIN you secret"), "NO");
	expect_in(talk(t, "LOGIN \"me\" {6+}\r\nsecret"), "OK [CAPABILITY");
	expect_end(talk(t, "LOGIN me secret"), "BAD");
	expect_in(talk(t, "CAPABILITY"), " IDLE ");
	expect_in(talk(t, "ID (\"name\" \"x\")"), "* ID (\"name\" \"test\"");
	expect_in(talk(t, "NAMESPACE"), "* NAMESPACE ((\"\" \"/\")) NIL NIL");
	expect_in(talk(t, "LOGOUT"), "* BYE");
	cr_expect(talk_ended(t));
	talk_close(&t);
	served_free(&s);
}

Test(session, authenticates_by_plain_in_one_or_two_steps)
{
	struct served *s = served_new(0);

	served_start(s);
	struct talk *t = talk_open(s);
	/* NUL me NUL secret */
	expect_end(talk(t, "AUTHENTICATE PLAIN AG1lAHNlY3JldA=="), "OK");
	talk_close(&t);
	t = talk_open(s);
	talk_send(t, "a AUTHENTICATE PLAIN\r\n", 22);
	expect_in(talk_line(t), "+ ");
	talk_send(t, "AG1lAHdyb25n\r\n", 14);
	expect_end(talk_until(t, "a"), "NO");
	talk_send(t, "b AUTHENTICATE PLAIN\r\n", 22);
	expect_in(talk_line(t), "+ ");
	talk_send(t, "*\r\n", 3);
	expect_end(talk_until(t, "b"), "BAD");
	talk_send(t, "c AUTHENTICATE PLAIN\r\n", 22);
	expect_in(talk_line(t), "+ ");
	talk_send(t, "A\tG1lAHNlY3JldA==\r\n", 19);
	expect_end(talk_until(t, "c"), "BAD");
	expect_end(talk(t, "AUTHENTICATE NONSENSE"), "NO");
	expect_end(talk(t, "AUTHENTICATE SCRAM-SHA-256-PLUS"), "NO");
	talk_close(&t);
	served_free(&s);
}

Test(session, five_wrong_passwords_end_it)
{
	struct served *s = served_new(0);

	served_start(s);
	struct talk *t = talk_open(s);
	for (int i = 0; i < 4; i++)
		expect_end(talk(t, "LOGIN me wrong%d", i), "NO");
	expect_in(talk(t, "LOGIN me wrong"), "* BYE");
	cr_expect(talk_ended(t));
	talk_close(&t);
	served_free(&s);
}

Test(session, nonsense_is_bad_and_it_goes_on)
{
	static const char *const nonsense[] = {
		"FROBNICATE",
		"UID",
		"UID LIST \"\" *",
		"SELECT",
		"FETCH",
		"FETCH 1 BODY[",
		"FETCH 0 FLAGS",
		"FETCH a FLAGS",
		"FETCH 1:x FLAGS",
		"FETCH 1 ()",
		"FETCH 1 (BODY[1.0])",
		"FETCH 1 BODY[]<1>",
		"FETCH 1 BODY[]<0.0>",
		"FETCH 1 (FLAGS",
		"FETCH 99999 FLAGS",
		"STORE 1 FLAGS",
		"STORE 1 FLAGS (\\Strange)",
		"STORE 1 SFLAGS (\\Seen)",
		"SEARCH",
		"SEARCH NOT",
		"SEARCH OR ALL",
		"SEARCH SINCE yesterday",
		"SEARCH SINCE 31-Foo-2000",
		"SEARCH ()",
		"SEARCH LARGER x",
		"SEARCH RETURN (NOTHING) ALL",
		"COPY 1",
		"EXPUNGE 1",
		"UID EXPUNGE",
		"STATUS INBOX",
		"STATUS INBOX (FOO)",
		"APPEND INBOX",
		"APPEND INBOX (\\Seen)",
		"LIST",
		"LIST \"\"",
		"LIST (FOO) \"\" *",
		"ENABLE",
		"IDLE now",
		"RENAME a",
		"CREATE",
		"LOGIN a b",
		"AUTHENTICATE PLAIN",
		"STARTTLS",
		"ID",
		")",
		"((((((((((((((((((((((((((((((((((((((((((((((((((((((((",
	};
	struct served *s = served_new(12);

	served_start(s);
	struct talk *t = talk_login(s);
	expect_end(talk(t, "SELECT INBOX"), "OK");
	for (size_t i = 0; i < AM_COUNT(nonsense); i++)
		expect_end(talk(t, "%s", nonsense[i]), "BAD");
	expect_end(talk(t, "NOOP"), "OK");
	talk_close(&t);
	served_free(&s);
}

Test(session, who_only_talks_nonsense_is_sent_away)
{
	struct served *s = served_new(0);

	served_start(s);
	struct talk *t = talk_open(s);
	for (int i = 0; i < 60; i++)
		talk_send(t, "x y\r\n", 5);
	for (int i = 0; i < 51; i++)
		expect_in(talk_line(t), "x BAD");
	expect_in(talk_line(t), "* BYE");
	talk_close(&t);
	served_free(&s);
}

/* Before login nobody gets much memory out of us. */
Test(session, strangers_have_narrow_walls)
{
	struct served *s = served_new(0);

	served_start(s);
	struct talk *t = talk_open(s);
	char *line = g_strnfill(20000, 'a');
	expect_end(talk(t, "%s", line), "BAD");
	expect_end(talk(t, "LOGIN %s x", line), "BAD");
	memset(line, '(', 20000);
	expect_end(talk(t, "ID %s", line), "BAD");
	memset(line, '{', 20000);
	expect_end(talk(t, "ID %s", line), "BAD");
	g_free(line);
	/* A literal that would have to be waited for is not asked for. */
	expect_end(talk(t, "LOGIN {99999999}"), "BAD");
	expect_end(talk(t, "LOGIN {99999999999999999999}"), "BAD");
	expect_end(talk(t, "NOOP"), "OK");
	talk_close(&t);
	served_free(&s);
}

Test(session, starttls_with_commands_behind_it_is_not_believed)
{
	struct served *s = served_new(0);

	s->tls = true;
	served_start(s);
	struct talk *t = talk_open(s);
	expect_in(talk(t, "CAPABILITY"), "STARTTLS");
	/* CVE-2011-0411 */
	talk_send(t, "a STARTTLS\r\nb NOOP\r\n", 20);
	expect_in(talk_line(t), "a OK");
	cr_expect(talk_ended(t));
	talk_close(&t);
	served_free(&s);
}

Test(session, many_commands_at_once_are_answered_in_order)
{
	struct served *s = served_new(48);
	GString *all = g_string_new("");

	served_start(s);
	struct talk *t = talk_login(s);
	expect_end(talk(t, "SELECT INBOX"), "OK");
	for (int i = 0; i < 500; i++)
		g_string_append_printf(all,
		                       "p%d UID FETCH %d (BODY.PEEK[])\r\n", i,
		                       i % 20 + 1);
	talk_send(t, all->str, all->len);
	for (int i = 0; i < 500; i++) {
		char tag[16];
		g_snprintf(tag, sizeof tag, "p%d", i);
		expect_end(talk_until(t, tag), "OK");
	}
	talk_close(&t);
	g_string_free(all, TRUE);
	served_free(&s);
}

Test(session, everybody_hears_when_the_server_goes)
{
	struct served *s = served_new(12);

	served_start(s);
	struct talk *a = talk_login(s), *b = talk_login(s);
	expect_end(talk(a, "SELECT INBOX"), "OK");
	talk_send(a, "i IDLE\r\n", 8);
	expect_in(talk_line(a), "+ ");
	served_stop(s);
	expect_in(talk_line(a), "* BYE");
	cr_expect(talk_ended(a));
	expect_in(talk_line(b), "* BYE");
	talk_close(&a);
	talk_close(&b);
	served_free(&s);
}

Test(session, who_may_only_look_changes_nothing)
{
	static const char *const changes[] = {"STORE 1 +FLAGS (\\Seen)",
	                                      "EXPUNGE",
	                                      "MOVE 1 INBOX",
	                                      "COPY 1 INBOX",
	                                      "CREATE x",
	                                      "DELETE Old/Lists",
	                                      "RENAME Old/Lists x",
	                                      "SUBSCRIBE x"};

	for (int how = 0; how < 2; how++) {
		struct served *s = served_new(12);
		s->read_only = how == 0;
		s->user_read_only = how == 1;
		served_start(s);
		struct talk *t = talk_login(s);
		expect_in(talk(t, "SELECT INBOX"), "OK [READ-ONLY]");
		for (size_t i = 0; i < AM_COUNT(changes); i++)
			expect_end(talk(t, "%s", changes[i]), "NO");
		expect_end(talk(t, "APPEND INBOX {3+}\r\nabc"), "NO");
		/* Reading does not even mark as read. */
		expect_not_in(talk(t, "FETCH 1 BODY[]"), "\\Seen");
		expect_not_in(talk(t, "FETCH 1 FLAGS"), "\\Seen");
		talk_close(&t);
		served_free(&s);
	}
}

Test(session, revision_2_is_enabled_when_asked_for)
{
	struct served *s = served_new(12);

	served_start(s);
	struct talk *t = talk_login(s);
	expect_in(talk(t, "SELECT INBOX"), "* 0 RECENT");
	expect_in(talk(t, "SEARCH UID 1"), "* SEARCH 1");
	expect_in(talk(t, "ENABLE IMAP4rev2"), "* ENABLED IMAP4rev2");
	expect_not_in(talk(t, "SELECT INBOX"), "RECENT");
	expect_in(talk(t, "SELECT INBOX"), "* LIST () \"/\" \"INBOX\"");
	expect_in(talk(t, "SELECT INBOX"), "* OK [CLOSED]");
	expect_in(talk(t, "SEARCH UID 1"), "ALL 1\r\n");
	expect_end(talk(t, "CREATE \"Entw\xC3\xBCrfe\""), "OK");
	expect_in(talk(t, "LIST \"\" Entw*"), "\"Entw\xC3\xBCrfe\"");
	talk_close(&t);
	served_free(&s);
}

/* Half-sent literals, TLS in the clear, floods, nothing at all. */
static gpointer be_hostile(gpointer user)
{
	static const char *const greetings[] = {
		"a LOGIN {100}\r\nhalf",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03",
		"a LOGIN me secret\r\nb SELECT INBOX\r\nc APPEND INBOX "
		"{1000000+}\r\nhalf of it",
		"a LOGIN me secret\r\nb SELECT INBOX\r\nc FETCH 1:* BODY[]",
		"a AUTHENTICATE SCRAM-SHA-256 !!!!\r\n",
		"",
		"GET / HTTP/1.0\r\n\r\n",
		"a ID ((((((((((((((((((((((((((((((\r\n",
	};
	struct served *s = user;

	for (unsigned i = 0; i < 4 * AM_COUNT(greetings); i++) {
		struct talk *t = talk_open(s);
		const char *say = greetings[i % AM_COUNT(greetings)];
		talk_send(t, say, strlen(say));
		for (int k = 0; i % 5 == 0 && k < 200; k++)
			talk_send(t, "x NOOP\r\nx FETCH\r\n", 17);
		g_usleep(2000);
		talk_close(&t);
	}
	return NULL;
}

Test(session, the_good_do_not_notice_the_bad)
{
	struct served *s = served_new(48);
	GThread *bad[6];

	served_start(s);
	struct talk *t = talk_login(s);
	expect_end(talk(t, "SELECT INBOX"), "OK");
	for (size_t i = 0; i < AM_COUNT(bad); i++)
		bad[i] = g_thread_new("bad", be_hostile, s);
	for (int i = 0; i < 150; i++) {
		expect_end(talk(t, "FETCH %d (FLAGS BODY.PEEK[])", i % 30 + 1),
		           "OK");
		if (i % 10 == 0)
			expect_end(
				talk(t, "STORE %d +FLAGS (k%d)", i % 30 + 1, i),
				"OK");
	}
	for (size_t i = 0; i < AM_COUNT(bad); i++)
		g_thread_join(bad[i]);
	expect_end(talk(t, "NOOP"), "OK");
	talk_close(&t);
	served_free(&s);
}
