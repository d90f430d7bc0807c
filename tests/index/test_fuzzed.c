/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Queries that nobody would write, made by chance out of what queries are made
 * of.  Each is refused with a line that says where, or answered; and the answer
 * is what looking at each message gives.
 *
 * AM_FUZZED_QUERIES=100000 asks for more of them than an everyday run does.
 */
#include "index/index_env.h"
#include "index/query_tree.h"

#include "base/blob.h"
#include "model/folder.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <stdlib.h>
#include <string.h>

TestSuite(fuzzed, .fini = am_test_tmpdir_end, .timeout = 3600);

#define MAILS 60
#define NOW   1592222400

static const char *const words[] = {
	"report",  "annual",   "Größe",   "the",     "alpha",      "日本語",
	"字",      "don't",    "e.g.",    "foo-bar", "sys_clone3", "résumé",
	"dat*",    "*port",    "a*",      "r*t",     "reprot~",    "beta~2",
	"ไทยแลนด์", "🎉",        "בית־ספר", "=data",   "+memory",    "\"",
	"x",       "unique1*", "2020"};
static const char *const values[] = {"alice",   "bob@y.example",
                                     "/^a.*x/", "/budget[0-9]/",
                                     "2018",    "last week",
                                     "3d",      "2016..2018",
                                     "..2017",  "jan 2019",
                                     ">500",    "100..600",
                                     "1k",      "unread",
                                     "flagged", "attachment",
                                     "html",    "urgent",
                                     "Work",    "INBOX",
                                     "pdf",     "12.mail@x.example",
                                     "en",      "none",
                                     "*",       "/(a|b)*c/",
                                     "budget*", "quote",
                                     "list"};
static const char *const joints[] = {" ",     " AND ",  " OR ",     " NOT ",
                                     " -",    " NEAR ", " NEAR/3 ", " ADJ/2 ",
                                     " AND ", "",       "  ",       "\t"};

static size_t below(GRand *rand, size_t n)
{
	return (size_t)g_rand_int_range(rand, 0, (gint32)n);
}

static void make(GRand *rand, GString *out, unsigned depth)
{
	size_t fields = 0;

	while (am_field_defs[fields].name)
		fields++;
	switch (below(rand, depth ? 10 : 6)) {
	case 0:
		g_string_append(out, words[below(rand, AM_COUNT(words))]);
		return;
	case 1:
		g_string_append_printf(out, "%s:%s",
		                       am_field_defs[below(rand, fields)].name,
		                       values[below(rand, AM_COUNT(values))]);
		return;
	case 2:
		g_string_append_printf(out, "%s:%s",
		                       am_field_defs[below(rand, fields)].name,
		                       words[below(rand, AM_COUNT(words))]);
		return;
	case 3:
		g_string_append_printf(out, "\"%s %s\"",
		                       words[below(rand, AM_COUNT(words))],
		                       words[below(rand, AM_COUNT(words))]);
		return;
	case 4:
		g_string_append(out, values[below(rand, AM_COUNT(values))]);
		return;
	case 5:
		g_string_append_printf(out, "%s:\"%s\"",
		                       am_field_defs[below(rand, fields)].name,
		                       values[below(rand, AM_COUNT(values))]);
		return;
	case 6:
		g_string_append_c(out, '(');
		make(rand, out, depth - 1);
		g_string_append(out, joints[below(rand, AM_COUNT(joints))]);
		make(rand, out, depth - 1);
		g_string_append_c(out, ')');
		return;
	case 7:
		g_string_append_printf(out, "%s:{",
		                       am_field_defs[below(rand, fields)].name);
		make(rand, out, depth - 1);
		g_string_append_c(out, ' ');
		make(rand, out, depth - 1);
		g_string_append_c(out, '}');
		return;
	default:
		make(rand, out, depth - 1);
		g_string_append(out, joints[below(rand, AM_COUNT(joints))]);
		make(rand, out, depth - 1);
		return;
	}
}

/* Some bytes changed, doubled or gone. */
static void spoil(GRand *rand, GString *s)
{
	static const char signs[] = "\"()*~=/{}:-. \x01\x80\xff<>";

	for (size_t n = below(rand, 4); n && s->len; n--) {
		gssize at = (gssize)below(rand, s->len);
		switch (below(rand, 3)) {
		case 0:
			s->str[at] = signs[below(rand, sizeof(signs) - 1)];
			break;
		case 1:
			g_string_insert_c(
				s, at, signs[below(rand, sizeof(signs) - 1)]);
			break;
		default:
			g_string_erase(s, at, 1);
		}
	}
}

/* ---- the other side --------------------------------------------------------
 */

static struct am_message *make_message(unsigned i)
{
	const char *path[] = {i % 3 ? "INBOX" : "Work", "Old"};
	struct am_folder *f = NULL;
	struct am_message *m = NULL;
	struct am_error err;
	char *bytes = index_env_mail(i);

	cr_assert_eq(am_folder_new(&f, path, i % 6 ? 1 : 2, 0, &err), 0);
	cr_assert_eq(am_message_new(&m, f, &err), 0);
	cr_assert_eq(am_blob_copy(&m->raw, bytes, strlen(bytes), &err), 0);
	m->flags = (i % 2 ? AM_SEEN : 0u) | (i % 5 ? 0u : AM_FLAGGED);
	if (i % 4 == 0)
		am_message_add_keyword(m, "urgent");
	const struct am_folder *unref = f;
	am_folder_unref(&unref);
	g_free(bytes);
	return m;
}

static bool has_thread(const struct am_node *node)
{
	for (size_t i = 0; i < node->n_children; i++)
		if (has_thread(node->children[i]))
			return true;
	return node->kind == AM_NODE_THREAD;
}

static int by_id(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void check_sort(struct index_env *env, const struct am_query *q,
                       const char *text, enum am_sort sort,
                       const int64_t *wanted, size_t n)
{
	struct am_hit hits[MAILS + 1];
	int64_t ids[MAILS + 1];
	struct am_error err = {.text = ""};
	uint64_t total;
	size_t got;

	cr_assert_eq(am_index_search(env->index, env->archive, q, sort, 0,
	                             MAILS, hits, &got, &total, &err),
	             AM_OK, "%s: %s", text, err.text);
	for (size_t i = 0; i < got; i++)
		ids[i] = hits[i].id;
	qsort(ids, got, sizeof(*ids), by_id);
	cr_assert(got == n && !memcmp(ids, wanted, n * sizeof(*ids)),
	          "%s: %zu by the index in order %d, %zu by looking", text, got,
	          (int)sort, n);
}

static void check(struct index_env *env, struct am_message *const *mails,
                  const struct am_query *q, const char *text)
{
	int64_t wanted[MAILS];
	struct am_error err = {.text = ""};
	uint64_t count;
	size_t n = 0;
	char *told;

	cr_assert_eq(am_query_explain(&told, q, text, env->index, env->archive,
	                              &err),
	             AM_OK, "%s: %s", text, err.text);
	g_free(told);
	cr_assert_eq(am_index_count(env->index, env->archive, q, &count, &err),
	             AM_OK, "%s: %s", text, err.text);
	if (has_thread(q->root))
		return;
	for (unsigned i = 0; i < MAILS; i++) {
		bool yes = false;
		cr_assert_eq(am_query_matches(q, mails[i], &yes, &err), AM_OK,
		             "%s: %s", text, err.text);
		if (yes)
			wanted[n++] = i + 1;
	}
	cr_assert_eq(count, n, "%s: %" PRIu64 " counted, %zu by looking", text,
	             count, n);
	for (int sort = AM_SORT_RELEVANCE; sort <= AM_SORT_SIZE; sort++)
		check_sort(env, q, text, (enum am_sort)sort, wanted, n);
}

Test(fuzzed, queries_are_refused_or_answered_right)
{
	const char *asked = g_getenv("AM_FUZZED_QUERIES");
	unsigned n = asked ? (unsigned)g_ascii_strtoull(asked, NULL, 10) : 1500;
	struct am_message *mails[MAILS];
	struct index_env *env = index_env_new();
	GRand *rand = g_rand_new_with_seed(20260101);
	unsigned answered = 0;

	/* Two shards. */
	index_env_fill(env, 0, MAILS - 15);
	index_env_follow(env, 1);
	index_env_fill(env, MAILS - 15, MAILS);
	index_env_follow(env, 1);
	g_free(index_env_search(env, "", AM_SORT_DATE));
	for (unsigned i = 0; i < MAILS; i++)
		mails[i] = make_message(i);
	for (unsigned i = 0; i < n; i++) {
		GString *text = g_string_new(NULL);
		struct am_query *q;
		struct am_error err = {.text = ""};
		make(rand, text, 4);
		if (i % 2)
			spoil(rand, text);
		int r = am_query_parse(&q, text->str, NOW, &err);
		if (r) {
			cr_assert_eq(r, AM_FAILED, "%s", text->str);
			cr_assert_eq(err.kind, AM_E_ARGUMENT, "%s", text->str);
			cr_assert(*err.text, "%s", text->str);
		} else {
			answered++;
			check(env, mails, q, text->str);
		}
		am_query_free(&q);
		/* Half of it, while it is typed. */
		g_string_truncate(text, text->len / 2);
		r = am_query_parse_typing(&q, text->str, NOW, &err);
		if (!r)
			am_query_free(&q);
		g_string_free(text, TRUE);
	}
	cr_expect_gt(answered, n / 4);
	for (unsigned i = 0; i < MAILS; i++)
		am_message_free(&mails[i]);
	g_rand_free(rand);
	index_env_free(&env);
}
