/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Extensions that have a word of their own to say. */
#include "served.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(extensions, .timeout = 120);

/* ---- UIDONLY, RFC 9586 ---- */

Test(extensions, without_numbers_all_is_said_by_uid)
{
	static const char *const by_number[] = {
		"FETCH 1 (FLAGS)",  "STORE 1 +FLAGS (\\Seen)",
		"COPY 1 work",      "MOVE 1 work",
		"SEARCH ALL",       "SORT (DATE) UTF-8 ALL",
		"UID SEARCH 1:3",   "THREAD REFERENCES UTF-8 ALL",
		"UID SEARCH NOT *", "REPLACE 1 INBOX {1+}\r\na"};
	struct served *s = served_new(12);

	served_start(s);
	struct talk *t = talk_login(s), *other = talk_login(s);
	expect_in(talk(t, "CAPABILITY"), " UIDONLY");
	expect_end(talk(t, "CREATE work"), "OK");
	expect_in(talk(t, "ENABLE UIDONLY"), "* ENABLED UIDONLY\r\n");
	expect_not_in(talk(t, "SELECT INBOX"), "[UNSEEN");
	for (size_t i = 0; i < AM_COUNT(by_number); i++)
		expect_in(talk(t, "%s", by_number[i]), "BAD [UIDREQUIRED]");
	const char *told = talk(t, "UID FETCH 2:3 (FLAGS)");
	expect_in(told, "* 2 UIDFETCH (FLAGS (");
	expect_not_in(told, " FETCH ");
	expect_in(talk(t, "UID FETCH 3 (UID FLAGS)"), "* 3 UIDFETCH (UID 3 ");
	told = talk(t, "UID STORE 2 +FLAGS (\\Deleted)");
	expect_in(told, "* 2 UIDFETCH (FLAGS (");
	expect_end(told, "OK");
	/* What another one does comes by UID, too, also without QRESYNC. */
	expect_end(talk(other, "SELECT INBOX"), "OK");
	expect_end(talk(other, "STORE 3 +FLAGS (\\Flagged)"), "OK");
	told = talk(t, "NOOP");
	expect_in(told, "* 3 UIDFETCH (FLAGS (");
	told = talk(t, "EXPUNGE");
	expect_in(told, "* VANISHED 2");
	expect_not_in(told, " EXPUNGE\r\n");
	expect_in(talk(t, "UID SEARCH UID 3:*"), "* SEARCH 3 ");
	expect_in(talk(t, "UID SEARCH RETURN (SAVE) UID 4"), "OK");
	expect_in(talk(t, "UID FETCH $ (FLAGS)"), "* 4 UIDFETCH (");
	talk_close(&t);
	talk_close(&other);
	served_free(&s);
}

/* ---- PARTIAL of FETCH, RFC 9394 ---- */

static const struct {
	const char *command, *uids;
} parts[] = {
	{"UID FETCH 1:* (UID) (PARTIAL 1:3)", "1 2 3 "},
	{"UID FETCH 1:* (UID) (PARTIAL 9:20)", "9 10 "},
	{"UID FETCH 1:* (UID) (PARTIAL -1:-2)", "9 10 "},
	{"UID FETCH 3:6 (UID) (PARTIAL -3:-2)", "4 5 "},
	{"UID FETCH 1:* (UID) (PARTIAL 11:20)", ""},
	{"FETCH 2:3,5 (UID) (PARTIAL 3:2)", "3 5 "},
};

Test(extensions, a_part_of_a_fetch_is_counted_from_either_end)
{
	struct served *s = served_new(12);

	served_start(s);
	struct talk *t = talk_login(s);
	expect_in(talk(t, "SELECT INBOX"), "* 10 EXISTS");
	for (size_t i = 0; i < AM_COUNT(parts); i++) {
		const char *at = talk(t, "%s", parts[i].command);
		GString *uids = g_string_new("");
		while ((at = strstr(at, "(UID "))) {
			at += strlen("(UID ");
			g_string_append_printf(uids, "%d ", atoi(at));
		}
		cr_expect_str_eq(uids->str, parts[i].uids, "%s",
		                 parts[i].command);
		g_string_free(uids, TRUE);
	}
	expect_end(talk(t, "FETCH 1 (UID) (PARTIAL 1:-3)"), "BAD");
	expect_end(talk(t, "FETCH 1 (UID) (PARTIAL 0:3)"), "BAD");
	talk_close(&t);
	served_free(&s);
}

/* ---- rights, RFC 4314 and 8440 ---- */

Test(extensions, rights_are_what_can_be_done)
{
	struct served *s = served_new(2);

	s->virtual = true;
	served_start(s);
	struct talk *t = talk_login(s);
	expect_in(talk(t, "CAPABILITY"), " ACL RIGHTS=kxte LIST-MYRIGHTS");
	expect_end(talk(t, "CREATE work"), "OK");
	expect_in(talk(t, "MYRIGHTS work"),
	          "* MYRIGHTS \"work\" lrswikxtecd\r\n");
	expect_in(talk(t, "MYRIGHTS inbox"),
	          "* MYRIGHTS \"INBOX\" lrswikxtecd");
	expect_in(talk(t, "MYRIGHTS Flagged"), " lrsw\r\n");
	expect_in(talk(t, "MYRIGHTS none"), "NO [NONEXISTENT]");
	expect_end(talk(t, "MYRIGHTS"), "BAD");
	expect_in(talk(t, "LIST \"\" work RETURN (MYRIGHTS)"),
	          "* MYRIGHTS \"work\" lrswikxtecd");
	expect_in(talk(t, "GETACL work"), "NO [NOPERM]");
	expect_in(talk(t, "LISTRIGHTS work me"), "NO [NOPERM]");
	expect_in(talk(t, "SETACL work you lrs"), "NO [NOPERM]");
	expect_in(talk(t, "DELETEACL work me"), "NO [NOPERM]");
	expect_end(talk(t, "SETACL work"), "BAD");
	talk_close(&t);
	served_stop(s);
	s->user_read_only = true;
	served_start(s);
	t = talk_login(s);
	expect_in(talk(t, "MYRIGHTS work"), " lr\r\n");
	talk_close(&t);
	served_free(&s);
}

/* ---- INPROGRESS, RFC 9585 ---- */

Test(extensions, a_long_search_says_how_far_it_is)
{
	struct served *s = served_new(600);

	s->house.progress_ms = 1;
	served_start(s);
	struct talk *t = talk_login(s);
	expect_in(talk(t, "CAPABILITY"), " INPROGRESS");
	expect_end(talk(t, "SELECT INBOX"), "OK");
	const char *found = talk(t, "SEARCH BODY nothingofthesort");
	const char *at = strstr(found, "* OK [INPROGRESS (\"t4\" ");
	cr_assert(at, "%s", found);
	unsigned done, all;
	cr_expect_eq(
		sscanf(at, "* OK [INPROGRESS (\"t4\" %u %u)]", &done, &all), 2);
	cr_expect_lt(done, all);
	expect_in(found, "* SEARCH\r\n");
	expect_end(found, "OK");
	talk_close(&t);
	served_free(&s);
}

/* ---- SEARCH=FUZZY, RFC 6203 ---- */

/* An index that finds the first three messages, the second best of all, and
 * knows of no more than eight. */
static int rank(void *user, struct am_vault *vault, const char *field,
                const char *text, struct am_ranked *out, struct am_error *err)
{
	static const uint8_t scores[] = {4, 99, 42};
	int64_t ids[] = {1, 2, 3};

	(void)user;
	(void)vault;
	(void)err;
	if (strcmp(text, "helo") != 0)
		return AM_END;
	cr_expect_str_eq(field, "subject");
	out->n = 3;
	out->ids = g_memdup2(ids, sizeof ids);
	out->scores = g_memdup2(scores, sizeof scores);
	out->last = 8;
	return AM_OK;
}

Test(extensions, a_fuzzy_search_says_how_well_it_fits)
{
	static const char late[] = "Subject: say helo\r\n\r\nx\r\n";
	struct served *s = served_new(0);

	for (int i = 0; i < 8; i++) {
		char *text = g_strdup_printf("Subject: %d\r\n\r\nx\r\n", i);
		served_add(s, "INBOX", text, strlen(text));
		g_free(text);
	}
	served_add(s, "INBOX", late, strlen(late));
	served_start(s);
	struct talk *t = talk_login(s);
	expect_not_in(talk(t, "CAPABILITY"), "FUZZY");
	expect_end(talk(t, "SELECT INBOX"), "OK");
	/* Without an index it is a search like any other. */
	expect_in(talk(t, "SEARCH FUZZY SUBJECT helo"), "* SEARCH 9\r\n");
	talk_close(&t);
	served_stop(s);
	s->house.rank = rank;
	served_start(s);
	t = talk_login(s);
	expect_in(talk(t, "CAPABILITY"), " SEARCH=FUZZY");
	expect_end(talk(t, "SELECT INBOX"), "OK");
	/* What the index does not know yet is read. */
	expect_in(talk(t, "SEARCH FUZZY SUBJECT helo"), "* SEARCH 1 2 3 9\r\n");
	expect_in(talk(t, "SEARCH RETURN (RELEVANCY) FUZZY SUBJECT helo"),
	          " ALL 1:3,9 RELEVANCY (4 99 42 100)\r\n");
	expect_in(talk(t, "SEARCH RETURN (RELEVANCY PARTIAL 2:3) FUZZY "
	                  "SUBJECT helo"),
	          " PARTIAL (2:3 2:3) RELEVANCY (99 42)\r\n");
	expect_in(talk(t, "SORT (RELEVANCY) UTF-8 FUZZY SUBJECT helo"),
	          "* SORT 9 2 3 1\r\n");
	expect_in(talk(t, "SORT RETURN (ALL RELEVANCY) (REVERSE RELEVANCY) "
	                  "UTF-8 FUZZY (SUBJECT helo) NOT UID 9"),
	          " ALL 1,3,2 RELEVANCY (4 42 99)\r\n");
	expect_in(talk(t, "SEARCH SUBJECT helo"), "* SEARCH 9\r\n");
	expect_in(talk(t, "SEARCH FUZZY SEEN"), "* SEARCH\r\n");
	expect_end(talk(t, "SEARCH RETURN (RELEVANCY) SUBJECT helo"), "BAD");
	expect_end(talk(t, "SORT (RELEVANCY) UTF-8 ALL"), "BAD");
	expect_end(talk(t, "SEARCH FUZZY"), "BAD");
	talk_close(&t);
	served_free(&s);
}

/* ---- what is told is what is kept, and whose MODSEQ counts ---- */

static const struct {
	const char *options, *told, *kept;
} returns[] = {
	/* RFC 4731 3.2: that of the message, or the higher of two. */
	{"MIN", "MIN 3 MODSEQ ", "3"},
	{"SAVE MIN", "MIN 3 MODSEQ ", "3"},
	{"SAVE MIN MAX", "MIN 3 MAX 9 MODSEQ ", "3,9"},
	{"SAVE MIN COUNT", "MIN 3 COUNT 7 MODSEQ ", "3:9"},
	/* RFC 9394 3.3. */
	{"SAVE PARTIAL 2:3", "PARTIAL (2:3 4:5) MODSEQ ", "4:5"},
	{"SAVE PARTIAL -1:-2", "PARTIAL (-1:-2 8:9) MODSEQ ", "8:9"},
	{"SAVE MIN PARTIAL 2:3", "MIN 3 PARTIAL (2:3 4:5) MODSEQ ", "3:5"},
	{"SAVE COUNT PARTIAL 2:3", "COUNT 7 PARTIAL (2:3 4:5) MODSEQ ", "3:9"},
	{"SAVE", "OK", "3:9"},
};

/* The highest a search for these tells, of all of them. */
static uint64_t modseq_of(struct talk *t, const char *set)
{
	const char *told = talk(t, "SEARCH %s MODSEQ 1", set);
	const char *at = strstr(told, "(MODSEQ ");

	cr_assert(at, "%s", told);
	return g_ascii_strtoull(at + strlen("(MODSEQ "), NULL, 10);
}

Test(extensions, a_search_keeps_and_dates_what_it_tells)
{
	struct served *s = served_new(12);

	served_start(s);
	struct talk *t = talk_login(s);
	expect_end(talk(t, "SELECT INBOX (CONDSTORE)"), "OK");
	for (int i = 1; i <= 10; i++)
		expect_end(talk(t, "STORE %d +FLAGS (\\Flagged)", i), "OK");
	for (size_t i = 0; i < AM_COUNT(returns); i++) {
		char *told = g_strdup(talk(t, "SEARCH RETURN (%s) 3:9 MODSEQ 1",
		                           returns[i].options));
		expect_in(told, returns[i].told);
		const char *at = strstr(told, ") MODSEQ ");
		at = at ? at + 2 : strstr(told, "MODSEQ ");
		if (at)
			cr_expect_eq(g_ascii_strtoull(at + strlen("MODSEQ "),
			                              NULL, 10),
			             modseq_of(t, returns[i].kept), "%s", told);
		char *kept = g_strdup_printf(" ALL %s\r\n", returns[i].kept);
		if (strstr(returns[i].options, "SAVE"))
			expect_in(talk(t, "SEARCH RETURN (ALL) $"), kept);
		g_free(kept);
		g_free(told);
	}
	talk_close(&t);
	served_free(&s);
}

/* ---- SAVEDATE, RFC 8514 ---- */

/* "1-Feb-1994" of a moment, as SEARCH wants it. */
static char *day_of(int64_t sec)
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr",
	                                     "May", "Jun", "Jul", "Aug",
	                                     "Sep", "Oct", "Nov", "Dec"};
	GDateTime *t = g_date_time_new_from_unix_utc(sec);
	char *text = g_strdup_printf(
		"%d-%s-%d", g_date_time_get_day_of_month(t),
		months[g_date_time_get_month(t) - 1], g_date_time_get_year(t));

	g_date_time_unref(t);
	return text;
}

/* The date of an answer, or NULL where it says NIL; g_free(). */
static char *saved_in(const char *told)
{
	const char *at = strstr(told, "SAVEDATE \"");

	return at ? g_strndup(at + strlen("SAVEDATE \""),
	                      strlen("01-Feb-1994 00:00:00 +0000"))
	          : NULL;
}

Test(extensions, when_a_message_came_to_a_mailbox_is_told)
{
	int64_t began = am_time_now();
	struct served *s = served_new(12);

	served_start(s);
	struct talk *t = talk_login(s);
	expect_in(talk(t, "CAPABILITY"), " SAVEDATE ");
	expect_end(talk(t, "CREATE work"), "OK");
	expect_end(talk(t, "SELECT INBOX"), "OK");
	expect_in(talk(t, "SEARCH SAVEDATESUPPORTED"),
	          "* SEARCH 1 2 3 4 5 6 7 8 9 10\r\n");
	/* Whenever they were written or received, they came today. */
	char *first = day_of(began), *last = day_of(am_time_now() + 86400);
	expect_in(talk(t, "SEARCH SAVEDSINCE %s SAVEDBEFORE %s", first, last),
	          "* SEARCH 1 2 3 4 5 6 7 8 9 10\r\n");
	expect_in(talk(t, "SEARCH SAVEDBEFORE %s", first), "* SEARCH\r\n");
	expect_in(talk(t, "SEARCH OR SAVEDON %s SAVEDON 1-Jan-2001", last),
	          "* SEARCH\r\n");
	expect_in(talk(t, "SEARCH SAVEDON today"), "BAD");
	char *was = saved_in(talk(t, "FETCH 2 (UID SAVEDATE INTERNALDATE)"));
	cr_assert(was);
	/* A copy and a move are saved anew: at an appended one's time at
	 * least. */
	expect_end(talk(t, "COPY 2 work"), "OK");
	expect_end(talk(t, "MOVE 3 work"), "OK");
	expect_end(talk(t, "STORE 2 +FLAGS (\\Flagged)"), "OK");
	char *still = saved_in(talk(t, "FETCH 2 (SAVEDATE)"));
	cr_expect_str_eq(still, was);
	expect_end(talk(t, "SELECT work"), "OK");
	for (int i = 1; i <= 2; i++) {
		char *now = saved_in(talk(t, "FETCH %d SAVEDATE", i));
		cr_expect(now, "message %d", i);
		g_free(now);
	}
	g_free(first);
	g_free(last);
	g_free(still);
	g_free(was);
	talk_close(&t);
	served_free(&s);
}

/* ---- MESSAGELIMIT, RFC 9738 ---- */

static const struct {
	const char *command, *untagged, *not_in, *code;
} limited[] = {
	/* The highest ones, and how far down. */
	{"FETCH 1:* (UID)", "* 8 FETCH (UID 8)", "* 7 FETCH",
         "OK [MESSAGELIMIT 3 8]"},
	{"UID FETCH 2:6,9 (UID)", "* 5 FETCH (UID 5)", "* 4 FETCH",
         "OK [MESSAGELIMIT 3 5]"},
	{"UID FETCH 1:3 (UID)", "* 1 FETCH (UID 1)", "[MESSAGELIMIT",
         "OK that"},
	{"UID FETCH 1:* (UID) (PARTIAL 2:4)", "* 2 FETCH (UID 2)", "* 5 FETCH",
         "OK that"},
	{"UID FETCH 1:* (UID) (PARTIAL 2:5)", "", "FETCH (",
         "NO [MESSAGELIMIT 3]"},
	{"STORE 1:4 +FLAGS (a)", "* 2 FETCH (UID 2", "* 1 FETCH",
         "OK [MESSAGELIMIT 3 2]"},
	/* The code that was first stays where it is. */
	{"UID STORE 1:4 (UNCHANGEDSINCE 1) +FLAGS (b)",
         "* NO [MESSAGELIMIT 3 2]", "* 1 FETCH", "OK [MODIFIED 2:4]"},
	/* Of a search those count that are looked at. */
	{"SEARCH ALL", "* SEARCH 8 9 10\r\n", "", "OK [MESSAGELIMIT 3 8]"},
	{"UID SEARCH UID 2:6 KEYWORD a", "* SEARCH 4\r\n", "",
         "OK [MESSAGELIMIT 3 4]"},
	{"UID SEARCH UIDBEFORE 4 KEYWORD a", "* SEARCH 2 3\r\n",
         "[MESSAGELIMIT", "OK that"},
	{"UID SEARCH UIDAFTER 7", "* SEARCH 8 9 10\r\n", "[MESSAGELIMIT",
         "OK that"},
	{"SORT (DATE) UTF-8 ALL", "", "* SORT", "NO [MESSAGELIMIT 3]"},
	{"SORT (ARRIVAL) UTF-8 UID 1:3", "* SORT ", "[MESSAGELIMIT", "OK that"},
	{"THREAD REFERENCES UTF-8 ALL", "", "* THREAD", "NO [MESSAGELIMIT 3]"},
	{"COPY 1:4 work", "", "COPYUID", "NO [MESSAGELIMIT 3]"},
	{"COPY 1:3 work", "", "[MESSAGELIMIT", "OK [COPYUID"},
	{"UID MOVE 1:4 work", "* OK [COPYUID", "", "OK [MESSAGELIMIT 3 2]"},
	{"UID SEARCH UID 1:4", "* SEARCH 1\r\n", "", "OK that"},
	{"UID STORE 8:10 -FLAGS.SILENT (\\Deleted)", "", "", "OK done"},
	{"UID STORE 5:7 +FLAGS.SILENT (\\Deleted)", "", "", "OK done"},
	{"UID STORE 8 +FLAGS.SILENT (\\Deleted)", "", "", "OK done"},
	{"UID EXPUNGE 1:*", "* NO [MESSAGELIMIT 3 6]", "", "OK [HIGHESTMODSEQ"},
	{"UID SEARCH UID 1:8", "* SEARCH 1 5\r\n", "", "OK that"},
	{"APPEND work {1+}\r\na {1+}\r\nb {1+}\r\nc {1+}\r\nd", "", "APPENDUID",
         "NO [MESSAGELIMIT 3]"},
	{"APPEND work {1+}\r\na {1+}\r\nb {1+}\r\nc", "", "[MESSAGELIMIT",
         "OK [APPENDUID"},
};

Test(extensions, so_many_messages_are_handled_at_once)
{
	struct served *s = served_new(12);

	s->house.message_limit = 3;
	served_start(s);
	struct talk *t = talk_login(s);
	expect_in(talk(t, "CAPABILITY"), " MESSAGELIMIT=3");
	expect_end(talk(t, "CREATE work"), "OK");
	expect_end(talk(t, "SELECT INBOX"), "OK");
	for (size_t i = 0; i < AM_COUNT(limited); i++) {
		const char *told = talk(t, "%s", limited[i].command);
		expect_in(told, limited[i].untagged);
		expect_in(told, limited[i].code);
		if (*limited[i].not_in)
			expect_not_in(told, limited[i].not_in);
	}
	talk_close(&t);
	served_free(&s);
}

Test(extensions, without_a_limit_none_is_said)
{
	struct served *s = served_new(12);

	served_start(s);
	struct talk *t = talk_login(s);
	expect_not_in(talk(t, "CAPABILITY"), "MESSAGELIMIT");
	expect_end(talk(t, "SELECT INBOX"), "OK");
	expect_in(talk(t, "UID SEARCH UIDAFTER 8 UIDBEFORE 10"),
	          "* SEARCH 9\r\n");
	expect_in(talk(t, "UID SEARCH UIDBEFORE 1"), "* SEARCH\r\n");
	expect_in(talk(t, "UID SEARCH UIDAFTER 4294967295"), "* SEARCH\r\n");
	expect_in(talk(t, "UID SEARCH UIDAFTER x"), "BAD");
	talk_close(&t);
	served_free(&s);
}
