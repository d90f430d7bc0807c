/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/index_env.h"
#include "index/index_impl.h"

#include "base/file.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(index_update, .fini = am_test_tmpdir_end);

static const struct am_test_message other = {
	.folder = {"INBOX"}, .bytes = "Subject: of another\n\nmemory\n"};

Test(index_update, works_with_several_workers)
{
	struct index_env *env = index_env_new();

	index_env_fill(env, 0, 7000);
	index_env_follow(env, 3);
	index_env_expect(env, "unique6999", "7000");
	index_env_expect(env, "unique1", "2");
	char *all = index_env_search(env, "", AM_SORT_DATE);
	char **ids = g_strsplit(all, " ", -1);
	cr_expect_eq(g_strv_length(ids), 7000);
	g_strfreev(ids);
	g_free(all);
	index_env_free(&env);
}

Test(index_update, goes_on_after_being_broken_off)
{
	struct index_env *env = index_env_new();
	struct am_index_stats stats;
	struct am_error err;
	uint64_t before = 0;

	index_env_fill(env, 0, 3000);
	for (unsigned round = 0; round < 20; round++) {
		env->cancel_at = 700;
		int r = index_env_update(env, 1, &err);
		env->cancel = (struct am_cancel){0};
		g_free(index_env_search(env, "", AM_SORT_DATE));
		cr_assert_eq(am_index_stats(env->index, &stats, &err), 0);
		if (!r)
			break;
		cr_expect_eq(r, AM_FATAL);
		cr_expect_eq(err.kind, AM_E_CANCELLED);
		cr_expect_gt(stats.documents, before);
		cr_expect_lt(stats.documents, 3000);
		before = stats.documents;
	}
	cr_expect_eq(stats.documents, 3000);
	env->cancel = (struct am_cancel){0};
	index_env_expect(env, "unique2999", "3000");
	index_env_expect(env, "unique1", "2");
	index_env_free(&env);
}

/* Workers stop at different places; what lies between must not be taken for
 * done. */
Test(index_update, leaves_no_hole_when_several_workers_are_broken_off)
{
	struct index_env *env = index_env_new();
	struct am_index_stats stats;
	struct am_error err;

	index_env_fill(env, 0, 3000);
	for (unsigned at = 100; at < 3000; at += 400) {
		env->cancel_at = at;
		cr_expect_leq(index_env_update(env, 3, &err), 0);
		env->cancel = (struct am_cancel){0};
		env->cancel_at = 0;
		index_env_follow(env, 3);
		g_free(index_env_search(env, "", AM_SORT_DATE));
		cr_assert_eq(am_index_stats(env->index, &stats, &err), 0);
		cr_expect_eq(stats.documents, 3000,
		             "stopped at %u: %" PRIu64 " documents", at,
		             stats.documents);
		index_env_close(env);
		cr_assert_eq(am_remove_tree(env->dir, &err), 0);
	}
	index_env_free(&env);
}

Test(index_update, is_made_anew_when_it_is_not_whole)
{
	static const char *const broken[] = {"state", "s-1-50.xdb/iamglass",
	                                     "s-1-50.xdb/postlist.glass",
	                                     "s-1-50.xdb/places"};
	struct index_env *env = index_env_new();

	index_env_fill(env, 0, 50);
	index_env_follow(env, 1);
	for (size_t i = 0; i < AM_COUNT(broken); i++) {
		char *path =
			g_strdup_printf("a.mailark.cache/xapian/%s", broken[i]);
		cr_assert(am_test_exists(path), "%s", path);
		am_test_write(path, "xx", 2);
		index_env_close(env);
		char *found = index_env_search(env, "", AM_SORT_DATE);
		cr_expect_eq(*found, '?', "%s", broken[i]);
		g_free(found);
		index_env_follow(env, 1);
		index_env_expect(env, "unique18", "19");
		g_free(path);
	}
	index_env_free(&env);
}

Test(index_update, of_another_archive_is_refused_and_remade)
{
	struct index_env *env = index_env_new();
	struct am_error err;
	struct am_index *index;

	index_env_fill(env, 0, 30);
	index_env_follow(env, 1);
	char *old = g_strdup(env->path);
	am_test_fill(&am_format_archive, "b.mailark", NULL, &other, 1);
	g_free(env->path);
	env->path = am_test_path("b.mailark");
	index_env_close(env);
	char *found = index_env_search(env, "memory", AM_SORT_DATE);
	cr_expect_neq(strstr(found, "another archive"), NULL, "%s", found);
	g_free(found);
	index_env_follow(env, 1);
	cr_expect(g_hash_table_contains(env->notes, "index.rebuilt"));
	index_env_expect(env, "memory", "1");
	/* A newer one is left alone. */
	am_test_write_text("a.mailark.cache/xapian/state",
	                   "mailark-index 9\nnews\n");
	cr_expect_eq(am_index_open(&index, env->dir, true, &err), AM_FAILED);
	cr_expect_eq(err.kind, AM_E_UNSUPPORTED);
	g_free(old);
	index_env_free(&env);
}

Test(index_update, tells_when_there_is_none)
{
	struct am_index *index;
	struct am_error err;

	cr_expect_eq(am_index_open(&index, am_test_tmpdir(), false, &err),
	             AM_END);
	cr_expect_eq(index, NULL);
}

Test(index_update, has_one_writer)
{
	struct index_env *env = index_env_new();
	struct am_index *one, *two;
	struct am_error err;

	cr_assert_eq(am_index_open(&one, env->dir, true, &err), AM_OK);
	cr_expect_eq(am_index_open(&two, env->dir, true, &err), AM_FAILED);
	cr_expect_eq(err.kind, AM_E_BUSY);
	am_index_close(&one);
	index_env_free(&env);
}

Test(index_update, of_an_empty_archive_answers)
{
	struct index_env *env = index_env_new();

	index_env_put(env, NULL, 0);
	index_env_follow(env, 1);
	index_env_expect(env, "", "");
	index_env_expect(env, "a* OR \"b c\" OR -d", "");
	char *found = index_env_search(env, "x", AM_SORT_RELEVANCE);
	cr_expect_str_eq(found, "");
	g_free(found);
	index_env_free(&env);
}

/* Who reads sees one moment, whatever a writer does meanwhile; and the new one
 * after opening again. */
Test(index_update, readers_go_on_while_it_is_written)
{
	struct index_env *env = index_env_new();
	struct am_index *reader;
	struct am_archive *archive;
	struct am_error err = {.text = ""};
	struct am_query *q;
	struct am_hit hits[300];
	uint64_t total, before;
	size_t got;

	index_env_fill(env, 0, 100);
	index_env_follow(env, 1);
	cr_assert_eq(
		am_archive_open(&archive, env->path, false, &env->ctx, &err),
		AM_OK);
	cr_assert_eq(am_index_open(&reader, env->dir, false, &err), AM_OK);
	cr_assert_eq(am_query_parse(&q, "\"annual report\"", 0, &err), AM_OK);
	cr_assert_eq(am_index_count(reader, archive, q, &before, &err), AM_OK);
	struct am_query *later;
	cr_assert_eq(am_query_parse(&later, "*port OR reprot~", 0, &err),
	             AM_OK);
	/* Shards come and go: those it has open are joined and removed. */
	for (unsigned i = 100; i < 200; i += 20) {
		index_env_fill(env, i, i + 20);
		index_env_follow(env, 1);
		for (int sort = AM_SORT_RELEVANCE; sort <= AM_SORT_SIZE;
		     sort++) {
			cr_assert_eq(am_index_search(reader, archive, q,
			                             (enum am_sort)sort, 0, 300,
			                             hits, &got, &total, &err),
			             AM_OK, "%s", err.text);
			cr_expect_eq(got, before);
		}
		char *line;
		cr_assert_eq(am_index_snippet(reader, archive, q, hits[0].id,
		                              "[", "]", &line, &err),
		             AM_OK, "%s", err.text);
		g_free(line);
	}
	/* What was never asked before: words, lists, columns of then. */
	cr_assert_eq(am_index_count(reader, archive, later, &total, &err),
	             AM_OK, "%s", err.text);
	cr_expect_gt(total, 0);
	struct am_columns *columns;
	cr_expect_eq(am_index_columns(reader, 0, &columns, &err), AM_OK);
	am_query_free(&later);
	am_index_close(&reader);
	/* A reader that opened, but has not asked yet, finds what is there. */
	cr_assert_eq(am_index_open(&reader, env->dir, false, &err), AM_OK);
	index_env_fill(env, 200, 220);
	index_env_follow(env, 1);
	am_archive_close(&archive);
	cr_assert_eq(
		am_archive_open(&archive, env->path, false, &env->ctx, &err),
		AM_OK);
	cr_assert_eq(am_index_count(reader, archive, q, &total, &err), AM_OK,
	             "%s", err.text);
	cr_expect_gt(total, before);
	am_query_free(&q);
	am_index_close(&reader);
	am_archive_close(&archive);
	index_env_free(&env);
}

/* Tens of thousands of different words: what stands for all of them is
 * answered, and not by tens of thousands of lists. */
Test(index_update, patterns_over_a_large_vocabulary)
{
	static const char *const asked[] = {
		"a*",         "ab*",     "aaa*",       "*bc*",        "abca~",
		"subject:a*", "body:a*", "from:/a+$/", "lang:en abcs"};
	struct index_env *env = index_env_new();
	struct am_error err = {.text = ""};
	GString *mail = g_string_new(NULL);

	for (unsigned i = 0; i < 40; i++) {
		struct am_test_message m = {.folder = {"f"}};
		g_string_printf(mail,
		                "Subject: s%u\nDate: %u Jan 2020 00:00:00 "
		                "+0000\n\n",
		                i, i % 28 + 1);
		for (unsigned k = 0; k < 1500; k++) {
			unsigned n = i * 1500 + k;
			g_string_append_printf(
				mail, "a%c%c%c%c%s", 'a' + n % 26,
				'a' + n / 26 % 26, 'a' + n / 676 % 26,
				'a' + n / 17576 % 26, k % 10 == 9 ? "\n" : " ");
		}
		m.bytes = mail->str;
		index_env_put(env, &m, 1);
	}
	index_env_follow(env, 1);
	g_free(index_env_search(env, "", AM_SORT_DATE));
	for (size_t i = 0; i < AM_COUNT(asked); i++) {
		struct am_query *q;
		struct am_hit hits[50];
		uint64_t total;
		size_t got;
		cr_assert_eq(am_query_parse(&q, asked[i], 0, &err), AM_OK);
		for (int sort = AM_SORT_RELEVANCE; sort <= AM_SORT_SIZE; sort++)
			cr_assert_eq(am_index_search(env->index, env->archive,
			                             q, (enum am_sort)sort, 0,
			                             50, hits, &got, &total,
			                             &err),
			             AM_OK, "%s: %s", asked[i], err.text);
		cr_expect(i == 8 || (got > 0) == (i < 5 || i == 6), "%s: %zu",
		          asked[i], got);
		am_query_free(&q);
	}
	g_string_free(mail, TRUE);
	index_env_free(&env);
}
