/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/behind.h"

#include "index/places.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(behind, .fini = am_test_tmpdir_end);

#define DOCUMENTS 20000 /* so many that several threads look */
#define WORDS     60    /* of a document, out of TERMS */
#define TERMS     26
#define REGION    7

/* Word k begins with the k-th letter. */
static uint64_t hash_of(unsigned k)
{
	char word[] = {(char)('a' + k), 'x', 'y', '\0'};

	return am_word_hash(word, 3);
}

struct mail {
	uint32_t words[DOCUMENTS][WORDS]; /* of each id - 1 */
};

static struct am_places *write_mail(struct mail *m)
{
	char *path = am_test_path("places");
	struct am_order_writer *orders = am_order_writer_new();
	struct am_run run = {REGION, WORDS};
	GRand *rand = g_rand_new_with_seed(7);
	uint64_t hashes[TERMS];
	struct am_places_writer *w;
	struct am_places *p;
	struct am_error err;

	for (unsigned k = 0; k < TERMS; k++)
		hashes[k] = hash_of(k);
	cr_assert_eq(am_places_create(&w, path, &err), AM_OK);
	for (uint32_t i = 0; i < DOCUMENTS; i++) {
		struct am_place place = {.id = i + 1, .dated = true, .date = i};
		size_t len;
		for (size_t k = 0; k < WORDS; k++)
			m->words[i][k] =
				(uint32_t)g_rand_int_range(rand, 0, TERMS);
		const uint8_t *order =
			am_order_encode(orders, hashes, TERMS, m->words[i],
		                        WORDS, &run, 1, &len);
		cr_assert_eq(am_places_add(w, &place, order, len, &err), AM_OK);
	}
	cr_assert_eq(am_places_finish(&w, &err), AM_OK);
	cr_assert_eq(am_places_open(&p, path, &err), AM_OK);
	am_order_writer_free(&orders);
	g_rand_free(rand);
	g_free(path);
	return p;
}

/* Do the words a, b and c stand in a row in it? */
static bool in_row(const uint32_t *words, unsigned a, unsigned b, unsigned c)
{
	for (size_t i = 0; i + 2 < WORDS; i++)
		if (words[i] == a && words[i + 1] == b && words[i + 2] == c)
			return true;
	return false;
}

/* Each of them, with and without the letter that is asked for. */
static void expect_behind(const struct mail *m, struct am_places *p,
                          const uint32_t *documents, size_t n, bool letter)
{
	const unsigned a = 2, b = 5, c = 9;
	struct am_behind_row row = {.places = p,
	                            .hashes = {hash_of(a), hash_of(b)},
	                            .n = 2,
	                            .regions = 1u << REGION};
	struct am_behind *behind;
	struct am_error err;
	struct am_place place;
	size_t i = 0, wanted = 0;

	if (letter) {
		row.head = am_word_head("j", 1);
		row.mask = AM_HEAD_FIRST;
	}
	behind = am_behind_new(&row);
	for (int round = 0; round < 2; round++)
		cr_assert_eq(am_behind_look_at(behind, documents, n, &err),
		             AM_OK);
	am_behind_word(behind, hash_of(c));
	for (size_t k = 0; k < n; k++) {
		cr_assert_eq(am_places_get(p, documents[k], &place, &err), 0);
		bool has = in_row(m->words[place.id - 1], a, b, c);
		bool seen = i < am_behind_documents(behind) &&
		            am_behind_document(behind, i) == documents[k];
		cr_assert(seen || !has, "document %u", documents[k]);
		if (letter)
			cr_assert_eq(seen, has, "document %u", documents[k]);
		if (seen)
			cr_assert_eq(am_behind_has(behind, i++), has,
			             "document %u", documents[k]);
		wanted += has;
	}
	cr_expect_eq(i, am_behind_documents(behind));
	cr_expect_gt(wanted, n / 1000);
	am_behind_free(&behind);
	cr_expect_null(behind);
}

Test(behind, threads_find_what_one_finds)
{
	struct mail *m = g_new(struct mail, 1);
	struct am_places *p = write_mail(m);
	uint32_t *documents = g_new(uint32_t, DOCUMENTS);
	size_t n = 0;

	for (uint32_t d = 1; d <= DOCUMENTS; d++)
		if (d % 11)
			documents[n++] = d;
	/* Through windows one thread looks. */
	for (int mapped = 0; mapped < 2; mapped++) {
		if (mapped)
			am_places_map(p);
		cr_expect_eq(am_places_mapped(p), mapped != 0);
		expect_behind(m, p, documents, n, false);
		expect_behind(m, p, documents, n, true);
		expect_behind(m, p, documents, 700, true);
	}
	am_places_close(&p);
	g_free(documents);
	g_free(m);
}

Test(behind, what_is_not_there_has_nothing_behind)
{
	struct mail *m = g_new(struct mail, 1);
	struct am_places *p = write_mail(m);
	struct am_behind_row row = {.places = p, .n = 1, .regions = 1u << 3};
	struct am_behind *behind = am_behind_new(&row);
	const uint32_t documents[] = {1, 5, DOCUMENTS, DOCUMENTS + 1};
	struct am_error err;

	/* Other regions, and no such document. */
	cr_expect_eq(am_behind_look_at(behind, documents, 4, &err), AM_OK);
	cr_expect_eq(am_behind_documents(behind), 0);
	cr_expect_eq(am_behind_look_at(behind, documents, 0, &err), AM_OK);
	am_behind_free(&behind);
	am_places_close(&p);
	g_free(m);
}
