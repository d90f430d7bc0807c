/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "served.h"

#include "serve/pattern.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(mailboxes, .timeout = 120);

static const struct {
	const char *pattern, *name;
	bool matches;
} patterns[] = {
	{"*", "", true},
	{"*", "a/b", true},
	{"%", "a", true},
	{"%", "a/b", false},
	{"%/%", "a/b", true},
	{"a*c", "abbbc", true},
	{"a*c", "abbbcd", false},
	{"a%c", "ab/c", false},
	{"a*%c", "ab/cc", true},
	{"INBOX", "INBOX", true},
	{"", "", true},
	{"", "a", false},
	{"**%%**", "abc/d", true},
	{"a", "A", false},
};

Test(mailboxes, patterns_match)
{
	for (size_t i = 0; i < AM_COUNT(patterns); i++)
		cr_expect_eq(am_pattern_matches(patterns[i].pattern,
		                                patterns[i].name),
		             patterns[i].matches, "%s %s", patterns[i].pattern,
		             patterns[i].name);
}

/* CVE-2026-33607: a match in time that doubles with each wildcard. */
Test(mailboxes, many_wildcards_cost_little)
{
	GString *pattern = g_string_new(""), *name = g_string_new("");

	for (int i = 0; i < 40; i++)
		g_string_append(pattern, "%*a");
	g_string_append_c(pattern, 'x');
	for (int i = 0; i < 4000; i++)
		g_string_append_c(name, 'a');
	clock_t before = clock();
	cr_expect(!am_pattern_matches(pattern->str, name->str));
	cr_expect_lt((double)(clock() - before) / CLOCKS_PER_SEC, 0.5);
	g_string_free(pattern, TRUE);
	g_string_free(name, TRUE);
}

Test(mailboxes, are_listed_in_every_way)
{
	struct served *s = served_new(12);

	served_start(s);
	struct talk *t = talk_login(s);
	expect_end(talk(t, "CREATE top/middle/leaf"), "OK");
	expect_end(talk(t, "CREATE Gesendet (USE (\\Sent))"), "OK");
	expect_end(talk(t, "CREATE x (USE (\\Nonsense))"), "NO");
	const char *all = talk(t, "LIST \"\" *");
	expect_in(all, "* LIST (\\HasNoChildren) \"/\" \"INBOX\"");
	expect_in(all,
	          "(\\HasChildren \\NonExistent \\Noselect) \"/\" \"top\"");
	expect_in(all, "(\\HasNoChildren) \"/\" \"top/middle/leaf\"");
	expect_in(all, "(\\HasNoChildren \\Sent) \"/\" \"Gesendet\"");
	expect_not_in(talk(t, "LIST \"\" %%"), "top/middle");
	expect_in(talk(t, "LIST top/ %%"), "\"top/middle\"");
	expect_in(talk(t, "LIST \"\" inbox"), "\"INBOX\"");
	expect_in(talk(t, "LIST \"\" \"\""), "(\\Noselect) \"/\" \"\"");
	expect_in(talk(t, "LIST (SPECIAL-USE) \"\" *"), "Gesendet");
	expect_not_in(talk(t, "LIST (SPECIAL-USE) \"\" *"), "INBOX");
	expect_in(talk(t, "LIST \"\" (INBOX Ges*)"), "Gesendet");
	expect_in(talk(t, "LIST \"\" (INBOX)"), "INBOX");
	expect_end(talk(t, "UNSUBSCRIBE INBOX"), "OK");
	expect_not_in(talk(t, "LSUB \"\" *"), "INBOX");
	expect_in(talk(t, "LIST \"\" INBOX"), "INBOX");
	expect_not_in(talk(t, "LIST (SUBSCRIBED) \"\" *"), "INBOX");
	expect_end(talk(t, "SUBSCRIBE INBOX"), "OK");
	expect_in(talk(t, "LIST \"\" * RETURN (SUBSCRIBED)"),
	          "\\Subscribed) \"/\" \"INBOX\"");
	expect_in(talk(t, "LIST (SUBSCRIBED RECURSIVEMATCH) \"\" %%"),
	          "\"top\" (\"CHILDINFO\" (\"SUBSCRIBED\"))");
	expect_in(talk(t, "LIST \"\" INBOX RETURN (STATUS (MESSAGES UNSEEN))"),
	          "* STATUS \"INBOX\" (MESSAGES 10 UNSEEN");
	talk_close(&t);
	served_free(&s);
}

Test(mailboxes, come_and_go_and_keep_their_numbers)
{
	struct served *s = served_new(12);

	served_start(s);
	struct talk *t = talk_login(s);
	expect_end(talk(t, "CREATE new"), "OK");
	expect_end(talk(t, "CREATE new"), "NO");
	expect_end(talk(t, "SELECT INBOX"), "OK");
	expect_end(talk(t, "COPY 1:3 new"), "OK");
	expect_in(talk(t, "STATUS new (MESSAGES UIDNEXT)"),
	          "(MESSAGES 3 UIDNEXT 4)");
	expect_end(talk(t, "RENAME new other/name"), "OK");
	expect_end(talk(t, "SELECT new"), "NO");
	expect_in(talk(t, "SELECT other/name"), "* 3 EXISTS");
	expect_end(talk(t, "RENAME other/name other/name/below"), "NO");
	expect_end(talk(t, "RENAME other/name INBOX"), "NO");
	expect_end(talk(t, "DELETE other/name"), "OK");
	expect_end(talk(t, "DELETE other/name"), "NO");
	expect_end(talk(t, "DELETE INBOX"), "NO");
	/* Back again: none of its UIDs comes twice. */
	expect_end(talk(t, "CREATE other/name"), "OK");
	expect_in(talk(t, "STATUS other/name (MESSAGES UIDNEXT)"),
	          "(MESSAGES 0 UIDNEXT 4)");
	/* INBOX stays, what is in it goes. */
	expect_end(talk(t, "RENAME INBOX old-mail"), "OK");
	expect_in(talk(t, "STATUS INBOX (MESSAGES)"), "(MESSAGES 0)");
	expect_in(talk(t, "STATUS old-mail (MESSAGES)"), "(MESSAGES 10)");
	talk_close(&t);
	served_free(&s);
}

/* What is above others and no mailbox itself moves with what is below it. */
Test(mailboxes, a_name_above_others_is_renamed)
{
	struct served *s = served_new(12);

	served_start(s);
	struct talk *t = talk_login(s);
	expect_end(talk(t, "CREATE a/b/c"), "OK");
	expect_end(talk(t, "CREATE a/b/d/e"), "OK");
	expect_end(talk(t, "CREATE a/bc"), "OK");
	expect_in(talk(t, "LIST \"\" a/b"), "\\NonExistent");
	expect_end(talk(t, "RENAME a/b a/b/x"), "NO");
	expect_end(talk(t, "RENAME a/b INBOX"), "NO");
	expect_end(talk(t, "RENAME a/none x"), "NO");
	expect_end(talk(t, "RENAME a/b Trash/b"), "OK");
	expect_end(talk(t, "SELECT Trash/b/c"), "OK");
	expect_end(talk(t, "SELECT Trash/b/d/e"), "OK");
	expect_end(talk(t, "SELECT a/b/c"), "NO");
	expect_end(talk(t, "SELECT a/bc"), "OK");
	talk_close(&t);
	served_free(&s);
}

Test(mailboxes, names_of_all_kinds)
{
	static const char *const bad[] = {
		"\"..\"",         "\".\"",        "\"a/../b\"",
		"\"a//b\"",       "\"/\"",        "\"\"",
		"{3+}\r\na\001b", "\"\xFF\xFE\"", "\"a\xED\xA0\x80\""};
	static const char *const bad_utf7[] = {"a&xx", "&AGE-", "&2D0-", "a&-&",
	                                       "\"a & b\""};
	struct served *s = served_new(0);

	served_start(s);
	struct talk *t = talk_login(s);
	/* Modified UTF-7, and UTF-8 after it was agreed. */
	expect_end(talk(t, "CREATE \"Entw&APw-rfe\""), "OK");
	expect_in(talk(t, "LIST \"\" Entw*"), "\"Entw&APw-rfe\"");
	expect_end(talk(t, "CREATE \"a &- b\""), "OK");
	expect_in(talk(t, "LIST \"\" a*"), "\"a &- b\"");
	/* What could not be told as it was given is not made. */
	for (size_t i = 0; i < AM_COUNT(bad_utf7); i++) {
		expect_in(talk(t, "CREATE %s", bad_utf7[i]), "NO [CANNOT]");
		expect_in(talk(t, "RENAME Entw&APw-rfe %s", bad_utf7[i]),
		          "NO [CANNOT]");
	}
	expect_end(talk(t, "CREATE \"q\\\"uote\""), "OK");
	expect_in(talk(t, "LIST \"\" q*"), "\"q\\\"uote\"");
	expect_end(talk(t, "ENABLE UTF8=ACCEPT"), "OK");
	expect_in(talk(t, "LIST \"\" \"Entw\xC3\xBCrfe\""),
	          "\"Entw\xC3\xBCrfe\"");
	for (size_t i = 0; i < AM_COUNT(bad); i++)
		expect_end(talk(t, "CREATE %s", bad[i]), "NO");
	talk_send(t, "z CREATE {3+}\r\na\0b\r\n", 20);
	expect_end(talk_until(t, "z"), "BAD");
	char *lng = g_strnfill(5000, 'x');
	expect_end(talk(t, "CREATE %s", lng), "NO");
	g_free(lng);
	talk_close(&t);
	served_free(&s);
}

Test(mailboxes, a_folder_with_a_slash_in_its_name_is_one_mailbox)
{
	struct served *s = served_new(0);

	served_start(s);
	struct talk *t = talk_login(s);
	expect_end(talk(t, "CREATE \"a&IhU-b\""), "OK"); /* U+2215 */
	expect_in(talk(t, "LIST \"\" %%"), "\"a&IhU-b\"");
	talk_close(&t);
	served_free(&s);
}
