/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/collapse.h"
#include "index/index_env.h"
#include "index/result.h"

#include "support/tmpdir.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(collapse, .fini = am_test_tmpdir_end);

#define TEXT                                                               \
	"Dear customer, the newsletter of this month tells you about the " \
	"harvest in the gardens behind our house, about three new kinds "  \
	"of apples and about the fair on Saturday next to the church.\n"   \
	"We look forward to seeing you there and to a glass of cider, "    \
	"with kind regards and until soon, the gardeners of the valley.\n"
#define HEAD(subject) "From: <News@x.example>\nSubject: " subject "\n"

static const struct am_test_message mails[] = {
	/* 1 to 3: one mail by three roads */
	{.folder = {"INBOX"},
         .bytes = "Received: by a\n" HEAD("News") "Message-ID: <1@x>\n\n" TEXT},
	{.folder = {"Old"},
         .bytes = "Received: by b\r\nFrom: News <news@x.example>\r\n"
                  "Subject: [list] Re: news\r\n\r\nShort.  \r\n"},
	{.folder = {"Old"},
         .bytes = "X-Road: c\n" HEAD("[list] News") "\n" TEXT},
	/* 4: a letter like it */
	{.folder = {"INBOX"},
         .bytes = HEAD("News of May") "\nNo 17\n" TEXT "-- \nleave: x\n"},
	/* 5: line ends aside, 2 */
	{.folder = {"INBOX"},
         .bytes = "From: news@x.example\nSubject: News\n\nShort.\n"},
	/* 6: another text, 7: another sender, 8: another subject */
	{.folder = {"INBOX"}, .bytes = HEAD("News") "\nShort!\n"},
	{.folder = {"INBOX"},
         .bytes = "From: a@x.example\nSubject: News\n\nShort.\n"},
	{.folder = {"INBOX"}, .bytes = HEAD("Olds") "\nShort.\n"},
	/* 9: long, and about something else */
	{.folder = {"INBOX"},
         .bytes = HEAD("Bill") "\nThe invoice for the repair of your roof "
                               "is attached to this mail, please pay "
                               "within thirty days or tell us why you do "
                               "not, as we like to be paid for our work "
                               "before the winter comes to the valley.\n"},
};

static char *groups(struct index_env *env, const char *text,
                    enum am_collapse_by by)
{
	GString *out = g_string_new(NULL);
	struct am_query *query;
	struct am_result *result;
	struct am_collapse *c;
	struct am_error err = {.text = ""};
	uint64_t hidden = 0;

	g_free(index_env_search(env, "", AM_SORT_DATE));
	cr_assert_eq(am_query_parse(&query, text, 0, &err), AM_OK);
	cr_assert_eq(
		am_result_find(&result, env->index, env->archive, query, &err),
		AM_OK, "%s", err.text);
	cr_assert_eq(am_collapse_find(&c, result, by, &err), AM_OK, "%s",
	             err.text);
	for (int64_t i = 1; i <= (int64_t)AM_COUNT(mails); i++) {
		uint32_t group, other, size, n = 0;
		if (!am_collapse_group(c, i, &group, &size)) {
			cr_expect_not(am_result_has(result, i));
			continue;
		}
		cr_expect(am_result_has(result, i));
		bool first = true;
		for (int64_t k = 1; k <= (int64_t)AM_COUNT(mails); k++) {
			uint32_t same;
			if (!am_collapse_group(c, k, &other, &same) ||
			    other != group)
				continue;
			first = first && k >= i;
			if (first)
				g_string_append_printf(
					out, "%s%" PRId64,
					n || !out->len ? "" : " ", k);
			n++;
		}
		cr_expect_eq(size, n);
		hidden += first ? n - 1 : 0;
	}
	cr_expect_eq(am_collapse_hidden(c), hidden);
	am_collapse_free(&c);
	am_result_free(&result);
	am_query_free(&query);
	return g_string_free(out, FALSE);
}

Test(collapse, knows_copies_and_what_is_like_them)
{
	static const struct {
		const char *query;
		enum am_collapse_by by;
		const char *groups;
	} cases[] = {
		{"", AM_COLLAPSE_EXACT, "13 25 4 6 7 8 9"},
		{"", AM_COLLAPSE_NEAR, "134 25 6 7 8 9"},
		{"in:INBOX", AM_COLLAPSE_EXACT, "1 4 5 6 7 8 9"},
		{"in:Old", AM_COLLAPSE_NEAR, "2 3"},
		{"nosuchword", AM_COLLAPSE_NEAR, ""},
	};
	struct index_env *env = index_env_new();

	index_env_put(env, mails, 2);
	index_env_follow(env, 1);
	index_env_put(env, mails + 2, AM_COUNT(mails) - 2);
	index_env_follow(env, 1);
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		char *text = groups(env, cases[i].query, cases[i].by);
		cr_expect_str_eq(text, cases[i].groups, "%s", text);
		g_free(text);
	}
	index_env_free(&env);
}
