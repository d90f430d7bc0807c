/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/keyed_hash.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

/* "bA" and "ab" are the same to g_str_hash; so is every row of them. */
static void write_one(char *out, unsigned n)
{
	for (unsigned bit = 0; bit < 14; bit++)
		memcpy(out + 2 * bit, n >> bit & 1 ? "bA" : "ab", 2);
	out[28] = '\0';
}

Test(keyed_hash, strings_made_to_fall_together_do_not)
{
	GHashTable *seen = g_hash_table_new(NULL, NULL);
	char text[29], first[29];

	write_one(first, 0);
	for (unsigned i = 0; i < 1u << 14; i++) {
		write_one(text, i);
		cr_assert_eq(g_str_hash(text), g_str_hash(first));
		cr_assert_eq(am_keyed_hash(text), am_keyed_hash(text));
		g_hash_table_add(seen, GUINT_TO_POINTER(am_keyed_hash(text)));
	}
	/* By chance alone one or none is to be expected. */
	cr_expect_gt(g_hash_table_size(seen), (1u << 14) - 100);
	g_hash_table_destroy(seen);
}

/* Lengths around a word, and a difference in any place. */
Test(keyed_hash, every_byte_counts)
{
	char text[40];

	for (size_t len = 0; len < sizeof text; len++) {
		memset(text, 'a', len);
		text[len < sizeof text - 1 ? len : sizeof text - 1] = '\0';
		unsigned whole = am_keyed_hash(text);
		for (size_t i = 0; text[i]; i++) {
			text[i] = 'b';
			cr_expect_neq(am_keyed_hash(text), whole);
			text[i] = 'a';
		}
	}
}
