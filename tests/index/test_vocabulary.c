/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/vocabulary.h"

#include "index/distance.h"
#include "index/query_tree.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(vocabulary, .fini = am_test_tmpdir_end);

#define WORDS 20000

/* Few letters, so that words have much in common; every ninth of another
 * script, every fourth with the letter of a region. */
static char *make_word(GRand *rand, uint32_t i)
{
	GString *word = g_string_new(i % 4 ? "" : "S");
	int n = g_rand_int_range(rand, 1, i % 50 ? 9 : 60);

	for (int k = 0; k < n; k++)
		g_string_append_unichar(
			word, (i % 9 ? 'a' : 0x430u) +
				      (gunichar)g_rand_int_range(rand, 0, 4));
	return g_string_free(word, FALSE);
}

static gint by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, each once; the first document of word i is i * 7919. */
static GPtrArray *make_words(void)
{
	GRand *rand = g_rand_new_with_seed(5);
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);

	for (uint32_t i = 0; i < WORDS; i++)
		g_ptr_array_add(all, make_word(rand, i));
	g_ptr_array_sort(all, by_text);
	for (guint i = all->len; i-- > 1;)
		if (!strcmp(all->pdata[i], all->pdata[i - 1]))
			g_ptr_array_remove_index(all, i);
	g_rand_free(rand);
	return all;
}

static char *write_words(const GPtrArray *words)
{
	/* Terms that are no words stand among them, and are left out. */
	static const char *const others[] = {"I1@example.org", "Wab",
	                                     "with\tcontrol"};
	struct am_vocabulary_writer *w;
	struct am_error err = {.text = ""};
	char *dir = am_test_path(".");

	cr_assert_eq(am_vocabulary_create(&w, dir, &err), AM_OK, "%s",
	             err.text);
	for (size_t i = 0; i < AM_COUNT(others); i++)
		cr_assert_eq(am_vocabulary_add(w, (const uint8_t *)others[i],
		                               strlen(others[i]), 1, i % 2,
		                               &err),
		             AM_OK);
	for (guint i = 0; i < words->len; i++)
		cr_assert_eq(am_vocabulary_add(w, words->pdata[i],
		                               strlen(words->pdata[i]),
		                               i * 7919u, i % 3, &err),
		             AM_OK);
	cr_assert_eq(am_vocabulary_finish(&w, &err), AM_OK, "%s", err.text);
	return dir;
}

struct expecting {
	const GPtrArray *words;
	const struct am_vocabulary_part *part;
	guint next, seen;
};

static bool belongs(const struct am_vocabulary_part *part, const char *word)
{
	bool upper = g_ascii_isupper(*word);

	if (part->letter ? *word != part->letter : upper)
		return false;
	word += upper;
	return strncmp(word, part->beginning, part->beginning_len) == 0 &&
	       (!part->piece || strstr(word, part->piece));
}

static int on_word(void *user, const char *word, size_t len, uint32_t first,
                   bool only, struct am_error *err)
{
	struct expecting *e = user;

	(void)err;
	while (e->next < e->words->len &&
	       !belongs(e->part, e->words->pdata[e->next]))
		e->next++;
	cr_assert_lt(e->next, e->words->len);
	const char *want = e->words->pdata[e->next];
	want += g_ascii_isupper(*want);
	cr_assert_eq(len, strlen(want));
	cr_assert(memcmp(word, want, len) == 0);
	cr_assert_eq(first, e->next * 7919u);
	cr_assert_eq(only, e->next % 3 != 0);
	e->next++;
	e->seen++;
	return AM_OK;
}

static guint expect(struct am_vocabulary *v, const GPtrArray *words,
                    const struct am_vocabulary_part *part)
{
	struct expecting e = {words, part, 0, 0};
	struct am_error err = {.text = ""};

	cr_assert_eq(am_vocabulary_each(v, part, on_word, &e, &err), AM_OK,
	             "%s", err.text);
	for (; e.next < words->len; e.next++)
		cr_assert_not(belongs(part, words->pdata[e.next]), "%s",
		              (char *)words->pdata[e.next]);
	return e.seen;
}

Test(vocabulary, gives_the_words_that_a_look_at_all_would)
{
	static const char *const beginnings[] = {
		"",     "a", "ab",       "abc",
		"dddd", "z", "\xd0\xb0", "\xd0\xb1\xd0\xb2"};
	static const char *const pieces[] = {
		"a", "bc", "dcba", "aaaaa", "\xd0\xb0\xd0\xb2", "zz"};
	GPtrArray *words = make_words();
	char *dir = write_words(words);
	struct am_vocabulary *v;
	struct am_error err = {.text = ""};

	cr_assert_eq(am_vocabulary_open(&v, dir, &err), AM_OK, "%s", err.text);
	cr_expect_eq(am_vocabulary_words(v), words->len);
	for (int letter = 0; letter < 3; letter++)
		for (size_t b = 0; b < AM_COUNT(beginnings); b++)
			for (size_t p = 0; p <= AM_COUNT(pieces); p++) {
				struct am_vocabulary_part part = {
					.letter = "\0SF"[letter],
					.beginning = beginnings[b],
					.beginning_len = strlen(beginnings[b])};
				if (p < AM_COUNT(pieces)) {
					part.piece = pieces[p];
					part.piece_len = strlen(pieces[p]);
				}
				guint n = expect(v, words, &part);
				if (!b && p == AM_COUNT(pieces) && letter < 2)
					cr_expect_gt(n, 1000);
			}
	am_vocabulary_close(&v);
	g_ptr_array_unref(words);
	g_free(dir);
}

static int count_word(void *user, const char *word, size_t len, uint32_t first,
                      bool only, struct am_error *err)
{
	(void)only;
	(void)word;
	(void)len;
	(void)first;
	(void)err;
	++*(guint *)user;
	return AM_OK;
}

/* Damage gives other words or an error, and an end. */
Test(vocabulary, survives_damage)
{
	const struct am_vocabulary_part parts[] = {
		{.beginning = ""},
		{.beginning = "abc", .beginning_len = 3},
		{.beginning = "", .piece = "bcd", .piece_len = 3},
		{.letter = 'S', .beginning = "b", .beginning_len = 1}};
	GPtrArray *words = make_words();
	char *dir = write_words(words);
	GRand *rand = g_rand_new_with_seed(9);
	size_t len;
	char *good = am_test_read("words", &len);

	for (int i = 0; i < 60; i++) {
		char *bad = g_memdup2(good, len);
		struct am_vocabulary *v = NULL;
		struct am_error err;
		guint n = 0;
		for (int k = 0; k < 100; k++)
			bad[g_rand_int_range(rand, i % 2 ? 48 : 0, (int)len)] =
				(char)g_rand_int(rand);
		if (i % 3 == 0) /* one long word */
			memset(bad + 48, 'x', len / 2);
		am_test_write("words", bad, i % 5 ? len : len / 3);
		if (am_vocabulary_open(&v, dir, &err))
			cr_expect_eq(err.kind, AM_E_CORRUPT);
		for (size_t p = 0; v && p < AM_COUNT(parts); p++)
			if (am_vocabulary_each(v, &parts[p], count_word, &n,
			                       &err))
				cr_expect_eq(err.kind, AM_E_CORRUPT);
		cr_expect_leq(n, 4 * (guint)len);
		am_vocabulary_close(&v);
		g_free(bad);
	}
	g_free(good);
	g_free(dir);
	g_rand_free(rand);
	g_ptr_array_unref(words);
}

/* What is remembered from word to word must not change the answer. */
Test(vocabulary, words_that_are_nearly_so_are_those_of_the_distance)
{
	static const char *const sought[] = {"abcd", "dacb", "aabbccdd", "ab",
	                                     "\xd0\xb0\xd0\xb1\xd0\xb2"};
	GPtrArray *words = make_words();
	struct am_word word = {.single = false};
	guint found = 0;

	for (size_t i = 0; i < AM_COUNT(sought) * 2; i++) {
		struct am_node node = {.match = AM_MATCH_FUZZY,
		                       .n_words = 1,
		                       .words = &word,
		                       .edits = 1 + i % 2};
		const char *text = sought[i / 2];
		glong n, m;
		word.len = (uint8_t)strlen(text);
		memcpy(word.text, text, word.len + 1u);
		gunichar *a = g_utf8_to_ucs4_fast(text, -1, &n);
		struct am_matcher *matcher = am_matcher_new(&node);
		for (guint k = 0; k < words->len; k++) {
			const char *other = words->pdata[k];
			size_t len = strlen(other);
			if (len > AM_WORD_MAX)
				continue;
			gunichar *b = g_utf8_to_ucs4_fast(other, -1, &m);
			bool near =
				am_letters_distance(a, (size_t)n, b, (size_t)m,
			                            node.edits) <= node.edits;
			cr_assert_eq(am_matcher_takes(matcher, other, len),
			             near, "%s %s", text, other);
			found += near;
			g_free(b);
		}
		am_matcher_free(&matcher);
		g_free(a);
	}
	cr_expect_gt(found, 100);
	g_ptr_array_unref(words);
}
