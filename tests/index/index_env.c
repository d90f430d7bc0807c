/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/index_env.h"

#include "support/tmpdir.h"

#include <criterion/criterion.h>

#include <string.h>

#define NOW 1592222400

static void on_note(void *user, const struct am_note *note)
{
	struct index_env *env = user;

	g_hash_table_add(env->notes, g_strdup(note->code));
}

static void on_progress(void *user, const struct am_progress *progress)
{
	struct index_env *env = user;

	if (env->cancel_at && progress->done >= env->cancel_at)
		am_cancel_request(&env->cancel);
}

struct index_env *index_env_new(void)
{
	struct index_env *env = g_new0(struct index_env, 1);

	env->path = am_test_path("a.mailark");
	env->dir = am_test_path("a.mailark.cache/xapian");
	env->notes =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	env->ctx = (struct am_ctx){.on_note = on_note,
	                           .on_progress = on_progress,
	                           .user = env,
	                           .cancel = &env->cancel};
	return env;
}

void index_env_close(struct index_env *env)
{
	am_index_close(&env->index);
	am_archive_close(&env->archive);
}

void index_env_free(struct index_env **env)
{
	index_env_close(*env);
	g_hash_table_unref((*env)->notes);
	g_free((*env)->path);
	g_free((*env)->dir);
	g_free((*env)->extract);
	g_free(*env);
	*env = NULL;
}

/* ---- mail
 * --------------------------------------------------------------------- */

static void some_words(GString *out, GRand *rand, int n)
{
	static const char *const words[] = {
		"report", "annual", "Größe",  "memory", "kernel",  "the",
		"of",     "alpha",  "beta",   "gamma",  "delta",   "sys_clone3",
		"日本語", "漢字",   "don't",  "e.g.",   "foo-bar", "budget",
		"2020",   "x86_64", "résumé", "data",   "datum",   "database"};

	for (int i = 0; i < n; i++)
		g_string_append_printf(
			out, "%s%s",
			i % 9 == 8 ? "\n"
			: i        ? " "
				   : "",
			words[g_rand_int_range(rand, 0, AM_COUNT(words))]);
	g_string_append_c(out, '\n');
}

char *index_env_mail(unsigned i)
{
	static const char *const people[] = {"alice", "bob", "carol", "dave"};
	GRand *rand = g_rand_new_with_seed(i);
	GString *m = g_string_new(NULL);
	const char *from = people[i % 4], *to = people[i / 4 % 4];

	g_string_append_printf(
		m, "From: %s Example <%s@%s.example>\nTo: %s@y.example\n", from,
		from, i % 3 ? "x" : "z", to);
	if (i % 5 == 0)
		g_string_append(m, "Cc: carol@y.example, Dave <d@z.example>\n");
	g_string_append_printf(m, "Message-ID: <%u.Mail@x.example>\n", i);
	if (i % 6)
		g_string_append_printf(m, "Date: %u %s %u 12:00:00 +0000\n",
		                       i % 28 + 1, i % 2 ? "Jan" : "Mar",
		                       2015 + i % 6);
	g_string_append(m, "Subject: ");
	some_words(m, rand, 3);
	g_string_append(m, "MIME-Version: 1.0\n");
	if (i % 7 == 0) {
		g_string_append(m, "Content-Type: multipart/mixed; "
		                   "boundary=\"=b\"\n\n--=b\n");
		g_string_append(m, "Content-Type: text/html; charset=utf-8\n\n"
		                   "<p>");
		some_words(m, rand, 12);
		g_string_append_printf(m,
		                       "</p>\n--=b\nContent-Type: text/x-%s\n"
		                       "Content-Disposition: attachment; "
		                       "filename=budget%u.txt\n\n",
		                       i % 2 ? "log" : "diff", i % 3);
		some_words(m, rand, 6);
		g_string_append(m, "--=b--\n");
	} else {
		g_string_append(m, "Content-Type: text/plain; "
		                   "charset=utf-8\n\n");
		some_words(m, rand, (int)(i % 40));
		g_string_append(m, "> quoted ");
		some_words(m, rand, 4);
		g_string_append_printf(m, "unique%u\n", i);
	}
	g_rand_free(rand);
	return g_string_free(m, FALSE);
}

void index_env_put(struct index_env *env, const struct am_test_message *m,
                   size_t n)
{
	index_env_close(env);
	am_test_fill(&am_format_archive, "a.mailark", NULL, m, n);
}

void index_env_fill(struct index_env *env, unsigned from, unsigned to)
{
	struct am_test_message *m = g_new0(struct am_test_message, to - from);

	for (unsigned i = from; i < to; i++) {
		struct am_test_message *one = &m[i - from];
		one->folder[0] = i % 3 ? "INBOX" : "Work";
		if (i % 6 == 0)
			one->folder[1] = "Old";
		one->flags = (i % 2 ? AM_SEEN : 0u) | (i % 5 ? 0u : AM_FLAGGED);
		if (i % 4 == 0)
			one->keywords[0] = "urgent";
		one->bytes = index_env_mail(i);
	}
	index_env_put(env, m, to - from);
	for (unsigned i = 0; i < to - from; i++)
		g_free((char *)(gpointer)(uintptr_t)m[i].bytes);
	g_free(m);
}

int index_env_update(struct index_env *env, unsigned workers,
                     struct am_error *err)
{
	struct am_index *index;
	int r = am_index_open(&index, env->dir, true, err);

	if (!r && env->extract)
		am_index_extract(index, env->extract);
	if (!r)
		r = am_index_update(index, env->path, workers, &env->ctx, err);
	am_index_close(&index);
	index_env_close(env);
	return r;
}

/* ---- asking
 * --------------------------------------------------------------------- */

static int open_both(struct index_env *env, struct am_error *err)
{
	int r = AM_OK;

	if (!env->archive)
		r = am_archive_open(&env->archive, env->path, false, &env->ctx,
		                    err);
	if (!r && !env->index)
		r = am_index_open(&env->index, env->dir, false, err);
	return r;
}

char *index_env_search(struct index_env *env, const char *query,
                       enum am_sort sort)
{
	struct am_error err = {.text = "none"};
	struct am_query *q = NULL;
	struct am_hit *hits = g_new(struct am_hit, 100000);
	GString *out = g_string_new(NULL);
	uint64_t total = 0, count = 0;
	size_t got = 0;
	int r = open_both(env, &err);

	if (!r)
		r = am_query_parse(&q, query, NOW, &err);
	if (!r)
		r = am_index_search(env->index, env->archive, q, sort, 0,
		                    100000, hits, &got, &total, &err);
	if (!r)
		r = am_index_count(env->index, env->archive, q, &count, &err);
	for (size_t i = 0; i < got; i++)
		g_string_append_printf(out, "%s%" PRIi64, i ? " " : "",
		                       hits[i].id);
	if (r)
		g_string_printf(out, "? %d %s", r, err.text);
	else if (count != total || total != got)
		g_string_printf(out,
		                "%zu hits, total %" PRIu64 ", count %" PRIu64,
		                got, total, count);
	am_query_free(&q);
	g_free(hits);
	return g_string_free(out, FALSE);
}

void index_env_follow(struct index_env *env, unsigned workers)
{
	struct am_error err = {.text = ""};

	cr_assert_eq(index_env_update(env, workers, &err), AM_OK, "%s",
	             err.text);
}

void index_env_expect(struct index_env *env, const char *query, const char *ids)
{
	char *found = index_env_search(env, query, AM_SORT_DATE_ASC);

	cr_expect_str_eq(found, ids, "%s", query);
	g_free(found);
}
