/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/facets.h"
#include "index/index_env.h"
#include "index/result.h"

#include "support/tmpdir.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#define NOW 1592222400

TestSuite(facets, .fini = am_test_tmpdir_end);

static struct am_result *find(struct index_env *env, const char *text)
{
	struct am_query *query;
	struct am_result *result;
	struct am_error err = {.text = ""};

	if (!env->archive)
		g_free(index_env_search(env, "", AM_SORT_DATE));
	cr_assert_eq(am_query_parse(&query, text, NOW, &err), AM_OK, "%s",
	             err.text);
	cr_assert_eq(
		am_result_find(&result, env->index, env->archive, query, &err),
		AM_OK, "%s", err.text);
	am_query_free(&query);
	return result;
}

static uint64_t count(struct index_env *env, const char *text)
{
	struct am_result *result = find(env, text);
	uint64_t n = am_result_count(result);

	am_result_free(&result);
	return n;
}

static const enum am_facet every[] = {
	AM_FACET_YEAR,   AM_FACET_FROM, AM_FACET_DOMAIN, AM_FACET_LIST,
	AM_FACET_FOLDER, AM_FACET_TYPE, AM_FACET_SIZE};

/* Several shards, a message gone from one folder, all kinds of mail. */
static struct index_env *set_up(void)
{
	static const struct am_test_message more[] = {
		{.folder = {"INBOX"},
	         .bytes = "From: \"A, B\" <A.B@X.Example>\nSubject: memory\n"
	                  "List-Id: A list <talk.x.example>\n"
	                  "Date: 1 Jan 1969 00:00:00 +0000\n\nmemory\n"},
		{.folder = {"Work", "Old"},
	         .bytes = "From: <a.b@x.example>\nSubject: Re: memory\n"
	                  "List-Id: <talk.x.example>\n"
	                  "Content-Type: image/png; name=\"a.PNG\"\n"
	                  "Content-Disposition: attachment; filename=a.PNG\n"
	                  "\nmemory\n"},
		{.folder = {"Work"}, .bytes = "Subject: nobody\n\nmemory\n"},
	};
	struct index_env *env = index_env_new();

	index_env_fill(env, 0, 220);
	index_env_follow(env, 2);
	index_env_put(env, more, AM_COUNT(more));
	index_env_follow(env, 1);
	index_env_fill(env, 220, 260);
	index_env_follow(env, 1);
	return env;
}

/* What a value counts is what its query finds. */
Test(facets, counts_what_its_queries_find)
{
	static const char *const queries[] = {"",           "memory",
	                                      "from:alice", "has:attachment",
	                                      "nosuchword", "in:Work/Old"};
	struct index_env *env = set_up();
	struct am_error err = {.text = ""};
	size_t seen[AM_FACET_COUNT] = {0};

	for (size_t q = 0; q < AM_COUNT(queries); q++) {
		struct am_facet_list lists[AM_COUNT(every)];
		struct am_result *result = find(env, queries[q]);
		cr_assert_eq(am_facets_count(lists, result, every,
		                             AM_COUNT(every), 1000, &err),
		             AM_OK, "%s", err.text);
		for (size_t f = 0; f < AM_COUNT(every); f++) {
			const struct am_facet_list *l = &lists[f];
			uint64_t sum = l->without;
			cr_expect_eq(l->facet, every[f]);
			cr_expect_eq(l->distinct, l->n);
			seen[f] += l->n;
			for (size_t i = 0; i < l->n; i++) {
				char *both =
					g_strdup_printf("%s %s", queries[q],
				                        l->values[i].query);
				/* A folder's query takes what is below too. */
				if (every[f] == AM_FACET_FOLDER)
					cr_expect_geq(count(env, both),
					              l->values[i].count, "%s",
					              both);
				else
					cr_expect_eq(count(env, both),
					             l->values[i].count, "%s",
					             both);
				sum += l->values[i].count;
				g_free(both);
			}
			if (every[f] != AM_FACET_TYPE &&
			    every[f] != AM_FACET_FOLDER)
				cr_expect_eq(sum, am_result_count(result),
				             "\"%s\": %s", queries[q],
				             am_facet_name(every[f]));
		}
		am_facets_clear(lists, AM_COUNT(every));
		am_result_free(&result);
	}
	for (size_t f = 0; f < AM_COUNT(every); f++)
		cr_expect_gt(seen[f], 0, "%s", am_facet_name(every[f]));
	index_env_free(&env);
}

/* The copy beside the index, then the catalog, where there is none. */
Test(facets, counts_folders_alike_with_and_without_the_copy)
{
	static const char *const queries[] = {"", "memory", "in:Work/Old"};
	static const enum am_facet folders = AM_FACET_FOLDER;
	struct index_env *env = set_up();
	struct am_facet_list lists[2][AM_COUNT(queries)];
	struct am_error err = {.text = ""};

	for (size_t k = 0; k < 2; k++) {
		for (size_t q = 0; q < AM_COUNT(queries); q++) {
			struct am_result *result = find(env, queries[q]);
			cr_assert_eq(am_facets_count(&lists[k][q], result,
			                             &folders, 1, 1000, &err),
			             AM_OK, "%s", err.text);
			am_result_free(&result);
		}
		char *copy = g_build_filename(env->dir, "filed", NULL);
		cr_assert_eq(remove(copy) != 0, k == 1);
		index_env_close(env);
		g_free(copy);
	}
	for (size_t q = 0; q < AM_COUNT(queries); q++) {
		const struct am_facet_list *a = &lists[0][q];
		const struct am_facet_list *b = &lists[1][q];
		cr_assert_eq(a->n, b->n);
		cr_assert_gt(a->n, 0);
		cr_expect_eq(a->without, b->without);
		for (size_t i = 0; i < a->n; i++) {
			cr_expect_str_eq(a->values[i].text, b->values[i].text);
			cr_expect_eq(a->values[i].count, b->values[i].count);
		}
		am_facets_clear(&lists[0][q], 1);
		am_facets_clear(&lists[1][q], 1);
	}
	index_env_free(&env);
}

Test(facets, gives_the_largest_few_and_says_how_many_there_are)
{
	static const enum am_facet which[] = {AM_FACET_FROM, AM_FACET_FOLDER};
	struct index_env *env = set_up();
	struct am_facet_list all[2], few[2];
	struct am_error err = {.text = ""};
	struct am_result *result = find(env, "");

	cr_assert_eq(am_facets_count(all, result, which, 2, 1000, &err), AM_OK);
	cr_assert_eq(am_facets_count(few, result, which, 2, 2, &err), AM_OK);
	for (size_t f = 0; f < 2; f++) {
		cr_assert_gt(all[f].n, 2);
		cr_expect_eq(few[f].n, 2);
		cr_expect_eq(few[f].distinct, all[f].n);
		for (size_t i = 0; i < all[f].n; i++) {
			if (i < 2)
				cr_expect_str_eq(few[f].values[i].text,
				                 all[f].values[i].text);
			if (i)
				cr_expect_leq(all[f].values[i].count,
				              all[f].values[i - 1].count);
		}
	}
	am_facets_clear(all, 2);
	am_facets_clear(few, 2);
	am_result_free(&result);
	index_env_free(&env);
}

Test(facets, are_known_by_name)
{
	enum am_facet facet;

	for (int i = 0; i < AM_FACET_COUNT; i++) {
		const char *name = am_facet_name((enum am_facet)i);
		cr_expect(am_facet_find(name, strlen(name), &facet));
		cr_expect_eq(facet, (enum am_facet)i);
	}
	cr_expect(am_facet_find("Years", 5, &facet));
	cr_expect_eq(facet, AM_FACET_YEAR);
	cr_expect_not(am_facet_find("yea", 3, &facet));
	cr_expect_not(am_facet_find("yearly", 6, &facet));
	cr_expect_not(am_facet_find("", 0, &facet));
}

static const struct am_result *const *one(struct am_result **result)
{
	return (const struct am_result *const *)result;
}

/* ---- the timeline ----------------------------------------------------------
 */

Test(facets, draws_a_line_of_time)
{
	struct index_env *env = set_up();
	struct am_timeline t;
	struct am_error err = {.text = ""};
	struct am_result *result = find(env, "");
	char label[AM_PERIOD_ROOM];

	cr_assert_eq(am_timeline_count(&t, one(&result), 1, 700, &err), AM_OK);
	cr_expect_eq(t.period, AM_PERIOD_MONTH);
	cr_expect_eq(t.total + t.before + t.after + t.undated,
	             am_result_count(result));
	cr_expect_eq(t.undated, count(env, "") - count(env, "date:1900.."));
	cr_expect_gt(t.undated, 0);
	uint64_t in_range = 0;
	for (size_t i = 0; i < t.n; i++) {
		am_timeline_label(&t, i, label);
		char *q = g_strdup_printf("date:%s", label);
		cr_expect_eq(count(env, q), t.counts[i], "%s", q);
		in_range += t.counts[i];
		g_free(q);
	}
	cr_expect_eq(in_range, t.total);
	am_timeline_clear(&t);

	cr_assert_eq(am_timeline_count(&t, one(&result), 1, 60, &err), AM_OK);
	cr_expect_eq(t.period, AM_PERIOD_YEAR);
	am_timeline_label(&t, t.n - 1, label);
	cr_expect_str_eq(label, "2020");
	am_timeline_clear(&t);
	am_result_free(&result);

	result = find(env, "nosuchword");
	cr_assert_eq(am_timeline_count(&t, one(&result), 1, 60, &err), AM_OK);
	cr_expect_eq(t.n, 0);
	am_timeline_clear(&t);
	am_result_free(&result);

	result = find(env, "date:2016-01");
	cr_assert_eq(am_timeline_count(&t, one(&result), 1, 60, &err), AM_OK);
	cr_expect_eq(t.period, AM_PERIOD_DAY);
	am_timeline_label(&t, 0, label);
	cr_expect(g_str_has_prefix(label, "2016-01-"), "%s", label);
	am_timeline_clear(&t);
	am_result_free(&result);
	index_env_free(&env);
}

/* One clock that was wrong does not make a line of two dots. */
Test(facets, leaves_wrong_clocks_beside_the_line)
{
	struct am_test_message *m = g_new0(struct am_test_message, 1200);
	struct index_env *env = index_env_new();
	struct am_error err = {.text = ""};
	struct am_timeline t;

	for (int i = 0; i < 1200; i++) {
		m[i].folder[0] = "INBOX";
		m[i].bytes = g_strdup_printf(
			"Subject: %d\nDate: %d %s 00:00:00 +0000\n\nx\n", i,
			i % 28 + 1,
			i == 7    ? "Jan 1970"
			: i == 20 ? "Jan 2180"
				  : "May 2011");
	}
	index_env_put(env, m, 1200);
	index_env_follow(env, 1);
	struct am_result *result = find(env, "");
	cr_assert_eq(am_timeline_count(&t, one(&result), 1, 70, &err), AM_OK);
	cr_expect_eq(t.period, AM_PERIOD_DAY);
	cr_expect_eq(t.n, 28);
	cr_expect_eq(t.before, 1);
	cr_expect_eq(t.after, 1);
	cr_expect_eq(t.total, 1198);
	am_timeline_clear(&t);
	am_result_free(&result);
	index_env_free(&env);
	for (int i = 0; i < 1200; i++)
		g_free((char *)m[i].bytes);
	g_free(m);
}
