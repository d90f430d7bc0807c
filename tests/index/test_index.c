/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/index_env.h"
#include "index/texts.h"

#include "support/tmpdir.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(index, .fini = am_test_tmpdir_end);

/* ---- by hand
 * ------------------------------------------------------------------ */

#define PDF                                                                \
	"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n" \
	"--b\nContent-Type: text/plain\n\nsee the attached budget\n"       \
	"--b\nContent-Type: application/pdf\nContent-Disposition: "        \
	"attachment; filename=\"Plan B.pdf\"\n\nxx\n--b--\n"

static const struct am_test_message few[] = {
	{.folder = {"INBOX"},
         .flags = AM_SEEN,
         .bytes = "From: Alice Smith <alice@example.org>\n"
                  "To: bob@mail.example.org\nSubject: Annual report\n"
                  "Date: 1 Jan 2020 00:00:00 +0000\n"
                  "Message-ID: <One@Example.org>\nList-Id: Talk <talk.x.org>\n"
                  "\nThe memory of the kernel.\n> quoted management text\n"
                  "management of memory\n"},
	{.folder = {"Work", "Deep"},
         .keywords = {"urgent"},
         .bytes = "From: bob@example.org\nCc: Alice <alice@example.org>\n"
                  "Subject: kernel memory management\n"
                  "Date: 1 Feb 2020 00:00:00 +0000\n\n"
                  "sys_clone3 and Größe, 日本語の文\n"},
	{.folder = {"Work"},
         .flags = AM_SEEN | AM_FLAGGED,
         .labels = {"Later"},
         .bytes = "From: carol@example.net\nSubject: =?utf-8?q?Caf=C3=A9?=\n"
                  "Date: 1 Mar 2020 00:00:00 +0000\n" PDF},
	{.folder = {"INBOX"},
         .bytes = "Subject: no date\n\nmemory bandwidth, memory management\n"},
};

static const struct {
	const char *query, *ids;
} table[] = {
	{"", "1 2 3 4"},
	{"memory", "1 2 4"},
	{"MEMORY kernel", "1 2"},
	{"\"memory management\"", "2 4"},
	{"\"management of memory\"", "1"},
	{"\"quoted management\"", "1"},
	/* Not across fields. */
	{"\"management sys\"", ""},
	{"mem*", "1 2 4"},
	{"man*", "1 2 4"},
	{"\"memory man*\"", "2 4"},
	{"\"memory band*\"", "4"},
	{"subject:mem*", "2"},
	{"body:mem*", "1 4"},
	{"body:memory", "1 4"},
	{"body:\"memory man*\"", "4"},
	{"subject:memory", "2"},
	{"subject:\"kernel memory\"", "2"},
	{"subject:\"memory kernel\"", ""},
	{"from:alice", "1"},
	{"from:alice@example.org", "1"},
	{"contact:alice@example.org", "1 2"},
	{"alice@example.org", "1 2"},
	{"to:example.org", "1"},
	{"to:mail.example.org", "1"},
	{"to:bob@example.org", ""},
	{"recipient:alice", "2"},
	{"grösse", "2"},
	{"clone3", "2"},
	{"sys_clone3", "2"},
	{"日本", "2"},
	{"本日", ""},
	{"日本語*", "2"},
	{"cafe", "3"},
	{"list:talk.x.org", "1"},
	{"id:one@example.org", "1"},
	{"id:one", ""},
	{"has:attachment", "3"},
	{"filename:plan", "3"},
	{"filename:\"plan b\"", "3"},
	{"type:pdf", "3"},
	{"type:application/pdf", "3"},
	{"type:text", "1 2 3 4"},
	{"memory OR cafe", "1 2 3 4"},
	{"-memory", "3"},
	{"memory -kernel", "4"},
	{"NOT (memory OR cafe)", ""},
	{"date:2020-02", "2"},
	{"date:2020", "1 2 3"},
	{"since:2020-02-01", "2 3"},
	{"before:2020-02-01", "1"},
	{"until:2020-02-01", "1 2"},
	{"-date:2020", "4"},
	{"size:<100", "4"},
	{"larger:100", "1 2 3"},
	{"folder:INBOX", "1 4"},
	{"folder:work", "2 3"},
	{"folder:Work/*", "2"},
	{"-folder:INBOX", "2 3"},
	{"is:unread", "2 4"},
	{"is:seen", "1 3"},
	{"is:flagged OR memory -kernel", "3 4"},
	{"is:unread folder:INBOX", "4"},
	{"keyword:URGENT", "2"},
	{"tag:later", "3"},
	{"NOT is:seen memory", "2 4"},
	{"nothing", ""},
	{"no*", "4"},
};

Test(index, finds_what_is_asked_for)
{
	struct index_env *env = index_env_new();

	index_env_put(env, few, AM_COUNT(few));
	index_env_follow(env, 1);
	for (size_t i = 0; i < AM_COUNT(table); i++)
		index_env_expect(env, table[i].query, table[i].ids);
	index_env_free(&env);
}

Test(index, sorts)
{
	struct index_env *env = index_env_new();
	static const char *const by_sort[] = {
		[AM_SORT_DATE] = "3 2 1 4",
		[AM_SORT_DATE_ASC] = "1 2 3 4",
	};

	index_env_put(env, few, AM_COUNT(few));
	index_env_follow(env, 1);
	for (int s = AM_SORT_DATE; s <= AM_SORT_DATE_ASC; s++) {
		char *ids = index_env_search(env, "", (enum am_sort)s);
		cr_expect_str_eq(ids, by_sort[s]);
		g_free(ids);
	}
	char *ids = index_env_search(env, "", AM_SORT_SIZE);
	cr_expect_str_eq(ids, "3 1 2 4");
	g_free(ids);
	/* In the subject counts more. */
	ids = index_env_search(env, "kernel", AM_SORT_RELEVANCE);
	cr_expect_str_eq(ids, "2 1");
	g_free(ids);
	index_env_free(&env);
}

/* More often counts more, in a long text less, quoted or in a signature not at
 * all; who wrote is no matter of degree, and ranks by date. */
Test(index, ranks)
{
	static const struct am_test_message mail[] = {
		{.folder = {"f"},
	         .bytes = "From: bob@example.org\nSubject: a\n"
	                  "Date: 1 Jan 2020 00:00:00 +0000\n\nbudget plan\n"},
		{.folder = {"f"},
	         .bytes = "From: bob@example.org bob\nSubject: b\n"
	                  "Date: 2 Jan 2020 00:00:00 +0000\n\nnothing\n"
	                  "> budget budget budget budget\n"},
		{.folder = {"f"},
	         .bytes = "From: bob@example.org\nSubject: c\n"
	                  "Date: 3 Jan 2020 00:00:00 +0000\n\n"
	                  "budget and another budget\n"},
		{.folder = {"f"},
	         .bytes = "From: bob@example.org\nSubject: d\n"
	                  "Date: 4 Jan 2020 00:00:00 +0000\n\nwords words "
	                  "words words words words words words words words "
	                  "words words words words words words words words "
	                  "words words words words words words words words "
	                  "words words words words words words words words "
	                  "words words words words words words words words "
	                  "budget plan\n"},
		{.folder = {"f"},
	         .bytes = "From: bob@example.org\nSubject: e\n"
	                  "Date: 5 Jan 2020 00:00:00 +0000\n\nwords\n-- \n"
	                  "budget budget\n"},
		{.folder = {"f"}, .bytes = "Subject: other\n\nother\n"},
	};
	static const struct {
		const char *query, *ids;
	} ranked[] = {
		{"budget", "3 1 4 5 2"},          {"\"budget plan\"", "1 4"},
		{"new:budget", "3 1 4"},          {"quoted:budget", "2"},
		{"signature:budget", "5"},        {"from:bob", "5 4 3 2 1"},
		{"budget from:bob", "3 1 4 5 2"}, {"budg*", "3 1 4 5 2"},
	};
	struct index_env *env = index_env_new();

	index_env_put(env, mail, AM_COUNT(mail));
	index_env_follow(env, 1);
	for (size_t i = 0; i < AM_COUNT(ranked); i++) {
		char *ids = index_env_search(env, ranked[i].query,
		                             AM_SORT_RELEVANCE);
		cr_expect_str_eq(ids, ranked[i].ids, "%s", ranked[i].query);
		g_free(ids);
	}
	index_env_free(&env);
}

Test(index, pages_through_hits)
{
	struct index_env *env = index_env_new();
	struct am_hit all[64], some[64];
	struct am_error err;
	struct am_query *q;
	size_t n, got;
	uint64_t total;

	index_env_fill(env, 0, 60);
	index_env_follow(env, 1);
	g_free(index_env_search(env, "", AM_SORT_DATE));
	cr_assert_eq(am_query_parse(&q, "", 0, &err), AM_OK);
	for (int s = AM_SORT_RELEVANCE; s <= AM_SORT_SIZE; s++) {
		cr_assert_eq(am_index_search(env->index, env->archive, q,
		                             (enum am_sort)s, 0, 64, all, &n,
		                             &total, &err),
		             AM_OK);
		cr_expect_eq(n, 60);
		for (size_t skip = 0; skip < 70; skip += 7) {
			cr_assert_eq(am_index_search(env->index, env->archive,
			                             q, (enum am_sort)s, skip,
			                             7, some, &got, &total,
			                             &err),
			             AM_OK);
			cr_expect_eq(total, 60);
			cr_expect_eq(got, skip >= 60 ? 0 : MIN(7, 60 - skip));
			for (size_t i = 0; i < got; i++)
				cr_expect_eq(some[i].id, all[skip + i].id);
		}
	}
	am_query_free(&q);
	index_env_free(&env);
}

Test(index, shows_why)
{
	static const struct {
		const char *query;
		int64_t id;
		const char *line;
	} lines[] = {
		{"memory", 1, "The [memory] of the kernel."},
		{"\"management of memory\"", 1, "[management] [of] [memory]"},
		{"report", 1, "The memory of the kernel."},
		{"größe clon* 本語", 2,
	         "sys_[clone3] and [Größe], 日[本][語]の文"},
		{"memory -bandwidth", 4,
	         "[memory] bandwidth, [memory] management"},
	};
	struct index_env *env = index_env_new();
	struct am_error err;

	index_env_put(env, few, AM_COUNT(few));
	index_env_follow(env, 1);
	g_free(index_env_search(env, "", AM_SORT_DATE));
	for (size_t i = 0; i < AM_COUNT(lines); i++) {
		struct am_query *q;
		char *line;
		cr_assert_eq(am_query_parse(&q, lines[i].query, 0, &err),
		             AM_OK);
		cr_assert_eq(am_index_snippet(env->index, env->archive, q,
		                              lines[i].id, "[", "]", &line,
		                              &err),
		             AM_OK);
		cr_expect_str_eq(line, lines[i].line);
		g_free(line);
		am_query_free(&q);
	}
	index_env_free(&env);
}

/* The index keeps the beginning of a text; what is found further behind, and
 * what is found better there, is shown all the same. */
Test(index, shows_why_in_a_long_text)
{
	static const struct {
		const char *query, *holds;
	} lines[] = {
		{"early", "[early] bird"},
		{"late", "[late] worm"},
		{"early late", "[late] and [early]"},
		{"ear*", "[early] bird"},
		{"lat*", "[late] worm"},
		{"long", "filler number 0 filler number 1 "},
		{"edge", "[edge] of what is kept"},
		{"early OR nonesuch", "[early] bird"},
	};
	struct index_env *env = index_env_new();
	GString *mail = g_string_new("Subject: long\n\n");
	struct am_error err;

	for (unsigned i = 0; mail->len < 5 * AM_TEXT_MAX; i++) {
		if (i == 50)
			g_string_append(mail, "the early bird ");
		if (mail->len > AM_TEXT_MAX - 30 && !strstr(mail->str, "edge"))
			g_string_append(mail, "edge of what is kept here ");
		g_string_append_printf(mail, "filler number %u%s", i,
		                       i % 5 ? " " : "\n");
	}
	g_string_append(mail, "the late worm, late and early\n");
	struct am_test_message m = {.folder = {"f"}, .bytes = mail->str};
	index_env_put(env, &m, 1);
	index_env_follow(env, 1);
	g_free(index_env_search(env, "", AM_SORT_DATE));
	for (size_t i = 0; i < AM_COUNT(lines); i++) {
		struct am_query *q;
		char *line;
		cr_assert_eq(am_query_parse(&q, lines[i].query, 0, &err),
		             AM_OK);
		cr_assert_eq(am_index_snippet(env->index, env->archive, q, 1,
		                              "[", "]", &line, &err),
		             AM_OK);
		cr_expect(strstr(line, lines[i].holds), "%s: %s",
		          lines[i].query, line);
		g_free(line);
		am_query_free(&q);
	}
	g_string_free(mail, TRUE);
	index_env_free(&env);
}

Test(index, explains_how_it_answers)
{
	static const struct {
		const char *query, *holds[4];
	} told[] = {
		{"memory -kernel",
	         {"query: memory -kernel\ntree:  (and memory (not kernel))\n",
	          "  all of\n    memory\n      word memory: 3 messages\n",
	          "    not\n", "of 4 messages in 1 shard\n"}},
		{"\"memory man*\"",
	         {"word memory: 3 messages\n",
	          "1 word in 3 places: management\n",
	          "then the order of the words is looked at\n"}},
		{"lang:en managing", {"word in", "management"}},
		{"subject:memory", {"word memory: 1 message\n"}},
		{"date:2020-02",
	         {"date 2020-02-01 00:00:00..2020-02-29 23:59:59: 1 message"}},
		{"is:unread", {"(place -seen): 2 messages, from the catalog"}},
		{"has:attachment", {"has:attachment: 1 message"}},
		{"type:pdf OR id:one@example.org",
	         {"one of\n", "type:pdf: 1 message",
	          "id:one@example.org: 1 message"}},
		{"memory NEAR/3 kernel", {"within 3 words\n", "    kernel\n"}},
		{"thread:{memory}", {"the threads of\n"}},
		{"from:/x/", {"compared with every message's header"}},
	};
	struct index_env *env = index_env_new();

	index_env_put(env, few, AM_COUNT(few));
	index_env_follow(env, 1);
	g_free(index_env_search(env, "", AM_SORT_DATE));
	for (size_t i = 0; i < AM_COUNT(told); i++) {
		struct am_query *q;
		struct am_error err = {.text = ""};
		char *text;
		cr_assert_eq(am_query_parse(&q, told[i].query, 0, &err), 0);
		cr_assert_eq(am_query_explain(&text, q, told[i].query,
		                              env->index, env->archive, &err),
		             AM_OK, "%s", err.text);
		for (int k = 0; k < 4 && told[i].holds[k]; k++)
			cr_expect(strstr(text, told[i].holds[k]), "%s:\n%s",
			          told[i].query, text);
		g_free(text);
		/* Without an index as well. */
		cr_assert_eq(am_query_explain(&text, q, told[i].query, NULL,
		                              NULL, &err),
		             AM_OK);
		cr_expect(strstr(text, "plan:\n  "));
		g_free(text);
		am_query_free(&q);
	}
	index_env_free(&env);
}
