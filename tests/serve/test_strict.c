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
