/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "served.h"

#include "base/file.h"
#include "store/archive.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(changes, .timeout = 120);

#define MAIL "Subject: new\r\n\r\nbody\r\n" /* 22 bytes */

/* An archive whose messages bear no flags. */
static struct served *plain(unsigned n)
{
	struct served *s = served_new(n);

	served_start(s);
	struct talk *t = talk_login(s);
	if (n) {
		expect_end(talk(t, "SELECT INBOX"), "OK");
		expect_end(talk(t, "STORE 1:* FLAGS.SILENT ()"), "OK");
	}
	talk_close(&t);
	return s;
}

static struct talk *selected(struct served *s, const char *box)
{
	struct talk *t = talk_login(s);

	expect_end(talk(t, "SELECT %s", box), "OK");
	return t;
}

/* The number behind a word: "HIGHESTMODSEQ 12". */
static uint64_t number(const char *answer, const char *word)
{
	const char *at = strstr(answer, word);

	cr_assert(at, "no %s in \"%s\"", word, answer);
	return g_ascii_strtoull(at + strlen(word), NULL, 10);
}

Test(changes, flags_are_set_added_and_taken)
{
	struct served *s = plain(12);

	struct talk *t = selected(s, "INBOX");
	expect_in(talk(t, "STORE 1 FLAGS (\\Seen foo $Forwarded)"),
	          "* 1 FETCH (UID 1 FLAGS (\\Seen $Forwarded foo))");
	expect_in(talk(t, "STORE 1 +FLAGS \\Flagged BAR"),
	          "FLAGS (\\Seen \\Flagged $Forwarded foo BAR))");
	expect_in(talk(t, "STORE 1 -FLAGS (FOO \\Seen)"),
	          "FLAGS (\\Flagged $Forwarded BAR))");
	/* Told even where nothing changed, and not where silence is asked. */
	expect_in(talk(t, "STORE 1 +FLAGS (\\Flagged)"), "* 1 FETCH");
	expect_not_in(talk(t, "STORE 1 FLAGS.SILENT ()"), "FETCH");
	expect_in(talk(t, "FETCH 1 FLAGS"), "FLAGS ()");
	expect_in(talk(t, "UID STORE 2:3 FLAGS (\\Draft)"), "* 3 FETCH (UID 3");
	expect_in(talk(t, "UID STORE 99999 +FLAGS (\\Seen)"), "OK");
	talk_close(&t);
	served_free(&s);
}

Test(changes, expunged_mail_is_hidden_and_kept)
{
	struct served *s = plain(12);
	struct am_archive *a;
	struct am_archive_stats stats;

	struct talk *t = selected(s, "INBOX");
	expect_end(talk(t, "STORE 2,4 +FLAGS.SILENT (\\Deleted)"), "OK");
	expect_in(talk(t, "UID EXPUNGE 4"), "* 4 EXPUNGE\r\nOK");
	expect_in(talk(t, "EXPUNGE"), "* 2 EXPUNGE\r\nOK");
	expect_in(talk(t, "FETCH 1:* UID"), "* 3 FETCH (UID 5)");
	expect_end(talk(t, "STORE 1 +FLAGS.SILENT (\\Deleted)"), "OK");
	expect_not_in(talk(t, "CLOSE"), "EXPUNGE");
	expect_in(talk(t, "SELECT INBOX"), "* 7 EXISTS");
	talk_close(&t);
	served_stop(s);
	cr_assert_eq(am_archive_open(&a, s->path, false, &s->ctx, NULL), AM_OK);
	cr_assert_eq(am_archive_stats(a, &stats, NULL), AM_OK);
	cr_expect_eq(stats.placements, 9); /* 7 and 2 of the other folder */
	cr_expect_geq(stats.messages, 9);
	struct am_blob *blob;
	cr_expect_eq(am_archive_load(a, 2, &blob, NULL), AM_OK);
	am_archive_close(&a);
	served_free(&s);
}

Test(changes, copies_and_moves_say_where_they_went)
{
	struct served *s = plain(12);

	struct talk *t = selected(s, "INBOX");
	expect_in(talk(t, "COPY 1 nowhere"), "NO [TRYCREATE]");
	expect_in(talk(t, "MOVE 1 nowhere"), "NO [TRYCREATE]");
	expect_end(talk(t, "CREATE there"), "OK");
	const char *copied = talk(t, "UID COPY 1,3:4 there");
	expect_in(copied, "OK [COPYUID ");
	expect_in(copied, " 1,3:4 1:3]");
	const char *moved = talk(t, "UID MOVE 2,5 there");
	expect_in(moved, " 2,5 4:5] moved\r\n");
	expect_in(moved, "* 2 EXPUNGE\r\n* 4 EXPUNGE\r\n");
	expect_in(talk(t, "COPY 1 INBOX"), "EXISTS");
	expect_end(talk(t, "UID COPY 9999 there"), "OK");
	expect_in(talk(t, "SELECT there"), "* 5 EXISTS");
	expect_in(talk(t, "UID MOVE 5 there"), " 5 6] moved\r\n");
	expect_in(talk(t, "FETCH * UID"), "* 5 FETCH (UID 6)");
	talk_close(&t);
	served_free(&s);
}

Test(changes, messages_are_appended_one_by_one_or_together)
{
	struct served *s = plain(0);

	struct talk *t = talk_login(s);
	/* An INBOX comes to be with its first message. */
	expect_in(talk(t, "APPEND INBOX (\\Seen x) \"01-Jan-2001 10:00:00 "
	                  "+0130\" {22+}\r\n" MAIL),
	          "OK [APPENDUID ");
	expect_in(talk(t, "APPEND nowhere {22+}\r\n" MAIL), "NO [TRYCREATE]");
	expect_in(talk(t, "APPEND INBOX {22+}\r\n" MAIL
	                  " (\\Flagged) {22+}\r\n" MAIL " {22+}\r\n" MAIL),
	          " 2:4]");
	expect_in(talk(t, "APPEND INBOX ~{22+}\r\n" MAIL), " 5]");
	expect_in(talk(t, "APPEND INBOX UTF8 (~{22+}\r\n" MAIL ")"), " 6]");
	expect_end(talk(t, "APPEND INBOX {0+}\r\n"), "NO");
	expect_end(talk(t, "APPEND INBOX \"no date\" {22+}\r\n" MAIL), "BAD");
	/* One of them is bad: none is there. */
	expect_end(talk(t, "APPEND INBOX {22+}\r\n" MAIL
	                   " (\\Odd) {22+}\r\n" MAIL),
	           "BAD");
	/* The one that is waited for. */
	talk_send(t, "s APPEND INBOX {22}\r\n", 21);
	expect_in(talk_line(t), "+ ");
	talk_send(t, MAIL "\r\n", 24);
	expect_in(talk_until(t, "s"), " 7]");
	expect_in(talk(t, "SELECT INBOX"), "* 7 EXISTS");
	expect_in(
		talk(t, "FETCH 1 (FLAGS INTERNALDATE BODY.PEEK[])"),
		"FLAGS (\\Seen x) INTERNALDATE \"01-Jan-2001 10:00:00 +0130\" "
		"BODY[] {22}\r\n" MAIL ")");
	expect_in(talk(t, "FETCH 3 FLAGS"), "(\\Flagged)");
	talk_close(&t);
	served_free(&s);
}

Test(changes, too_large_a_message_is_refused_before_it_is_sent)
{
	struct served *s = served_new(0);

	s->house.append_limit = 1000;
	served_start(s);
	struct talk *t = talk_login(s);
	expect_in(talk(t, "CAPABILITY"), "APPENDLIMIT=1000");
	expect_in(talk(t, "APPEND INBOX {1001}"), "NO [TOOBIG]");
	GString *big = g_string_new("");
	for (int i = 0; i < 5000; i++)
		g_string_append_c(big, 'x');
	expect_in(talk(t, "APPEND INBOX {5000+}\r\n%s", big->str),
	          "NO [TOOBIG]");
	g_string_free(big, TRUE);
	expect_end(talk(t, "NOOP"), "OK");
	talk_close(&t);
	served_free(&s);
}

Test(changes, one_client_sees_what_another_does)
{
	struct served *s = plain(12);

	struct talk *a = selected(s, "INBOX"), *b = selected(s, "INBOX");
	expect_end(talk(a, "STORE 3 FLAGS (\\Answered)"), "OK");
	expect_in(talk(b, "NOOP"), "* 3 FETCH (UID 3 FLAGS (\\Answered))");
	expect_not_in(talk(b, "NOOP"), "FETCH");
	talk_send(b, "i IDLE\r\n", 8);
	expect_in(talk_line(b), "+ ");
	expect_end(talk(a, "APPEND INBOX {22+}\r\n" MAIL), "OK");
	expect_in(talk_line(b), "* 11 EXISTS");
	expect_end(talk(a, "STORE 2 +FLAGS.SILENT (\\Deleted)"), "OK");
	expect_in(talk_line(b), "* 2 FETCH");
	expect_end(talk(a, "EXPUNGE"), "OK");
	expect_in(talk_line(b), "* 2 EXPUNGE");
	talk_send(b, "DONE\r\n", 6);
	expect_end(talk_until(b, "i"), "OK");
	/* Numbers hold still during FETCH and STORE; UID FETCH may tell. */
	expect_end(talk(a, "STORE 1 +FLAGS.SILENT (\\Deleted)"), "OK");
	expect_end(talk(a, "EXPUNGE"), "OK");
	expect_in(talk(b, "FETCH 2 UID"), "* 2 FETCH (UID 3)");
	expect_not_in(talk(b, "STORE 2 +FLAGS (\\Seen)"), "EXPUNGE");
	/* What is expunged can still be read by who was not told. */
	expect_in(talk(b, "FETCH 1 BODY.PEEK[]"), "BODY[] {");
	expect_in(talk(b, "UID FETCH 4 UID"), "* 1 EXPUNGE");
	talk_close(&a);
	talk_close(&b);
	served_free(&s);
}

Test(changes, a_change_may_depend_on_there_being_none_before)
{
	struct served *s = plain(12);

	struct talk *t = talk_login(s);
	uint64_t before =
		number(talk(t, "SELECT INBOX (CONDSTORE)"), "HIGHESTMODSEQ ");
	uint64_t first = number(talk(t, "STORE 2 +FLAGS (\\Seen)"), "MODSEQ (");
	cr_expect_gt(first, before);
	const char *guarded = talk(
		t, "STORE 1:3 (UNCHANGEDSINCE %" PRIu64 ") +FLAGS (x)", before);
	expect_in(guarded, "OK [MODIFIED 2]");
	expect_in(guarded, "* 1 FETCH (UID 1 FLAGS");
	expect_not_in(guarded, "* 2 FETCH");
	/* Silent, but the number is owed. */
	expect_in(talk(t, "STORE 5 +FLAGS.SILENT (y)"),
	          "* 5 FETCH (UID 5 MODSEQ (");
	const char *since =
		talk(t, "FETCH 1:* (FLAGS) (CHANGEDSINCE %" PRIu64 ")", first);
	expect_in(since, "* 1 FETCH (");
	expect_not_in(since, "* 2 FETCH (");
	expect_in(talk(t, "SEARCH MODSEQ %" PRIu64, first), "* SEARCH 1 2 3 5 "
	                                                    "(MODSEQ ");
	expect_in(talk(t, "STATUS INBOX (HIGHESTMODSEQ)"), "HIGHESTMODSEQ");
	talk_close(&t);
	served_free(&s);
}

Test(changes, who_comes_back_learns_what_was_missed)
{
	struct served *s = plain(12);

	struct talk *t = talk_login(s);
	const char *first = talk(t, "SELECT INBOX");
	uint64_t modseq = number(first, "HIGHESTMODSEQ ");
	uint64_t validity = number(first, "UIDVALIDITY ");
	expect_end(talk(t, "CREATE other"), "OK");
	expect_end(talk(t, "STORE 3,4 +FLAGS.SILENT (\\Deleted)"), "OK");
	expect_end(talk(t, "EXPUNGE"), "OK");
	expect_end(talk(t, "UID MOVE 6 other"), "OK");
	expect_end(talk(t, "UID STORE 1 +FLAGS (\\Flagged)"), "OK");
	talk_close(&t);
	/* Through a restart without any cache. */
	for (int round = 0; round < 2; round++) {
		t = talk_login(s);
		expect_in(talk(t, "ENABLE QRESYNC"), "* ENABLED QRESYNC");
		const char *back = talk(
			t, "SELECT INBOX (QRESYNC (%" PRIu64 " %" PRIu64 "))",
			validity, modseq);
		expect_in(back, "* VANISHED (EARLIER) 3:4,6\r\n");
		expect_in(back, "* 1 FETCH (UID 1 FLAGS (");
		if (!round)
			expect_not_in(back, "* 2 FETCH");
		uint64_t now = number(back, "HIGHESTMODSEQ ");
		expect_not_in(talk(t,
		                   "SELECT INBOX (QRESYNC (%" PRIu64 " %" PRIu64
		                   " 1:5))",
		                   validity, now),
		              "FETCH");
		/* Another validity: nothing is said. */
		expect_not_in(talk(t, "SELECT INBOX (QRESYNC (1 %" PRIu64 "))",
		                   modseq),
		              "VANISHED");
		expect_in(talk(t,
		               "UID FETCH 1:10 (FLAGS) (CHANGEDSINCE %" PRIu64
		               " VANISHED)",
		               modseq),
		          "* VANISHED (EARLIER) 3:4,6\r\n");
		expect_end(talk(t, "UID STORE 2 +FLAGS.SILENT (\\Deleted)"),
		           "OK");
		expect_end(talk(t, "UID STORE 2 -FLAGS.SILENT (\\Deleted)"),
		           "OK");
		talk_close(&t);
		if (round)
			break;
		served_stop(s);
		char *cache = g_strconcat(s->path, ".cache", NULL);
		cr_assert_eq(am_remove_tree(cache, NULL), AM_OK);
		g_free(cache);
		served_start(s);
		/* MODSEQ went on; what was said before still holds. */
		t = talk_login(s);
		cr_expect_geq(number(talk(t, "SELECT INBOX"), "HIGHESTMODSEQ "),
		              now);
		expect_end(talk(t, "UID STORE 2 -FLAGS (x)"), "OK");
		talk_close(&t);
	}
	served_free(&s);
}

/* UIDs and validity are the same after compact and rebuild. */
Test(changes, numbers_stay_through_compact)
{
	struct served *s = plain(12);
	struct am_compact_options how = {.to = NULL};
	struct am_repair_result result;
	struct am_error err = {0};

	struct talk *t = selected(s, "INBOX");
	expect_end(talk(t, "CREATE other"), "OK");
	expect_end(talk(t, "STORE 2 +FLAGS.SILENT (\\Deleted)"), "OK");
	expect_end(talk(t, "EXPUNGE"), "OK");
	expect_end(talk(t, "MOVE 2 other"), "OK");
	expect_end(talk(t, "UNSELECT"), "OK");
	char *before = g_strdup(talk(t, "SELECT INBOX"));
	char *rows = g_strdup(talk(t, "FETCH 1:* (UID FLAGS MODSEQ)"));
	talk_close(&t);
	served_stop(s);
	cr_assert_eq(am_archive_compact(s->path, &how, &s->ctx, &result, &err),
	             AM_OK, "%s", err.text);
	served_start(s);
	t = talk_login(s);
	cr_expect_str_eq(talk(t, "SELECT INBOX"), before);
	cr_expect_str_eq(talk(t, "FETCH 1:* (UID FLAGS MODSEQ)"), rows);
	talk_close(&t);
	g_free(before);
	g_free(rows);
	served_free(&s);
}

/* An import beside the server shows up. */
Test(changes, what_is_imported_meanwhile_is_told)
{
	struct served *s = plain(12);

	struct talk *t = selected(s, "INBOX");
	talk_send(t, "i IDLE\r\n", 8);
	expect_in(talk_line(t), "+ ");
	served_add(s, "INBOX", MAIL, strlen(MAIL));
	expect_in(talk_line(t), "* 11 EXISTS");
	talk_send(t, "DONE\r\n", 6);
	expect_end(talk_until(t, "i"), "OK");
	expect_in(talk(t, "FETCH 11 BODY.PEEK[]"), MAIL);
	expect_end(talk(t, "STORE 11 +FLAGS (\\Seen)"), "OK");
	talk_close(&t);
	served_free(&s);
}

struct hammer {
	struct served *s;
	int id;
};

static gpointer hammer(gpointer user)
{
	struct hammer *h = user;
	struct talk *t = selected(h->s, "INBOX");

	for (int i = 0; i < 40; i++) {
		expect_end(talk(t, "STORE %d +FLAGS (k%d)", i % 5 + 1, h->id),
		           "OK");
		expect_end(talk(t, "APPEND INBOX {22+}\r\n" MAIL), "OK");
		expect_end(talk(t, "FETCH 1:* (UID FLAGS)"), "OK");
		expect_end(talk(t, "FETCH * BODY.PEEK[]"), "OK");
	}
	talk_close(&t);
	return NULL;
}

Test(changes, many_clients_at_once_lose_nothing)
{
	enum { CLIENTS = 8 };
	struct served *s = plain(12);
	struct hammer hammers[CLIENTS];
	GThread *threads[CLIENTS];

	for (int i = 0; i < CLIENTS; i++) {
		hammers[i] = (struct hammer){s, i};
		threads[i] = g_thread_new("client", hammer, &hammers[i]);
	}
	for (int i = 0; i < CLIENTS; i++)
		g_thread_join(threads[i]);
	struct talk *t = selected(s, "INBOX");
	expect_in(talk(t, "STATUS INBOX (MESSAGES)"), "(MESSAGES 330)");
	const char *row = talk(t, "FETCH 1 FLAGS");
	for (int i = 0; i < CLIENTS; i++) {
		char word[8];
		g_snprintf(word, sizeof word, "k%d", i);
		expect_in(row, word);
	}
	talk_close(&t);
	served_free(&s);
}

#define DRAFT(n) "Subject: draft " n "\r\n\r\nas of " n "\r\n"

Test(changes, a_message_is_replaced_in_one_step)
{
	struct served *s = served_new(0);

	served_add(s, "INBOX", DRAFT("1"), strlen(DRAFT("1")));
	served_add(s, "INBOX", DRAFT("2"), strlen(DRAFT("2")));
	served_start(s);
	struct talk *t = talk_login(s);
	expect_in(talk(t, "CAPABILITY"), " REPLACE ");
	expect_end(talk(t, "REPLACE 1 INBOX {1+}\r\nx"), "BAD");
	expect_end(talk(t, "CREATE Drafts"), "OK");
	expect_end(talk(t, "SELECT INBOX"), "OK");
	const char *done = talk(t, "REPLACE 1 INBOX (\\Draft) {%zu+}\r\n%s",
	                        strlen(DRAFT("3")), DRAFT("3"));
	/* RFC 8508 §3.3: the UID comes before the EXPUNGE. */
	const char *uid = strstr(done, "* OK [APPENDUID ");
	const char *gone = strstr(done, "* 1 EXPUNGE");
	cr_expect(uid && gone && uid < gone, "%s", done);
	expect_in(done, " 3] ");
	expect_in(done, "* 2 EXISTS");
	expect_end(done, "OK");
	expect_in(talk(t, "FETCH 2 (FLAGS BODY.PEEK[TEXT])"), "as of 3");
	/* Into another one, its name as a literal. */
	done = talk(t, "UID REPLACE 2 {6+}\r\nDrafts {%zu+}\r\n%s",
	            strlen(DRAFT("4")), DRAFT("4"));
	expect_in(done, " 1] ");
	expect_in(done, "* 1 EXPUNGE");
	expect_end(done, "OK");
	expect_in(talk(t, "STATUS Drafts (MESSAGES)"), "(MESSAGES 1)");
	/* Not there, several, nowhere, nothing: all stays. */
	expect_end(talk(t, "UID REPLACE 1 INBOX {4+}\r\nabcd"), "NO");
	expect_end(talk(t, "REPLACE 5 INBOX {4+}\r\nabcd"), "BAD");
	expect_end(talk(t, "REPLACE 1:2 INBOX {4+}\r\nabcd"), "BAD");
	expect_in(talk(t, "REPLACE 1 none {4+}\r\nabcd"), "NO [TRYCREATE]");
	expect_end(talk(t, "REPLACE 1 INBOX {0+}\r\n"), "NO");
	expect_end(talk(t, "REPLACE 1 INBOX"), "BAD");
	expect_end(talk(t, "REPLACE 1 INBOX {1+}\r\na {1+}\r\nb"), "BAD");
	expect_in(talk(t, "STATUS INBOX (MESSAGES)"), "(MESSAGES 1)");
	expect_end(talk(t, "EXAMINE INBOX"), "OK");
	expect_in(talk(t, "REPLACE 1 INBOX {4+}\r\nabcd"), "NO [READ-ONLY]");
	talk_close(&t);
	served_free(&s);
}

/* One of two has it replaced first; the other one's is not put beside it. */
Test(changes, a_message_is_replaced_once)
{
	struct served *s = served_new(0);

	served_add(s, "INBOX", DRAFT("1"), strlen(DRAFT("1")));
	served_start(s);
	struct talk *a = talk_login(s), *b = talk_login(s);
	expect_end(talk(a, "SELECT INBOX"), "OK");
	expect_end(talk(b, "SELECT INBOX"), "OK");
	expect_end(talk(a, "REPLACE 1 INBOX {4+}\r\nabcd"), "OK");
	const char *late = talk(b, "REPLACE 1 INBOX {4+}\r\nabcd");
	expect_end(late, "NO");
	expect_in(talk(a, "STATUS INBOX (MESSAGES)"), "(MESSAGES 1)");
	talk_close(&a);
	talk_close(&b);
	served_free(&s);
}

/* An INBOX that nobody has put anything in is there from when it is opened. */
Test(changes, the_first_mail_in_an_inbox_is_heard_of)
{
	struct served *s = served_new(0);

	served_start(s);
	struct talk *a = talk_login(s), *b = talk_login(s);
	const char *answer = talk(a, "SELECT INBOX");
	expect_end(answer, "OK");
	uint64_t uidvalidity = number(answer, "UIDVALIDITY ");
	expect_end(talk(b, "APPEND INBOX {22+}\r\n" MAIL), "OK");
	expect_in(talk(a, "NOOP"), "* 1 EXISTS");
	expect_in(talk(a, "UID FETCH 1:* (FLAGS)"), "* 1 FETCH (UID 1 ");
	cr_expect_eq(
		number(talk(b, "STATUS INBOX (UIDVALIDITY)"), "UIDVALIDITY "),
		uidvalidity);
	talk_close(&a);
	talk_close(&b);
	served_free(&s);
}
