/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/order.h"
#include "index/tokens.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Words lie in order within the text and are valid UTF-8; the order of words
 * tells each of them back. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct am_tokens t;
	struct am_token tok;
	struct am_order order;
	GArray *hashes = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	GArray *words = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	GHashTable *seen = g_hash_table_new_full(g_int64_hash, g_int64_equal,
	                                         g_free, NULL);
	size_t end = 0, n;

	am_tokens_init(&t, (const char *)data, len);
	while (am_tokens_next(&t, &tok)) {
		uint32_t number = UINT32_MAX;
		if (tok.start < end || tok.end <= tok.start || tok.end > len)
			abort();
		end = tok.end;
		if (tok.len > AM_WORD_MAX ||
		    !g_utf8_validate(tok.text, (gssize)tok.len, NULL))
			abort();
		if (tok.len) {
			char copy[AM_WORD_MAX + 1];
			memcpy(copy, tok.text, tok.len + 1);
			uint64_t hash = am_word_hash(copy, tok.len);
			gpointer at;
			if (!g_hash_table_lookup_extended(seen, &hash, NULL,
			                                  &at)) {
				at = GUINT_TO_POINTER(hashes->len);
				g_array_append_val(hashes, hash);
				g_hash_table_insert(
					seen, g_memdup2(&hash, sizeof(hash)),
					at);
			}
			number = GPOINTER_TO_UINT(at);
		}
		g_array_append_val(words, number);
	}
	struct am_order_writer *writer = am_order_writer_new();
	struct am_run run = {7, words->len};
	const uint8_t *coded = am_order_encode(
		writer, (const uint64_t *)(const void *)hashes->data,
		hashes->len, (const uint32_t *)(const void *)words->data,
		words->len, &run, 1, &n);
	uint8_t *bytes = g_malloc0(n + AM_ORDER_SLACK);
	memcpy(bytes, coded, n);
	if (!am_order_open(&order, bytes, n))
		abort();
	for (guint i = 0; i + 1 < words->len && i < 50; i++) {
		uint64_t pair[2];
		bool kept = true;
		for (guint k = 0; k < 2; k++) {
			uint32_t w = g_array_index(words, uint32_t, i + k);
			kept = kept && w < hashes->len;
			pair[k] = kept ? g_array_index(hashes, uint64_t, w) : 0;
		}
		if (kept && !am_order_has(&order, pair, 2, 1u << 7))
			abort();
	}
	/* And the bytes themselves as an order. */
	uint8_t *raw = g_malloc0(len + AM_ORDER_SLACK);
	if (len)
		memcpy(raw, data, len);
	if (am_order_open(&order, raw, len)) {
		uint64_t hash = am_word_hash("word", 4);
		(void)am_order_has(&order, &hash, 1, UINT32_MAX);
	}
	g_free(raw);
	g_free(bytes);
	am_order_writer_free(&writer);
	g_hash_table_unref(seen);
	g_array_unref(words);
	g_array_unref(hashes);
	return 0;
}
