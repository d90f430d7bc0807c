/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/blob.h"
#include "formats/mbox/recipe.h"
#include "formats/mbox/state_headers.h"

#include <criterion/criterion.h>

#include <glib.h>
#include <string.h>

static int collect(void *user, const void *data, size_t len,
                   struct am_error *err)
{
	(void)err;
	g_byte_array_append(user, data, (guint)len);
	return AM_OK;
}

/* Text with many places that quoting cares about. */
static GByteArray *text(GRand *rand, size_t words)
{
	static const char *const pieces[] = {"From ",
	                                     "From",
	                                     ">",
	                                     "\n",
	                                     "\r\n",
	                                     "x",
	                                     "some words here\n",
	                                     "Name: value\n",
	                                     " From ",
	                                     ">>From a\n"};
	GByteArray *out = g_byte_array_new();
	for (size_t i = 0; i < words; i++) {
		const char *p = pieces[g_rand_int_range(rand, 0,
		                                        (int)AM_COUNT(pieces))];
		g_byte_array_append(out, (const guint8 *)p, (guint)strlen(p));
	}
	return out;
}

static void check(GRand *rand, enum am_mbox_quote quote, size_t words)
{
	GByteArray *raw = text(rand, words);
	GByteArray *quoted = g_byte_array_new(), *stored = g_byte_array_new();
	GByteArray *back = g_byte_array_new();
	struct am_mbox_out out = {collect, quoted}, again = {collect, back};
	struct am_mbox_gap gaps[8];
	static const uint8_t bytes[] = "X-Extra: line\nFrom >>";
	struct am_blob *blob = NULL;
	uint8_t *recipe = NULL;
	size_t len = 0, n = (size_t)g_rand_int_range(rand, 0, 8);
	cr_assert_eq(am_blob_copy(&blob, raw->data, raw->len, NULL), AM_OK);
	cr_assert_eq(am_mbox_quote_blob(blob, 0, raw->len, quote, '\n', &out,
	                                NULL, NULL),
	             AM_OK);
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		size_t copy = (size_t)g_rand_int_range(
			rand, 0, (int)(quoted->len - at) + 1);
		g_byte_array_append(stored, quoted->data + at, (guint)copy);
		at += copy;
		gaps[i].at = stored->len;
		gaps[i].len =
			(uint64_t)g_rand_int_range(rand, 1, (int)sizeof(bytes));
		gaps[i].bytes = bytes;
		g_byte_array_append(stored, bytes, (guint)gaps[i].len);
	}
	g_byte_array_append(stored, quoted->data + at,
	                    (guint)(quoted->len - at));
	cr_assert_eq(am_mbox_recipe_encode(&recipe, &len, quote, '\n', gaps, n,
	                                   NULL),
	             AM_OK);
	uint8_t none = 0;
	cr_assert_eq(am_mbox_recipe_apply(recipe ? recipe : &none,
	                                  recipe ? len : 1, blob, &again, NULL),
	             AM_OK);
	cr_assert_eq(back->len, stored->len);
	cr_assert(!back->len || !memcmp(back->data, stored->data, back->len));
	g_free(recipe);
	am_blob_unref(&blob);
	g_byte_array_free(raw, TRUE);
	g_byte_array_free(quoted, TRUE);
	g_byte_array_free(stored, TRUE);
	g_byte_array_free(back, TRUE);
}

Test(mbox_recipe, restores_whatever_was_taken_out)
{
	GRand *rand = g_rand_new_with_seed(11);
	for (int round = 0; round < 1500; round++)
		check(rand, (enum am_mbox_quote)(round % 4),
		      (size_t)(round % 97));
	g_rand_free(rand);
}

Test(mbox_recipe, regular_quoting_is_one_byte)
{
	uint8_t *recipe = NULL;
	size_t len;
	cr_assert_eq(am_mbox_recipe_encode(&recipe, &len, AM_MBOX_QUOTE_RD,
	                                   '\n', NULL, 0, NULL),
	             AM_OK);
	cr_assert_eq(len, 1);
	g_free(recipe);
}

Test(mbox_recipe, too_long_is_a_limit)
{
	uint8_t *bytes = g_malloc0(AM_MBOX_RECIPE_MAX + 1), *recipe = NULL;
	struct am_mbox_gap gap = {0, AM_MBOX_RECIPE_MAX + 1, bytes};
	struct am_error err;
	size_t len;
	cr_expect_eq(am_mbox_recipe_encode(&recipe, &len, AM_MBOX_QUOTE_NONE,
	                                   '\n', &gap, 1, &err),
	             AM_FAILED);
	cr_expect_eq(err.kind, AM_E_LIMIT);
	cr_expect_null(recipe);
	g_free(bytes);
}

Test(mbox_recipe, nonsense_is_an_error)
{
	static const struct {
		uint8_t bytes[6];
		size_t len;
	} bad[] = {
		{{0}, 0},              /* nothing */
		{{0xff}, 1},           /* unknown bits */
		{{7}, 1},              /* unknown quoting */
		{{0, 1}, 2},           /* no length */
		{{0, 1, 9, 'x'}, 4},   /* fewer bytes than said */
		{{0, 100, 1, 'x'}, 4}, /* beyond the message */
	};
	struct am_blob *blob = NULL;
	cr_assert_eq(am_blob_copy(&blob, "abc\n", 4, NULL), AM_OK);
	for (size_t i = 0; i < AM_COUNT(bad); i++) {
		GByteArray *to = g_byte_array_new();
		struct am_mbox_out out = {collect, to};
		cr_expect_eq(am_mbox_recipe_apply(bad[i].bytes, bad[i].len,
		                                  blob, &out, NULL),
		             AM_FAILED, "case %zu", i);
		g_byte_array_free(to, TRUE);
	}
	am_blob_unref(&blob);
}

/* Pieces of a large message, read through a file and not from memory. */
Test(mbox_recipe, large_messages_are_quoted_across_pieces)
{
	GRand *rand = g_rand_new_with_seed(5);
	GByteArray *raw = text(rand, 300000);
	struct am_spool *spool = NULL;
	struct am_blob *small = NULL, *large = NULL;
	cr_assert_eq(am_spool_open(&spool, 0, NULL, NULL), AM_OK);
	cr_assert_eq(am_spool_write(spool, raw->data, raw->len, NULL), AM_OK);
	cr_assert_eq(am_spool_seal(&spool, &large, NULL), AM_OK);
	cr_assert_null(am_blob_bytes(large));
	cr_assert_eq(am_blob_copy(&small, raw->data, raw->len, NULL), AM_OK);
	for (int quote = 0; quote < 4; quote++) {
		GByteArray *a = g_byte_array_new(), *b = g_byte_array_new();
		struct am_mbox_out to_a = {collect, a}, to_b = {collect, b};
		struct am_mbox_found n_a, n_b;
		cr_assert_eq(am_mbox_quote_blob(small, 0, raw->len,
		                                (enum am_mbox_quote)quote, '\n',
		                                &to_a, &n_a, NULL),
		             AM_OK);
		cr_assert_eq(am_mbox_quote_blob(large, 0, raw->len,
		                                (enum am_mbox_quote)quote, '\n',
		                                &to_b, &n_b, NULL),
		             AM_OK);
		cr_expect_eq(n_a.added, n_b.added);
		cr_expect_eq(a->len, raw->len + n_a.added);
		cr_expect(a->len == b->len &&
		          !memcmp(a->data, b->data, a->len));
		g_byte_array_free(a, TRUE);
		g_byte_array_free(b, TRUE);
	}
	am_blob_unref(&small);
	am_blob_unref(&large);
	g_byte_array_free(raw, TRUE);
	g_rand_free(rand);
}
