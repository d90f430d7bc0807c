/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/invert.h"

#include "base/file.h"
#include "index/join.h"
#include "index/order.h"
#include "index/postings.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(invert, .fini = am_test_tmpdir_end);

/* Xapian 1.4's check() frees a table by its base class: not ours to mend. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "new_delete_type_mismatch=0";
}

#define SHARED    40 /* word k is in every k-th document */
#define DOCUMENTS 9000

/* What k stands for: short for the shared ones; of the others, which are in one
 * document each, every third is as long as can be and tells itself apart at
 * the end, which fills the inner blocks of a tree. */
static size_t word(char out[AM_TERM_MAX + 1], uint32_t k)
{
	if (k <= SHARED || k % 3)
		return (size_t)g_snprintf(out, AM_TERM_MAX, "w%u", k);
	memset(out, 'x', AM_TERM_MAX);
	g_snprintf(out + AM_TERM_MAX - 8, 9, "%08u", k);
	return AM_TERM_MAX;
}

static void add_term(struct am_term *to, char *text, uint32_t k)
{
	to->len = (uint32_t)word(text, k);
	to->text = text;
	to->hash = am_word_hash(text, to->len);
	to->count = k % 200;
}

static void add_document(struct am_invert *v, uint32_t i, uint32_t id)
{
	char text[SHARED + 1][AM_TERM_MAX + 1];
	struct am_term terms[SHARED + 1];
	size_t n = 0;

	for (uint32_t k = SHARED; k >= 1; k--)
		if (i % k == 0) {
			add_term(&terms[n], text[n], k);
			n++;
		}
	add_term(&terms[n], text[n], SHARED + i);
	am_invert_add(v, id, terms, n + 1);
}

/* Document i, from 1, has the id first + i * step. */
static void fill(struct am_invert *v, uint32_t first, uint32_t step)
{
	for (uint32_t i = 1; i <= DOCUMENTS; i++)
		add_document(v, i, first + i * step);
}

struct expected {
	uint32_t next, step, seen;
};

static void on_ids(void *user, const uint32_t *ids, size_t n)
{
	struct expected *e = user;

	for (size_t i = 0; i < n; i++, e->next += e->step)
		cr_assert_eq(ids[i], e->next);
	e->seen += (uint32_t)n;
}

struct wanted {
	const GArray *ids;
	uint32_t by, first;
	guint at;
};

/* Those of the wanted that are in the list. */
static void on_wanted(void *user, const uint32_t *ids, size_t n)
{
	struct wanted *w = user;

	for (size_t i = 0; i < n; i++) {
		while (w->at < w->ids->len &&
		       g_array_index(w->ids, uint32_t, w->at) != ids[i]) {
			uint32_t other =
				g_array_index(w->ids, uint32_t, w->at++);
			cr_assert(other <= w->first ||
			          (other - w->first) % w->by);
		}
		cr_assert_lt(w->at, w->ids->len, "%u was not wanted", ids[i]);
		w->at++;
	}
}

/* Of a list only what is among some documents, many or few, in it or not; and
 * its first chunk, from anywhere. */
static void check_parts(struct am_postings *p, uint32_t k, uint32_t first,
                        uint32_t step, GRand *rand)
{
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	uint32_t by = k * step, last = first + DOCUMENTS / k * by;
	uint32_t jump = (uint32_t)g_rand_int_range(rand, 1, DOCUMENTS);
	struct am_postings_chunk chunk;
	struct am_error err = {.text = ""};
	char text[AM_TERM_MAX + 1];
	size_t len = word(text, k);

	for (uint32_t id = 1; id < last + 3 * by;
	     id += 1 + (uint32_t)g_rand_int_range(rand, 0, (int)jump)) {
		/* Mostly what is in it. */
		uint32_t near = id > first ? id - (id - first) % by : id;
		uint32_t one = near > first && g_rand_int(rand) % 3 ? near : id;
		if (ids->len &&
		    g_array_index(ids, uint32_t, ids->len - 1) >= one)
			continue;
		g_array_append_val(ids, one);
	}
	struct wanted w = {ids, by, first, 0};
	struct expected e = {.seen = 0};
	cr_assert_eq(am_postings_among(p, text, len,
	                               (const uint32_t *)(void *)ids->data,
	                               ids->len, on_wanted, &w, &err),
	             AM_OK, "%s", err.text);
	for (; w.at < ids->len; w.at++) { /* none of them is in it */
		uint32_t other = g_array_index(ids, uint32_t, w.at);
		cr_assert(other <= first || other > last ||
		          (other - first) % by);
	}
	uint32_t from = first + by * (uint32_t)g_rand_int_range(
					     rand, 1, (int)(DOCUMENTS / k) + 1);
	e = (struct expected){from, by, 0};
	cr_assert_eq(am_postings_some(p, text, len, from, UINT32_MAX, on_ids,
	                              &e, &chunk, &err),
	             AM_OK, "%s", err.text);
	cr_assert(chunk.first <= from && from <= chunk.last);
	cr_assert_eq(e.next, chunk.last + by);
	cr_assert_eq(chunk.end, chunk.last == last);
	cr_assert_eq(chunk.more, chunk.last < last);
	g_array_unref(ids);
}

/* Every list as a whole, then pieces of them, in no order. */
static void check_postings(const char *dir, uint32_t first, uint32_t step)
{
	struct am_postings *p;
	struct am_error err = {.text = ""};
	char text[AM_TERM_MAX + 1];
	GRand *rand = g_rand_new_with_seed(3);

	cr_assert_eq(am_postings_open(&p, dir, &err), AM_OK, "%s", err.text);
	for (uint32_t k = 1; k <= SHARED + DOCUMENTS; k++) {
		struct expected e = {first + k * step, k * step, 0};
		if (k > SHARED)
			e.next = first + (k - SHARED) * step;
		cr_assert_eq(am_postings_each(p, text, word(text, k), 1,
		                              UINT32_MAX, on_ids, &e, &err),
		             AM_OK, "%s", err.text);
		cr_assert_eq(e.seen, k > SHARED ? 1 : DOCUMENTS / k, "%u", k);
	}
	for (int i = 0; i < 2000; i++) {
		uint32_t k = (uint32_t)g_rand_int_range(rand, 1, SHARED + 1);
		uint32_t n = DOCUMENTS / k;
		/* The a-th to the b-th, and what lies around them. */
		uint32_t a = (uint32_t)g_rand_int_range(rand, 1, (int)n + 1);
		uint32_t b =
			(uint32_t)g_rand_int_range(rand, (int)a, (int)n + 1);
		uint32_t by = k * step;
		struct expected e = {first + a * by, by, 0};
		cr_assert_eq(am_postings_each(p, text, word(text, k),
		                              first + a * by - by / 2,
		                              first + b * by + by / 3, on_ids,
		                              &e, &err),
		             AM_OK, "%s", err.text);
		cr_assert_eq(e.seen, b - a + 1);
	}
	for (int i = 0; i < 400; i++)
		check_parts(p, (uint32_t)g_rand_int_range(rand, 1, SHARED + 1),
		            first, step, rand);
	struct expected none = {0};
	cr_expect_eq(am_postings_each(p, "w1", 2, 9, 8, on_ids, &none, &err),
	             AM_OK);
	cr_expect_eq(
		am_postings_each(p, "w", 1, 1, UINT32_MAX, on_ids, &none, &err),
		AM_OK);
	cr_expect_eq(am_postings_each(p, "w1x", 3, 5, UINT32_MAX, on_ids, &none,
	                              &err),
	             AM_OK);
	cr_expect_eq(am_postings_each(p, "zz", 2, 1, UINT32_MAX, on_ids, &none,
	                              &err),
	             AM_OK);
	cr_expect_eq(none.seen, 0);
	g_rand_free(rand);
	am_postings_close(&p);
}

static int count_terms(void *user, const char *term, size_t len,
                       uint64_t documents, struct am_error *err)
{
	(void)term;
	(void)len;
	(void)err;
	cr_assert_geq(documents, 1);
	++*(uint32_t *)user;
	return AM_OK;
}

static void check(const char *dir, uint32_t first, uint32_t step)
{
	struct am_xapian *x;
	struct am_error err = {.text = ""};
	uint32_t terms = 0;

	cr_assert_eq(am_xapian_check(dir, &err), AM_OK, "%s", err.text);
	cr_assert_eq(am_xapian_open(&x, &dir, 1, &err), AM_OK, "%s", err.text);
	cr_expect_eq(am_xapian_documents(x), DOCUMENTS);
	check_postings(dir, first, step);
	cr_assert_eq(am_xapian_terms(x, "", 0, count_terms, &terms, &err),
	             AM_OK, "%s", err.text);
	cr_expect_eq(terms, SHARED + DOCUMENTS);
	am_xapian_close(&x);
}

Test(invert, writes_what_xapian_reads)
{
	static const uint32_t ids[][2] = {
		{0, 1}, {32000, 1}, {4000000, 77}, {200000000, 7}};
	struct am_invert *v = am_invert_new();
	struct am_error err = {.text = ""};

	for (size_t i = 0; i < AM_COUNT(ids); i++) {
		char *dir = am_test_path("shard%zu", i);
		cr_assert_eq(am_make_dirs(dir, &err), AM_OK);
		fill(v, ids[i][0], ids[i][1]);
		cr_expect_gt(am_invert_bytes(v), 1000000);
		cr_assert_eq(am_invert_write(v, dir, NULL, &err), AM_OK, "%s",
		             err.text);
		check(dir, ids[i][0], ids[i][1]);
		g_free(dir);
	}
	am_invert_free(&v);
}

/* Documents dealt to three shards, numbered backwards there, and joined to what
 * they were. */
Test(invert, numbers_anew_and_joins)
{
	struct am_invert *v = am_invert_new();
	struct am_error err = {.text = ""};
	char *dirs[3], *to = am_test_path("all");
	uint32_t *moved[3], documents[3] = {0}, number[DOCUMENTS];

	for (uint32_t s = 0; s < 3; s++) {
		dirs[s] = am_test_path("part%u", s);
		moved[s] = g_new(uint32_t, DOCUMENTS);
		cr_assert_eq(am_make_dirs(dirs[s], &err), AM_OK);
		for (uint32_t i = 1; i <= DOCUMENTS; i++)
			if (i * 7 % 3 == s)
				add_document(v, i, ++documents[s]);
		uint32_t d = documents[s];
		for (uint32_t i = 1; i <= DOCUMENTS; i++)
			if (i * 7 % 3 == s)
				moved[s][--d] = i;
		for (uint32_t i = 0; i < documents[s]; i++)
			number[i] = documents[s] - i;
		cr_assert_eq(am_invert_write(v, dirs[s], number, &err), AM_OK);
	}
	cr_assert_eq(am_make_dirs(to, &err), AM_OK);
	cr_assert_eq(am_join_lists((const char *const *)dirs, 3, to, moved,
	                           documents, &err),
	             AM_OK, "%s", err.text);
	check(to, 0, 1);
	/* A document that has no place is a mistake that must show. */
	documents[1]--;
	cr_expect_eq(am_join_lists((const char *const *)dirs, 3, to, moved,
	                           documents, &err),
	             AM_FAILED);
	for (uint32_t s = 0; s < 3; s++) {
		g_free(dirs[s]);
		g_free(moved[s]);
	}
	g_free(to);
	am_invert_free(&v);
}

static void on_any(void *user, const uint32_t *ids, size_t n)
{
	(void)ids;
	*(size_t *)user += n;
}

/* Each term of a table that may be damaged: an answer or an error. */
static void look_up_all(const char *dir)
{
	struct am_postings *p = NULL;
	struct am_error err;
	char text[AM_TERM_MAX + 1];
	int r = am_postings_open(&p, dir, &err);
	size_t seen = 0;

	if (r)
		cr_expect_eq(err.kind, AM_E_CORRUPT);
	for (uint32_t k = 1; p && k <= SHARED + DOCUMENTS; k += 7) {
		r = am_postings_each(p, text, word(text, k), k % 3 ? 1 : k,
		                     UINT32_MAX, on_any, &seen, &err);
		if (r)
			cr_expect_eq(err.kind, AM_E_CORRUPT, "%s", err.text);
		const uint32_t some[] = {1, k, k + 1000, UINT32_MAX};
		r = am_postings_among(p, text, word(text, k), some,
		                      AM_COUNT(some), on_any, &seen, &err);
		if (r)
			cr_expect_eq(err.kind, AM_E_CORRUPT, "%s", err.text);
	}
	am_postings_close(&p);
}

/* Damage is told, wherever it is; joining what is damaged ends. */
Test(invert, refuses_damaged_lists)
{
	struct am_invert *v = am_invert_new();
	struct am_error err = {.text = ""};
	char *dir = am_test_path("d"), *to = am_test_path("to"), *text;
	uint32_t *moved = g_new0(uint32_t, DOCUMENTS), n = DOCUMENTS;
	GRand *rand = g_rand_new_with_seed(1);
	size_t len;

	for (uint32_t i = 0; i < n; i++)
		moved[i] = i + 1;
	cr_assert_eq(am_make_dirs(dir, &err), AM_OK);
	cr_assert_eq(am_make_dirs(to, &err), AM_OK);
	fill(v, 0, 1);
	cr_assert_eq(am_invert_write(v, dir, NULL, &err), AM_OK);
	text = am_test_read("d/postlist.glass", &len);
	cr_assert_geq(len, 3 * 8192);
	for (int i = 0; i < 60; i++) {
		char *bad = g_memdup2(text, len);
		for (int k = 0; k < 200; k++)
			bad[g_rand_int_range(rand, 0, (int)len)] =
				(char)g_rand_int(rand);
		am_test_write("d/postlist.glass", bad,
		              i % 2 ? len : len - 8192 * (size_t)(i % 3) - 5);
		int r = am_join_lists((const char *const *)&dir, 1, to, &moved,
		                      &n, &err);
		if (r)
			cr_expect_eq(err.kind, AM_E_CORRUPT);
		if (i % 2 == 0)
			cr_expect_eq(r, AM_FAILED);
		look_up_all(dir);
		g_free(bad);
	}
	g_rand_free(rand);
	g_free(moved);
	g_free(text);
	g_free(dir);
	g_free(to);
	am_invert_free(&v);
}

Test(invert, writes_a_shard_of_nothing_but_numbers)
{
	struct am_invert *v = am_invert_new();
	struct am_error err = {.text = ""};
	char *dir = am_test_path("bare");

	cr_assert_eq(am_make_dirs(dir, &err), AM_OK);
	am_invert_add(v, 3, NULL, 0);
	am_invert_add(v, 9, NULL, 0);
	cr_assert_eq(am_invert_write(v, dir, NULL, &err), AM_OK);
	cr_assert_eq(am_xapian_check(dir, &err), AM_OK, "%s", err.text);
	/* Where nothing can be written it says so, and can be used again. */
	am_invert_add(v, 3, NULL, 0);
	cr_assert_eq(am_invert_write(v, "/nonexistent", NULL, &err), AM_FATAL);
	cr_assert_lt(am_invert_bytes(v), 100000);
	g_free(dir);
	am_invert_free(&v);
}
