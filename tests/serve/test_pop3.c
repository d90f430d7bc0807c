/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "served.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(pop3, .timeout = 120);

static const char dotted[] = "Subject: dots\r\n\r\n.\r\n..two\r\nlast\r\n";
static const char bare[] = "Subject: LF\n\nno end";

static struct talk *start(struct served **served)
{
	struct served *s = served_new(0);

	s->pop3 = true;
	served_add(s, "INBOX", dotted, strlen(dotted));
	served_add(s, "INBOX", bare, strlen(bare));
	served_start(s);
	*served = s;
	return talk_open(s);
}

static const char *say(struct talk *t, const char *line)
{
	talk_send(t, line, strlen(line));
	talk_send(t, "\r\n", 2);
	return talk_line(t);
}

static void login(struct talk *t)
{
	expect_in(say(t, "USER me"), "+OK");
	expect_in(say(t, "PASS secret"), "+OK 2 messages");
}

/* RFC 2449 §6: how one can log in is told before and after it. */
Test(pop3, capabilities_of_both_states_are_told_in_both)
{
	struct served *s;
	struct talk *t = start(&s);
	GString *all = g_string_new("");
	const char *line;

	login(t);
	expect_in(say(t, "CAPA"), "+OK");
	while (strcmp(line = talk_line(t), ".\r\n") != 0)
		g_string_append(all, line);
	expect_in(all->str, "USER\r\n");
	expect_in(all->str, "SASL PLAIN LOGIN SCRAM-SHA-256\r\n");
	expect_not_in(all->str, "STLS");
	g_string_free(all, TRUE);
	talk_close(&t);
	served_free(&s);
}

/* A program that asks for what is gone, or may not delete, makes no nonsense.
 */
Test(pop3, refusals_do_not_end_it)
{
	struct served *s;
	struct talk *t = start(&s);

	login(t);
	for (int i = 0; i < 60; i++)
		expect_in(say(t, "RETR 99"), "-ERR");
	expect_in(say(t, "NOOP"), "+OK");
	for (int i = 0; i < 51; i++)
		expect_in(say(t, "FROB"), "-ERR");
	cr_expect(talk_ended(t));
	talk_close(&t);
	served_free(&s);
}

Test(pop3, lets_in_and_tells_what_it_can)
{
	struct served *s;
	struct talk *t = start(&s);

	expect_in(say(t, "STAT"), "-ERR");
	expect_in(say(t, "PASS secret"), "-ERR");
	expect_in(say(t, "USER me"), "+OK");
	expect_in(say(t, "PASS wrong"), "-ERR [AUTH]");
	expect_in(say(t, "AUTH PLAIN AG1lAHNlY3JldA=="), "+OK");
	expect_in(say(t, "capa"), "+OK");
	GString *all = g_string_new("");
	while (strcmp(talk_line(t), ".\r\n"))
		g_string_append(all, "x");
	cr_expect_gt(all->len, 4);
	g_string_free(all, TRUE);
	expect_in(say(t, "FROB"), "-ERR");
	expect_in(say(t, "RETR 0"), "-ERR");
	expect_in(say(t, "RETR 3"), "-ERR");
	expect_in(say(t, "TOP 1"), "-ERR");
	expect_in(say(t, "QUIT"), "+OK");
	cr_expect(talk_ended(t));
	talk_close(&t);
	served_free(&s);
}

static void expect_lines(struct talk *t, const char *const *lines)
{
	for (; *lines; lines++)
		cr_expect_str_eq(talk_line(t), *lines);
}

Test(pop3, messages_come_with_their_dots_doubled)
{
	static const char *const first[] = {
		"Subject: dots\r\n", "\r\n",  "..\r\n", "...two\r\n",
		"last\r\n",          ".\r\n", NULL};
	static const char *const top[] = {"Subject: dots\r\n", "\r\n", "..\r\n",
	                                  ".\r\n", NULL};
	static const char *const none[] = {"Subject: LF\r\n", "\r\n", ".\r\n",
	                                   NULL};
	static const char *const second[] = {"Subject: LF\r\n", "\r\n",
	                                     "no end\r\n", ".\r\n", NULL};
	struct served *s;
	struct talk *t = start(&s);

	login(t);
	expect_in(say(t, "STAT"), "+OK 2 54\r\n");
	expect_in(say(t, "LIST 1"), "+OK 1 33\r\n");
	expect_in(say(t, "RETR 1"), "+OK 33");
	expect_lines(t, first);
	expect_in(say(t, "TOP 1 1"), "+OK");
	expect_lines(t, top);
	expect_in(say(t, "TOP 2 0"), "+OK");
	expect_lines(t, none);
	expect_in(say(t, "RETR 2"), "+OK");
	expect_lines(t, second);
	talk_close(&t);
	served_free(&s);
}

Test(pop3, what_is_deleted_goes_with_quit_alone)
{
	struct served *s;
	struct talk *t = start(&s);

	login(t);
	char *id = g_strdup(say(t, "UIDL 2"));
	expect_in(id, "-2\r\n");
	expect_in(say(t, "DELE 1"), "+OK");
	expect_in(say(t, "RETR 1"), "-ERR");
	expect_in(say(t, "STAT"), "+OK 1 ");
	expect_in(say(t, "RSET"), "+OK");
	expect_in(say(t, "DELE 1"), "+OK");
	talk_close(&t); /* without QUIT nothing happened */
	t = talk_open(s);
	login(t);
	expect_in(say(t, "DELE 1"), "+OK");
	expect_in(say(t, "QUIT"), "+OK");
	talk_close(&t);
	t = talk_open(s);
	expect_in(say(t, "USER me"), "+OK");
	expect_in(say(t, "PASS secret"), "+OK 1 messages");
	/* Its id is the same as before. */
	char *now = g_strdup(say(t, "UIDL 1"));
	cr_expect_str_eq(strchr(now + 4, ' '), strchr(id + 4, ' '));
	g_free(now);
	g_free(id);
	talk_close(&t);
	served_free(&s);
}

Test(pop3, commands_may_come_all_at_once)
{
	static const char all[] = "USER me\r\nPASS secret\r\nSTAT\r\nUIDL 1\r\n"
				  "NOOP\r\nQUIT\r\n";
	struct served *s;
	struct talk *t = start(&s);

	talk_send(t, all, strlen(all));
	for (int i = 0; i < 6; i++)
		expect_in(talk_line(t), "+OK");
	cr_expect(talk_ended(t));
	talk_close(&t);
	served_free(&s);
}
