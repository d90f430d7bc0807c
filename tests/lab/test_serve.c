/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mailark serve as a program: with its own client at the other end, and killed
 * while it is at work.
 */
#include "serving.h"
#include "tests/support/imap_talk.h"

#include <criterion/criterion.h>
#include <glib/gstdio.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(serve, .timeout = 300);

/* ---- its own client ---- */

/* But for line ends, which IMAP has its own, and a server gives each message a
 * date. */
static void expect_same(struct serving *s, const char *other)
{
	char *line = g_strdup_printf("compare --strict a.mailark %s", other);

	cli_line(&s->c, line);
	g_free(line);
	cr_expect(strstr(s->c.out, "71 the same but for their line ends"), "%s",
	          s->c.out);
	cr_expect(!strstr(s->c.out, "~"), "%s", s->c.out);
}

Test(serve, there_and_back_without_a_difference)
{
	struct serving s = {.port = 0};

	serving_fill(&s, 60);
	serving_start(&s, "a.mailark");
	struct imap_talk *t = imap_talk_open(s.port, "mailark", "secret");
	imap_talk(t, "SELECT INBOX");
	imap_talk(t, "STORE 1:20 +FLAGS (\\Seen $Forwarded word)");
	imap_talk(t, "STORE 7 +FLAGS (\\Flagged \\Draft \\Answered)");
	imap_talk(t, "CREATE \"a &- b/Entw&APw-rfe\"");
	imap_talk(t, "COPY 10:20 \"a &- b/Entw&APw-rfe\"");
	imap_talk_close(t);
	char *line = g_strdup_printf("copy --quiet --no-index --from "
	                             "imap,tls=off imap://mailark@127.0.0.1:%u "
	                             "b.mailark",
	                             s.port);
	cr_assert_eq(cli_line(&s.c, line), 0, "%s", s.c.err);
	g_free(line);
	expect_same(&s, "b.mailark");
	cr_expect_eq(serving_stop(&s, SIGTERM), 0);
	/* Into an empty one, the other way round. */
	cr_assert_eq(cli_line(&s.c, "copy --quiet --no-index --folder nothing "
	                            "INBOX c.mailark"),
	             0, "%s", s.c.err);
	serving_start(&s, "c.mailark");
	line = g_strdup_printf("copy --quiet --to imap,tls=off b.mailark "
	                       "imap://mailark@127.0.0.1:%u",
	                       s.port);
	cr_assert_eq(cli_line(&s.c, line), 0, "%s", s.c.err);
	/* Again: nothing is new. */
	cr_assert_eq(cli_line(&s.c, line), 0, "%s", s.c.err);
	g_free(line);
	cr_expect_eq(serving_stop(&s, SIGTERM), 0);
	expect_same(&s, "c.mailark");
	cr_expect_eq(cli_line(&s.c, "verify --full c.mailark"), 0, "%s%s",
	             s.c.out, s.c.err);
	cli_end(&s.c);
}

/* MESSAGELIMIT: what a server does not take at once is asked for again. */
Test(serve, all_is_had_of_a_server_with_a_limit)
{
	struct serving s = {.port = 0};

	serving_fill(&s, 2500);
	s.option = "--message-limit=1000";
	serving_start(&s, "a.mailark");
	struct imap_talk *t = imap_talk_open(s.port, "mailark", "secret");
	imap_talk(t, "SELECT INBOX");
	const GString *said = imap_talk(t, "UID SEARCH RETURN (COUNT) ALL");
	cr_expect(strstr(said->str, "COUNT 1000"), "%s", said->str);
	cr_expect(strstr(said->str, "OK [MESSAGELIMIT 1000 "), "%s", said->str);
	imap_talk_close(t);
	char *line = g_strdup_printf("copy --no-index --from imap,tls=off "
	                             "imap://mailark@127.0.0.1:%u b.mailark",
	                             s.port);
	cr_assert_eq(cli_line(&s.c, line), 0, "%s", s.c.err);
	g_free(line);
	cr_expect(strstr(s.c.out, "found 2,500 = stored 2,500 "), "%s",
	          s.c.out);
	cr_expect_eq(serving_stop(&s, SIGTERM), 0);
	cli_end(&s.c);
}

/* ---- killed ---- */

struct writer {
	uint16_t port;
	int id;
	_Atomic unsigned appended, stored, moved; /* OKs that were heard */
	_Atomic uint64_t modseq;                  /* the highest told of */
};

static int connect_to(uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons(port),
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

static uint64_t number(const char *line, const char *word)
{
	const char *at = strstr(line, word);

	return at ? g_ascii_strtoull(at + strlen(word), NULL, 10) : 0;
}

/* -1: the connection is gone; else whether the answer to "x …" was OK.  *told
 * becomes what stands behind a word in it, where it does. */
static int say(int fd, FILE *in, const char *word, uint64_t *told,
               const char *format, ...)
{
	char line[4096];
	va_list args;

	va_start(args, format);
	char *command = g_strdup_vprintf(format, args);
	va_end(args);
	size_t len = strlen(command);
	bool sent = send(fd, command, len, MSG_NOSIGNAL) == (ssize_t)len;
	g_free(command);
	while (sent && fgets(line, sizeof line, in)) {
		uint64_t n = word ? number(line, word) : 0;
		if (n)
			*told = n;
		if (!strncmp(line, "x ", 2))
			return !strncmp(line, "x OK", 4);
	}
	return -1;
}

/* Until the connection goes: a message, a flag on one of its own, and the
 * message to another folder. */
static gpointer write_much(gpointer user)
{
	struct writer *w = user;
	int fd = connect_to(w->port), a, b, c;
	FILE *in = fdopen(fd, "r");
	uint64_t uid, modseq = 0, none;

	say(fd, in, NULL, &none, "x LOGIN mailark secret\r\n");
	say(fd, in, NULL, &none, "x SELECT INBOX (CONDSTORE)\r\n");
	do {
		char *mail = g_strdup_printf("Subject: k%d-%u.\r\n\r\nb\r\n",
		                             w->id, w->appended);
		uid = 0;
		a = say(fd, in, "APPENDUID ", &none,
		        "x APPEND INBOX {%zu+}\r\n%s\r\n", strlen(mail), mail);
		w->appended += a == 1;
		b = say(fd, in, "MODSEQ (", &modseq,
		        "x STORE %d +FLAGS (n%d-%u)\r\n", w->id + 1, w->id,
		        w->stored);
		w->stored += b == 1;
		w->modseq = MAX(w->modseq, modseq);
		(void)say(fd, in, "SEARCH ", &uid,
		          "x UID SEARCH SUBJECT k%d-%u.\r\n", w->id,
		          w->appended - 1);
		c = say(fd, in, NULL, &none, "x UID MOVE %u moved\r\n",
		        (unsigned)uid);
		w->moved += c == 1 && uid;
		g_free(mail);
	} while (a >= 0 && b >= 0 && c >= 0);
	(void)fclose(in);
	return NULL;
}

/* Each that was answered is there once, and where it was last said to be. */
static void expect_kept(struct imap_talk *t, const struct writer *w)
{
	static const char subjects[] =
		"FETCH 1:* BODY.PEEK[HEADER.FIELDS (SUBJECT)]";

	imap_talk(t, "SELECT moved");
	char *there = g_strdup(imap_talk(t, subjects)->str);
	imap_talk(t, "SELECT INBOX");
	char *here = g_strdup(imap_talk(t, subjects)->str);
	for (unsigned i = 0; i < w->appended; i++) {
		char *subject =
			g_strdup_printf("Subject: k%d-%u.\r\n", w->id, i);
		size_t n = cli_count(there, subject);
		cr_expect_eq(n + cli_count(here, subject), 1u, "%s", subject);
		if (i < w->moved)
			cr_expect_eq(n, 1u, "%s was not moved", subject);
		g_free(subject);
	}
	if (w->stored) {
		char *want = g_strdup_printf("n%d-%u", w->id, w->stored - 1);
		const GString *got = imap_talk(t, "FETCH 1:* (FLAGS)");
		cr_expect(strstr(got->str, want), "%s in %s", want, got->str);
		g_free(want);
	}
	g_free(here);
	g_free(there);
}

Test(serve, killed_it_has_kept_what_it_said_it_had)
{
	enum { WRITERS = 3, KILLS = 4 };
	struct serving s = {.port = 0};
	uint64_t highest = 0;

	serving_fill(&s, 12);
	serving_start(&s, "a.mailark");
	struct imap_talk *first = imap_talk_open(s.port, "mailark", "secret");
	imap_talk(first, "CREATE moved");
	imap_talk_close(first);
	cr_expect_eq(serving_stop(&s, SIGTERM), 0);
	for (int round = 0; round < KILLS; round++) {
		struct writer writers[WRITERS];
		GThread *threads[WRITERS];
		serving_start(&s, "a.mailark");
		for (int i = 0; i < WRITERS; i++) {
			writers[i] = (struct writer){.port = s.port,
			                             .id = round * WRITERS + i};
			threads[i] =
				g_thread_new("writer", write_much, &writers[i]);
		}
		/* Some work has been done by then, whatever the machine. */
		unsigned wanted = 3 + 7 * (unsigned)round;
		while (writers[0].appended < wanted ||
		       writers[1].stored < wanted || writers[2].moved < wanted)
			g_usleep(3000);
		cr_expect_eq(serving_stop(&s, SIGKILL), -SIGKILL);
		for (int i = 0; i < WRITERS; i++)
			g_thread_join(threads[i]);
		serving_start(&s, "a.mailark");
		struct imap_talk *t =
			imap_talk_open(s.port, "mailark", "secret");
		for (int i = 0; i < WRITERS; i++) {
			expect_kept(t, &writers[i]);
			highest = MAX(highest, writers[i].modseq);
		}
		cr_expect_gt(highest, 1u);
		/* And it goes on from there. */
		cr_expect_geq(
			number(imap_talk(t, "SELECT INBOX (CONDSTORE)")->str,
		               "HIGHESTMODSEQ "),
			highest);
		uint64_t next = number(
			imap_talk(t, "STORE 1 +FLAGS (round%d)", round)->str,
			"MODSEQ (");
		cr_expect_gt(next, highest);
		highest = next;
		imap_talk_close(t);
		cr_expect_eq(serving_stop(&s, SIGTERM), 0);
	}
	cr_expect_eq(cli_line(&s.c, "verify --full a.mailark"), 0, "%s%s",
	             s.c.out, s.c.err);
	cli_end(&s.c);
}
