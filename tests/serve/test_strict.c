/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the RFCs want to the letter, where being lenient helps nobody. */
#include "served.h"

#include <criterion/criterion.h>

TestSuite(strict, .timeout = 120);

static void all_end(struct talk *t, const char *const *commands, size_t n,
                    const char *word)
{
	for (size_t i = 0; i < n; i++) {
		const char *answer = talk(t, "%s", commands[i]);
		cr_expect(talk_ends_with(answer, word), "%s: %s", commands[i],
		          answer);
	}
}

Test(strict, what_takes_nothing_is_given_nothing)
{
	static const char *const bad[] = {
		"NOOP x",       "CAPABILITY x", "NAMESPACE x",
		"CHECK x",      "CLOSE x",      "UNSELECT x",
		"IDLE x",       "LOGOUT x",     "ENABLE (CONDSTORE)",
		"ENABLE \"X\"",
	};
	struct served *s = served_new(3);

	served_start(s);
	struct talk *t = talk_login(s);
	expect_end(talk(t, "SELECT INBOX"), "OK");
	all_end(t, bad, AM_COUNT(bad), "BAD");
	expect_end(talk(t, "CHECK"), "OK");
	talk_close(&t);
	served_free(&s);
}

Test(strict, an_id_is_pairs_of_strings)
{
	static const char *const good[] = {"ID NIL", "ID ()",
	                                   "ID (\"name\" \"x\" \"os\" NIL)"};
	static const char *const bad[] = {
		"ID (\"name\")", "ID (\"name\" \"x\" \"os\" linux)",
		"ID (NIL \"x\")", "ID (\"name\" (\"x\"))"};
	struct served *s = served_new(0);

	served_start(s);
	struct talk *t = talk_open(s);
	all_end(t, good, AM_COUNT(good), "OK");
	all_end(t, bad, AM_COUNT(bad), "BAD");
	talk_close(&t);
	served_free(&s);
}

Test(strict, a_literal_is_one_or_the_line_is_bad)
{
	static const char *const bad[] = {"SELECT {-1}", "SELECT {5}x",
	                                  "SELECT {5"};
	struct served *s = served_new(0);

	served_start(s);
	struct talk *t = talk_login(s);
	all_end(t, bad, AM_COUNT(bad), "BAD");
	talk_close(&t);
	served_free(&s);
}

/* A session ends when nothing else is said in it, not when enough was wrong. */
Test(strict, mistakes_now_and_then_are_forgiven)
{
	struct served *s = served_new(0);

	served_start(s);
	struct talk *t = talk_login(s);
	for (int i = 0; i < 120; i++) {
		expect_end(talk(t, "FROBNICATE"), "BAD");
		if (i % 40 == 39)
			expect_end(talk(t, "NOOP"), "OK");
	}
	talk_close(&t);
	served_free(&s);
}

Test(strict, base64_is_padded_at_its_end)
{
	struct served *s = served_new(0);

	served_start(s);
	struct talk *t = talk_open(s);
	expect_end(talk(t, "AUTHENTICATE PLAIN ===="), "BAD");
	expect_end(talk(t, "AUTHENTICATE PLAIN AG1l=HNl"), "BAD");
	expect_end(talk(t, "AUTHENTICATE PLAIN A==="), "BAD");
	expect_end(talk(t, "AUTHENTICATE PLAIN AG1lAHNlY3JldA=="), "OK");
	talk_close(&t);
	served_free(&s);
}

Test(strict, flags_are_atoms)
{
	static const char *const bad[] = {
		"STORE 1 +FLAGS (a{b)",   "STORE 1 +FLAGS (a]b)",
		"STORE 1 +FLAGS (a%b)",   "STORE 1 +FLAGS (a\"b)",
		"STORE 1 +FLAGS (\\Foo)", "APPEND INBOX (a{b) {1+}\r\nx",
	};
	struct served *s = served_new(3);

	served_start(s);
	struct talk *t = talk_login(s);
	expect_end(talk(t, "SELECT INBOX"), "OK");
	all_end(t, bad, AM_COUNT(bad), "BAD");
	expect_in(talk(t, "FETCH 1 FLAGS"), "FLAGS ())");
	talk_close(&t);
	served_free(&s);
}

Test(strict, what_a_fetch_asks_for_comes_back_by_its_name)
{
	struct served *s = served_new(3);

	served_start(s);
	struct talk *t = talk_login(s);
	expect_end(talk(t, "SELECT INBOX"), "OK");
	expect_in(talk(t, "FETCH 1 BODY.PEEK[HEADER.FIELDS (a \"b c\" d)]"),
	          "BODY[HEADER.FIELDS (A \"B C\" D)] {2}");
	/* RFC 8970: the brackets are the item's own. */
	expect_in(talk(t, "FETCH 1 PREVIEW (LAZY)"), "FETCH (PREVIEW ");
	expect_in(talk(t, "FETCH 1 PREVIEW (LAZY) (CHANGEDSINCE 1)"), "OK");
	expect_in(talk(t, "FETCH 1 (PREVIEW (LAZY) UID)"), "UID ");
	expect_end(talk(t, "FETCH 1 (PREVIEW (HASTY))"), "BAD");
	expect_end(talk(t, "FETCH 1 (PREVIEW ())"), "BAD");
	expect_end(talk(t, "FETCH 1 BODY.PEEK[]<18446744073709551616.1>"),
	           "BAD");
	talk_close(&t);
	served_free(&s);
}

Test(strict, what_was_saved_stands_among_numbers)
{
	struct served *s = served_new(12);

	served_start(s);
	struct talk *t = talk_login(s);
	expect_end(talk(t, "SELECT INBOX"), "OK");
	expect_end(talk(t, "SEARCH RETURN (SAVE) 2:3"), "OK");
	expect_in(talk(t, "SEARCH 5,$"), "* SEARCH 2 3 5\r\n");
	expect_in(talk(t, "UID SEARCH UID $,5"), "* SEARCH 2 3 5\r\n");
	expect_end(talk(t, "FETCH 5,,$ UID"), "BAD");
	expect_end(talk(t, "FETCH ,$ UID"), "BAD");
	expect_end(talk(t, "FETCH 99,$ UID"), "BAD");
	/* RFC 5182 §2.1: BAD leaves it, NO does not. */
	expect_end(talk(t, "SEARCH RETURN (SAVE) NONSENSE"), "BAD");
	expect_in(talk(t, "SEARCH $"), "* SEARCH 2 3\r\n");
	expect_end(talk(t, "SEARCH RETURN (SAVE) CHARSET x-no ALL"), "NO");
	expect_in(talk(t, "SEARCH $"), "* SEARCH\r\n");
	talk_close(&t);
	served_free(&s);
}

Test(strict, searches_say_one_charset_and_no_time_is_nothing)
{
	struct served *s = served_new(3);

	served_start(s);
	struct talk *t = talk_login(s);
	expect_end(talk(t, "SELECT INBOX"), "OK");
	expect_end(talk(t, "SEARCH YOUNGER 0"), "BAD");
	expect_end(talk(t, "SEARCH OLDER 0"), "BAD");
	expect_end(talk(t, "SEARCH CHARSET UTF-8 ALL"), "OK");
	expect_end(talk(t, "ENABLE UTF8=ACCEPT"), "OK");
	/* RFC 6855 §3, with its erratum. */
	expect_end(talk(t, "SEARCH CHARSET UTF-8 ALL"), "BAD");
	expect_end(talk(t, "SORT (DATE) US-ASCII ALL"), "BAD");
	expect_end(talk(t, "THREAD REFERENCES US-ASCII ALL"), "BAD");
	expect_end(talk(t, "SORT (DATE) UTF-8 ALL"), "OK");
	expect_end(talk(t, "SEARCH SUBJECT \"\xC3\xBC\""), "OK");
	talk_close(&t);
	served_free(&s);
}

Test(strict, coming_back_is_asked_for_by_sets_that_fit)
{
	static const char *const bad[] = {
		"(1 1 1:*)",
		"(1 1 1:3 x)",
		"(1 1 1:3 (1 2 3))",
		"(1 1 1:3 (1:2 5))",
		"(1 1 (1:2 1:*))",
		"(1 1 1:3 (1 1) 4)",
		"(1)",
		"(0 1)",
		"(1 x)",
	};
	struct served *s = served_new(3);

	served_start(s);
	struct talk *t = talk_login(s);
	expect_end(talk(t, "ENABLE QRESYNC"), "OK");
	for (size_t i = 0; i < AM_COUNT(bad); i++)
		expect_end(talk(t, "SELECT INBOX (QRESYNC %s)", bad[i]), "BAD");
	expect_end(talk(t, "SELECT INBOX (QRESYNC (1 1 1:3 (1:2 1:2)))"), "OK");
	expect_end(talk(t, "SELECT INBOX (QRESYNC (1 1 (1:2 1:2)))"), "OK");
	expect_end(talk(t, "ENABLE UIDONLY"), "OK");
	expect_end(talk(t, "SELECT INBOX (QRESYNC (1 1 1:3 (1:2 1:2)))"),
	           "BAD");
	talk_close(&t);
	served_free(&s);
}

/* RFC 7162 §3.2.11: by who can QRESYNC, enabled or not. */
Test(strict, leaving_a_mailbox_for_another_is_told)
{
	struct served *s = served_new(3);

	served_start(s);
	struct talk *t = talk_login(s);
	expect_not_in(talk(t, "SELECT INBOX"), "[CLOSED]");
	const char *again = talk(t, "EXAMINE INBOX");
	expect_in(again, "* OK [CLOSED]");
	cr_expect(g_str_has_prefix(again, "* OK [CLOSED]"));
	talk_close(&t);
	served_free(&s);
}

Test(strict, what_lists_cannot_say_is_bad)
{
	struct served *s = served_new(3);

	served_start(s);
	struct talk *t = talk_login(s);
	expect_end(talk(t, "CREATE up/out (USE (\\Sent))"), "OK");
	expect_end(talk(t, "UNSUBSCRIBE up/out"), "OK");
	const char *all = talk(t, "LIST (SPECIAL-USE RECURSIVEMATCH) \"\" %%");
	expect_in(all, "\"up\" (\"CHILDINFO\" (\"SPECIAL-USE\"))");
	expect_not_in(all, "INBOX");
	expect_not_in(talk(t, "LIST (SPECIAL-USE SUBSCRIBED RECURSIVEMATCH) "
	                      "\"\" %%"),
	              "\"up\"");
	expect_in(talk(t, "LIST (SPECIAL-USE) \"\" *"), "\"up/out\"");
	expect_not_in(talk(t, "LSUB \"\" \"\""), "LIST");
	expect_end(talk(t, "LIST \"\" ()"), "BAD");
	/* A parameter of CREATE that is none, and a use that is not ours. */
	expect_end(talk(t, "CREATE x (COLOUR blue)"), "BAD");
	expect_end(talk(t, "CREATE x (USE)"), "BAD");
	expect_in(talk(t, "CREATE x (USE (\\All))"), "NO [USEATTR]");
	talk_close(&t);
	served_free(&s);
}

Test(strict, the_open_mailbox_is_told_of_in_one_way)
{
	static const char *const bad[] = {
		"NOTIFY SET (SELECTED (MessageNew MessageExpunge)) "
		"(SELECTED (MessageNew MessageExpunge))",
		"NOTIFY SET (SELECTED NONE) "
		"(SELECTED-DELAYED (MessageNew MessageExpunge))",
	};
	struct served *s = served_new(3);

	served_start(s);
	struct talk *t = talk_login(s);
	all_end(t, bad, AM_COUNT(bad), "BAD");
	talk_close(&t);
	served_free(&s);
}

/* RFC 9051 §9, seq-number; a search there finds nothing. */
Test(strict, an_empty_mailbox_has_no_first_message)
{
	static const char *const bad[] = {
		"FETCH 1 FLAGS", "FETCH 1:* FLAGS", "STORE * +FLAGS (x)",
		"COPY 1 INBOX",  "MOVE 1:2 INBOX",  "SEARCH 0"};
	static const char *const good[] = {"UID FETCH 1:* FLAGS", "SEARCH 1:*",
	                                   "UID SEARCH UID *", "SEARCH 7",
	                                   "SORT (DATE) UTF-8 1:*"};
	struct served *s = served_new(3);

	served_start(s);
	struct talk *t = talk_login(s);
	expect_end(talk(t, "CREATE empty"), "OK");
	expect_end(talk(t, "SELECT empty"), "OK");
	all_end(t, bad, AM_COUNT(bad), "BAD");
	all_end(t, good, AM_COUNT(good), "OK");
	talk_close(&t);
	served_free(&s);
}
