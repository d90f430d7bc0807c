/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A word that stands for many, behind others, where lists are long. */
#include "index/index_env.h"

#include "support/tmpdir.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(expand, .fini = am_test_tmpdir_end);

#define MESSAGES 7000u
#define WORDS    60

/*
 * Words that begin with "es": three that are in most mails, many chunks of a
 * posting list each, and a hundred that are in a few; and "front" in one mail
 * of so many, on which one of them follows, or another word.
 */
static char *make_mail(GRand *rand, unsigned i, unsigned one_of)
{
	static const char *const common[] = {"esx", "esy", "esz"};
	GString *s = g_string_new(NULL);
	bool had = false;

	g_string_printf(s,
	                "From: a@example.org\nSubject: x\n"
	                "Date: %u Jan 2020 %02u:%02u:%02u +0000\n\n",
	                i / 3600 / 24 + 1, i / 3600 % 24, i / 60 % 60, i % 60);
	for (int k = 0; k < WORDS; k++) {
		int which = g_rand_int_range(rand, 0, 12);
		if (!had && k > 20 &&
		    g_rand_int_range(rand, 0, (int)one_of) == 0) {
			g_string_append(s, "front ");
			had = true;
		}
		if (which < 3)
			g_string_append_printf(s, "%s ", common[which]);
		else if (which == 3)
			g_string_append_printf(s, "esr%d ",
			                       g_rand_int_range(rand, 0, 100));
		else if (which == 4 && !k)
			g_string_append_printf(s, "esonce%u ", i);
		else
			g_string_append_printf(s, "word%d ",
			                       g_rand_int_range(rand, 0, 300));
	}
	return g_string_free(s, FALSE);
}

/* Those that hold it, newest first. */
static char *expected(const struct am_test_message *m, const char *text)
{
	GString *out = g_string_new(NULL);

	for (unsigned i = MESSAGES; i-- > 0;)
		if (strstr(m[i].bytes, text))
			g_string_append_printf(out, "%s%u", out->len ? " " : "",
			                       i + 1);
	return g_string_free(out, FALSE);
}

static void check(struct index_env *env, const struct am_test_message *m,
                  const char *text)
{
	char *query = g_strdup_printf("\"%s*\"", text);
	char *want = expected(m, text);
	char *found = index_env_search(env, query, AM_SORT_DATE);
	struct am_query *q;
	struct am_hit hits[7];
	struct am_error err = {.text = ""};
	uint64_t total;
	size_t got;

	cr_expect_gt(strlen(want), 10, "%s", text);
	cr_expect_str_eq(found, want, "%s", text);
	/* Pages, the first of which needs the newest only. */
	cr_assert_eq(am_query_parse(&q, query, 0, &err), AM_OK);
	char **ids = g_strsplit(want, " ", -1);
	for (size_t skip = 0; skip < g_strv_length(ids); skip += 31) {
		cr_assert_eq(am_index_search(env->index, env->archive, q,
		                             AM_SORT_DATE, skip, AM_COUNT(hits),
		                             hits, &got, &total, &err),
		             AM_OK, "%s", err.text);
		for (size_t i = 0; i < got; i++)
			cr_expect_eq(hits[i].id,
			             g_ascii_strtoll(ids[skip + i], NULL, 10),
			             "%s", text);
	}
	g_strfreev(ids);
	am_query_free(&q);
	g_free(found);
	g_free(want);
	g_free(query);
}

Test(expand, finds_what_follows_on_rare_and_on_common_words)
{
	static const char *const texts[] = {
		"front es",    "front esx", "front esr",   "front w",
		"front word1", "esz es",    "esx front e", "front e",
		"esx w",       "esy esr1"};
	/* In one mail of fifteen; in nearly all. */
	static const unsigned often[] = {600, 20};

	for (size_t k = 0; k < AM_COUNT(often); k++) {
		struct index_env *env = index_env_new();
		struct am_test_message *m =
			g_new0(struct am_test_message, MESSAGES);
		GRand *rand = g_rand_new_with_seed((guint32)k);
		for (unsigned i = 0; i < MESSAGES; i++) {
			m[i].folder[0] = "INBOX";
			m[i].bytes = make_mail(rand, i, often[k]);
		}
		index_env_put(env, m, MESSAGES);
		index_env_follow(env, 2);
		for (size_t i = 0; i < AM_COUNT(texts); i++)
			check(env, m, texts[i]);
		for (unsigned i = 0; i < MESSAGES; i++)
			g_free((char *)(gpointer)(uintptr_t)m[i].bytes);
		g_free(m);
		g_rand_free(rand);
		index_env_free(&env);
		am_test_tmpdir_end();
	}
}
