/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/order.h"

#include "index/order_number.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

/* An order of `n_words` words out of `n_terms`, one in ten not kept, in three
 * runs of fields 0, 7 and 8. */
struct sample {
	uint64_t *hashes;
	uint32_t *words;
	size_t n_terms, n_words;
	struct am_run runs[3];
	uint8_t *bytes;
	size_t len;
	struct am_order order;
};

static void make(struct sample *s, size_t n_terms, size_t n_words)
{
	struct am_order_writer *w = am_order_writer_new();
	GRand *rand = g_rand_new_with_seed((guint32)n_words);
	char word[20];

	memset(s, 0, sizeof(*s));
	s->n_terms = n_terms;
	s->n_words = n_words;
	s->hashes = g_new(uint64_t, n_terms + 1);
	s->words = g_new(uint32_t, n_words + 1);
	for (size_t i = 0; i < n_terms; i++) {
		g_snprintf(word, sizeof(word), "w%zu", i);
		s->hashes[i] = am_word_hash(word, strlen(word));
	}
	for (size_t i = 0; i < n_words; i++)
		s->words[i] = g_rand_int_range(rand, 0, 10) && n_terms
		                      ? (uint32_t)g_rand_int_range(
						rand, 0, (gint32)n_terms)
		                      : UINT32_MAX;
	s->runs[0] = (struct am_run){0, (uint32_t)n_words / 10};
	s->runs[1] = (struct am_run){
		7, (uint32_t)(n_words - n_words / 10 - n_words / 4)};
	s->runs[2] = (struct am_run){8, (uint32_t)n_words / 4};
	const uint8_t *coded = am_order_encode(w, s->hashes, n_terms, s->words,
	                                       n_words, s->runs, 3, &s->len);
	s->bytes = g_malloc0(s->len + AM_ORDER_SLACK);
	memcpy(s->bytes, coded, s->len);
	am_order_writer_free(&w);
	g_rand_free(rand);
}

static void drop(struct sample *s)
{
	g_free(s->hashes);
	g_free(s->words);
	g_free(s->bytes);
}

static bool by_hand(const struct sample *s, const uint32_t *row, size_t n,
                    uint32_t fields)
{
	size_t at = 0;

	for (int r = 0; r < 3; at += s->runs[r++].words) {
		if (!(fields >> s->runs[r].field & 1))
			continue;
		for (size_t i = at; i + n <= at + s->runs[r].words; i++)
			if (!memcmp(s->words + i, row, n * sizeof(*row)))
				return true;
	}
	return false;
}

Test(order, tells_rows_as_they_were)
{
	static const size_t sizes[][2] = {
		{0, 0},         {0, 7},      {1, 1},     {1, 100},
		{2, 50},        {3, 3},      {7, 300},   {8, 300},
		{63, 500},      {350, 1000}, {500, 500}, {5000, 20000},
		{70000, 100000}};

	for (size_t c = 0; c < AM_COUNT(sizes); c++) {
		struct sample s;
		GRand *rand = g_rand_new_with_seed(7);
		make(&s, sizes[c][0], sizes[c][1]);
		cr_assert(am_order_open(&s.order, s.bytes, s.len));
		for (int i = 0; i < 300 && s.n_words > 3; i++) {
			size_t n = (size_t)g_rand_int_range(rand, 1, 4);
			size_t at = (size_t)g_rand_int_range(
				rand, 0, (gint32)(s.n_words - n));
			uint32_t fields =
				(uint32_t)g_rand_int_range(rand, 0, 512);
			uint32_t row[4];
			uint64_t hashes[4];
			bool kept = true;
			memcpy(row, s.words + at, n * sizeof(*row));
			if (i % 3 == 0 && n > 1)
				row[n - 1] = s.words[0];
			for (size_t k = 0; k < n; k++) {
				kept = kept && row[k] < s.n_terms;
				hashes[k] = kept ? s.hashes[row[k]] : 0;
			}
			if (kept)
				cr_expect_eq(am_order_has(&s.order, hashes, n,
				                          fields),
				             by_hand(&s, row, n, fields),
				             "case %zu, %d", c, i);
		}
		g_rand_free(rand);
		drop(&s);
	}
}

Test(order, takes_a_byte_and_a_quarter_a_word_and_as_much_a_term)
{
	struct sample s;

	make(&s, 350, 1000);
	cr_expect_lt(s.len, 1300 + 350 * 5 / 4);
	drop(&s);
}

Test(order, knows_how_its_words_begin)
{
	struct sample s;
	uint8_t w = am_word_head("w1", 2), w2 = am_word_head("w2", 2);
	GArray *numbers = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	size_t other = 0;

	make(&s, 350, 1000);
	cr_assert(am_order_open(&s.order, s.bytes, s.len));
	struct am_numbering numbering = am_order_numbering(&s.order);
	for (size_t i = 0; i < s.n_terms; i++) {
		char word[20];
		g_snprintf(word, sizeof(word), "w%zu", i);
		uint32_t number = am_order_number(
			&numbering, s.order.displace,
			am_order_seeded(s.hashes[i], numbering.seed));
		cr_expect(am_order_begins(&s.order, number,
		                          am_word_head(word, strlen(word)),
		                          UINT8_MAX));
		cr_expect(am_order_begins(&s.order, number, w, AM_HEAD_FIRST));
		cr_expect_not(am_order_begins(
			&s.order, number, am_word_head("x", 1), AM_HEAD_FIRST));
		other += !am_order_begins(&s.order, number, w2, UINT8_MAX);
	}
	cr_expect_gt(other, s.n_terms / 2);
	/* A word that was not kept begins with nothing. */
	am_order_after(&s.order, s.hashes + s.words[0], 1, 0xffff, numbers);
	cr_expect_gt(numbers->len, 0);
	cr_expect_not(am_order_begins(&s.order, (uint32_t)s.order.slots, 0, 0));
	g_array_unref(numbers);
	drop(&s);
}

/* The first of a to z is told from all others; what begins so has the same
 * upper bits, and with two letters the same in all. */
Test(order, heads_are_of_the_first_letters)
{
	static const char *const words[] = {
		"a", "ab", "abc", "b",  "zz",   "1",
		"é", "éa", "ß",   "日", "日本", "\xf0\x9f\x98\x80"};
	uint8_t seen[26];

	for (char c = 'a'; c <= 'z'; c++) {
		seen[c - 'a'] = am_word_head(&c, 1) & AM_HEAD_FIRST;
		for (char d = 'a'; d < c; d++)
			cr_expect_neq(seen[c - 'a'], seen[d - 'a']);
	}
	for (size_t i = 0; i < AM_COUNT(words); i++) {
		char *longer = g_strconcat(words[i], "yz", NULL);
		size_t len = strlen(words[i]);
		uint8_t head = am_word_head(words[i], len);
		uint8_t more = am_word_head(longer, len + 2);
		cr_expect_eq((head ^ more) & AM_HEAD_FIRST, 0, "%s", longer);
		if (g_utf8_strlen(words[i], -1) > 1)
			cr_expect_eq(head, more, "%s", longer);
		if (words[i][0] < 'a' || words[i][0] > 'z')
			for (size_t k = 0; k < 26; k++)
				cr_expect_neq(head & AM_HEAD_FIRST, seen[k]);
		g_free(longer);
	}
	cr_expect_eq(am_word_head("", 0), 0);
}

Test(order, refuses_what_is_none)
{
	struct sample s;
	struct am_order o;

	make(&s, 50, 200);
	for (size_t n = 0; n < s.len; n++)
		cr_expect_not(am_order_open(&o, s.bytes, n), "%zu", n);
	/* Any byte changed: refused or read, never out of bounds. */
	for (size_t i = 0; i < s.len; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			s.bytes[i] ^= (uint8_t)(1u << bit);
			if (am_order_open(&o, s.bytes, s.len))
				(void)am_order_has(&o, s.hashes, 3, 0xffff);
			s.bytes[i] ^= (uint8_t)(1u << bit);
		}
	}
	drop(&s);
}

Test(order, survives_words_of_one_hash)
{
	struct am_order_writer *w = am_order_writer_new();
	uint64_t hashes[200];
	uint32_t words[200];
	struct am_run run = {7, 200};
	size_t len;

	for (uint32_t i = 0; i < 200; i++) {
		hashes[i] = i % 2 ? 12345 : i;
		words[i] = i;
	}
	const uint8_t *data =
		am_order_encode(w, hashes, 200, words, 200, &run, 1, &len);
	uint8_t *copy = g_malloc0(len + AM_ORDER_SLACK);
	struct am_order o;
	memcpy(copy, data, len);
	cr_assert(am_order_open(&o, copy, len));
	(void)am_order_has(&o, hashes, 3, 0xffff);
	g_free(copy);
	am_order_writer_free(&w);
}
