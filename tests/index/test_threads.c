/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/index_env.h"
#include "index/threads.h"

#include "support/tmpdir.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(threads, .fini = am_test_tmpdir_end);

#define MAIL(subject, day, rest, text)                               \
	{                                                            \
		.folder = {"INBOX"},                                 \
		.bytes = "Subject: " subject "\nDate: " day          \
			 " Jan 2020 00:00:00 +0000\n" rest "\n" text \
	}

static const struct am_test_message mails[] = {
	/* 1 */ MAIL("Plan", "1", "Message-ID: <a@x>\n", "one\n"),
	/* 2: a later answer that comes before the earlier */
	MAIL("Re: Plan", "9",
             "Message-ID: <c@x>\nIn-Reply-To: <a@x>\nReferences: <a@x>\n",
             "two\n"),
	/* 3 */
	MAIL("Re: Plan", "2",
             "Message-ID: <b@x>\nIn-Reply-To: <a@x>\nReferences: <a@x>\n",
             "three\n"),
	/* 4: only names what it answers */
	MAIL("Re: Plan", "3", "Message-ID: <d@x>\nIn-Reply-To: <b@x>\n",
             "four\n"),
	/* 5: its parent is not here, but an older reference is */
	MAIL("Re: Plan", "4",
             "Message-ID: <e@x>\nReferences: <a@x> <b@x> <gone@x>\n", "five\n"),
	/* 6, 7: two answers to what is not here */
	MAIL("Re: Lost", "5", "Message-ID: <f@x>\nIn-Reply-To: <lost@x>\n",
             "six\n"),
	MAIL("Re: Lost", "6", "Message-ID: <g@x>\nReferences: <lost@x> <f@x>\n",
             "seven\n"),
	MAIL("AW: Lost", "7", "Message-ID: <h@x>\nReferences: <lost@x>\n",
             "eight\n"),
	/* 9, 10: no references, the same subject */
	MAIL("Invoice", "8", "Message-ID: <i@x>\n", "nine\n"),
	MAIL("Re: Invoice", "9", "Message-ID: <j@x>\n", "ten\n"),
	/* 11, 12: each answers the other */
	MAIL("Ring", "1", "Message-ID: <k@x>\nReferences: <l@x>\n", "eleven\n"),
	MAIL("Ring", "2", "Message-ID: <l@x>\nReferences: <k@x>\n", "twelve\n"),
	/* 13: itself; 14: one answer to what is not here; 15: nothing at all */
	MAIL("Self", "1", "Message-ID: <m@x>\nReferences: <m@x>\n",
             "thirteen\n"),
	MAIL("Re: Alone", "1", "Message-ID: <n@x>\nReferences: <away@x>\n",
             "fourteen\n"),
	MAIL("Bare", "1", "", "fifteen\n"),
};

/* "1* .3 ..4* -": depth as dots, * what was asked for, 0 for the empty place;
 * threads are separated by " | ". */
static char *threads(struct index_env *env, const int64_t *ids, size_t n,
                     const struct am_thread_options *options)
{
	GString *out = g_string_new(NULL);
	struct am_thread *t;
	struct am_error err = {.text = ""};
	size_t n_threads;

	if (!env->archive)
		g_free(index_env_search(env, "", AM_SORT_DATE));
	cr_assert_eq(am_threads_find(&t, &n_threads, env->index, env->archive,
	                             ids, n, options, &err),
	             AM_OK, "%s", err.text);
	for (size_t i = 0; i < n_threads; i++) {
		size_t messages = 0, hits = 0;
		g_string_append(out, i ? " |" : "");
		for (size_t k = 0; k < t[i].n; k++) {
			const struct am_thread_line *l = &t[i].lines[k];
			g_string_append(out, out->len ? " " : "");
			for (uint32_t d = 0; d < l->depth; d++)
				g_string_append_c(out, '.');
			g_string_append_printf(out, "%" PRId64 "%s", l->id,
			                       l->hit ? "*" : "");
			messages += l->id != 0;
			hits += l->hit;
		}
		cr_expect_eq(t[i].messages, messages);
		cr_expect_eq(t[i].hits, hits);
		g_string_append(out, t[i].cut ? " cut" : "");
	}
	am_threads_free(&t, n_threads);
	return g_string_free(out, FALSE);
}

Test(threads, hang_by_references)
{
	static const struct {
		int64_t ids[3];
		const char *tree;
	} cases[] = {
		{{4}, "1 .3 ..4* ..5 .2"},
		{{1}, "1* .3 ..4 ..5 .2"},
		{{5, 2}, "1 .3 ..4 ..5* .2*"},
		{{7}, "0 .6 ..7* .8"},
		{{9}, "9*"},
		{{10, 9}, "10* | 9*"},
		{{11}, "12 .11*"},
		{{13}, "13*"},
		{{14}, "14*"},
		{{15, 6, 15}, "15* | 0 .6* ..7 .8"},
		{{999}, ""},
	};
	struct index_env *env = index_env_new();

	/* In two shards. */
	index_env_put(env, mails, 4);
	index_env_follow(env, 1);
	index_env_put(env, mails + 4, AM_COUNT(mails) - 4);
	index_env_follow(env, 1);
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		size_t n = 0;
		while (n < 3 && cases[i].ids[n])
			n++;
		char *tree = threads(env, cases[i].ids, n, NULL);
		cr_expect_str_eq(tree, cases[i].tree, "%zu: %s", i, tree);
		g_free(tree);
	}
	index_env_free(&env);
}

Test(threads, hang_by_subject_when_asked_to)
{
	static const struct am_thread_options by_subject = {.by_subject = true};
	static const int64_t invoice[] = {9}, plan[] = {4};
	struct index_env *env = index_env_new();

	index_env_put(env, mails, AM_COUNT(mails));
	index_env_follow(env, 1);
	char *tree = threads(env, invoice, 1, &by_subject);
	cr_expect_str_eq(tree, "9* .10", "%s", tree);
	g_free(tree);
	tree = threads(env, plan, 1, &by_subject);
	cr_expect_str_eq(tree, "1 .3 ..4* ..5 .2", "%s", tree);
	g_free(tree);
	index_env_free(&env);
}

/* A chain as long as nobody writes one is cut, what was asked for is not. */
Test(threads, are_cut_where_they_are_endless)
{
	enum { N = 3000 };
	static const struct am_thread_options few = {.most = 5};
	static const int64_t ids[] = {2500};
	struct am_test_message *m = g_new0(struct am_test_message, N);
	struct index_env *env = index_env_new();

	for (int i = 0; i < N; i++) {
		m[i].folder[0] = "INBOX";
		m[i].bytes = g_strdup_printf("Subject: s\nMessage-ID: <%d@x>\n"
		                             "In-Reply-To: <%d@x>\n\nx\n",
		                             i, i - 1);
	}
	index_env_put(env, m, N);
	index_env_follow(env, 1);
	char *tree = threads(env, ids, 1, &few);
	cr_expect(g_str_has_prefix(tree, "2484 .2485 "), "%.60s", tree);
	cr_expect(strstr(tree, "2500* cut"), "%.2000s", tree);
	g_free(tree);
	index_env_free(&env);
	for (int i = 0; i < N; i++)
		g_free((char *)m[i].bytes);
	g_free(m);
}
