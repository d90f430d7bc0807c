/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/order.h"

#include "base/bytes.h"
#include "index/order_number.h"

#include <glib.h>

#include <string.h>

/* Bytes of the character at `at`, and their sum. */
static size_t sum_of(const char *word, size_t len, size_t at, unsigned *sum)
{
	size_t n = at < len ? (size_t)g_utf8_skip[(uint8_t)word[at]] : 0;

	n = MIN(n, len - at);
	*sum = 0;
	for (size_t i = 0; i < n; i++)
		*sum += (uint8_t)word[at + i];
	return n;
}

uint8_t am_word_head(const char *word, size_t len)
{
	unsigned first, second;
	size_t n = sum_of(word, len, 0, &first);
	bool latin = n == 1 && *word >= 'a' && *word <= 'z';

	first = latin ? first - 'a' + 1 : n ? 27 + first % 5 : 0;
	if (sum_of(word, len, n, &second))
		second = 1 + second % 7;
	return (uint8_t)(first << 3 | second);
}

uint8_t am_word_head_mask(const char *beginning, size_t len)
{
	unsigned sum;
	size_t first = sum_of(beginning, len, 0, &sum);

	return !len ? 0 : first == len ? AM_HEAD_FIRST : UINT8_MAX;
}

uint64_t am_word_hash(const char *word, size_t len)
{
	uint64_t h = UINT64_C(0x9e3779b97f4a7c15) + len, part;
	uint8_t head = am_word_head(word, len);

	while (len >= 8) {
		memcpy(&part, word, 8);
		h = (h ^ GUINT64_FROM_LE(part)) * UINT64_C(0xff51afd7ed558ccd);
		h ^= h >> 31;
		word += 8;
		len -= 8;
	}
	part = 0;
	memcpy(&part, word, len);
	h = (h ^ GUINT64_FROM_LE(part)) * UINT64_C(0xff51afd7ed558ccd);
	return am_order_mix(h) >> 8 | (uint64_t)head << AM_ORDER_HEAD_SHIFT;
}

/* ---- writing ---------------------------------------------------------------
 */

struct am_order_writer {
	GByteArray *out;
	GArray *seeded;  /* uint64_t for each term */
	GArray *members; /* terms, sorted by bucket */
	GArray *starts;  /* of each bucket in members */
	GArray *queue;   /* buckets, largest first */
	GArray *slot;    /* for each term */
	GByteArray *used, *displace;
};

struct am_order_writer *am_order_writer_new(void)
{
	struct am_order_writer *w = g_new0(struct am_order_writer, 1);

	w->out = g_byte_array_new();
	w->seeded = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	w->members = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	w->starts = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	w->queue = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	w->slot = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	w->used = g_byte_array_new();
	w->displace = g_byte_array_new();
	return w;
}

void am_order_writer_free(struct am_order_writer **writer)
{
	struct am_order_writer *w = *writer;

	if (!w)
		return;
	g_byte_array_unref(w->out);
	g_array_unref(w->seeded);
	g_array_unref(w->members);
	g_array_unref(w->starts);
	g_array_unref(w->queue);
	g_array_unref(w->slot);
	g_byte_array_unref(w->used);
	g_byte_array_unref(w->displace);
	g_free(w);
	*writer = NULL;
}

#define U32(a) ((uint32_t *)(void *)(a)->data)
#define U64(a) ((uint64_t *)(void *)(a)->data)

/* Terms sorted into buckets, and the buckets by size. */
static void fill_buckets(struct am_order_writer *w, const uint64_t *hashes,
                         size_t n, size_t buckets, unsigned seed)
{
	size_t sizes[256] = {0};

	g_array_set_size(w->seeded, (guint)n);
	g_array_set_size(w->members, (guint)n);
	g_array_set_size(w->starts, (guint)buckets + 1);
	g_array_set_size(w->queue, (guint)buckets);
	memset(w->starts->data, 0, (buckets + 1) * sizeof(uint32_t));
	for (size_t i = 0; i < n; i++) {
		U64(w->seeded)[i] = am_order_seeded(hashes[i], seed);
		U32(w->starts)
		[am_order_bucket(U64(w->seeded)[i], buckets) + 1]++;
	}
	for (size_t b = 0; b < buckets; b++) {
		sizes[MIN(U32(w->starts)[b + 1], 255)]++;
		U32(w->starts)[b + 1] += U32(w->starts)[b];
	}
	for (size_t i = n; i-- > 0;) {
		size_t b = am_order_bucket(U64(w->seeded)[i], buckets);
		U32(w->members)[--U32(w->starts)[b + 1]] = (uint32_t)i;
	}
	/* Filling moved each start down by one place: put them right. */
	memmove(U32(w->starts), U32(w->starts) + 1, buckets * sizeof(uint32_t));
	U32(w->starts)[buckets] = (uint32_t)n;

	for (size_t i = 255, sum = 0; i + 1 > 0; i--) {
		size_t count = sizes[i];
		sizes[i] = sum;
		sum += count;
	}
	for (size_t b = 0; b < buckets; b++) {
		size_t size = U32(w->starts)[b + 1] - U32(w->starts)[b];
		U32(w->queue)[sizes[MIN(size, 255)]++] = (uint32_t)b;
	}
}

static bool twin_of(const struct am_order_writer *w, const uint32_t *terms,
                    size_t n, uint64_t h)
{
	for (size_t k = 0; k < n; k++)
		if (U64(w->seeded)[terms[k]] == h)
			return true;
	return false;
}

/* Send a bucket's words to free slots; words of one hash share theirs. */
static bool place(struct am_order_writer *w, const uint32_t *terms, size_t n,
                  unsigned displace, uint64_t slots)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t h = U64(w->seeded)[terms[i]];
		uint32_t s = am_order_slot(h, displace, slots);
		if (w->used->data[s] && !twin_of(w, terms, i, h)) {
			while (i-- > 0)
				w->used->data[U32(w->slot)[terms[i]]] = 0;
			return false;
		}
		w->used->data[s] = 1;
		U32(w->slot)[terms[i]] = s;
	}
	return true;
}

static bool number_terms(struct am_order_writer *w, const uint64_t *hashes,
                         size_t n, unsigned seed)
{
	uint64_t slots = am_order_slots(n);
	size_t buckets = n / AM_ORDER_PER_BUCKET + 1;

	fill_buckets(w, hashes, n, buckets, seed);
	g_array_set_size(w->slot, (guint)n);
	g_byte_array_set_size(w->used, (guint)slots);
	memset(w->used->data, 0, slots);
	g_byte_array_set_size(w->displace, (guint)buckets);
	for (size_t q = 0; q < buckets; q++) {
		uint32_t b = U32(w->queue)[q], from = U32(w->starts)[b];
		size_t size = U32(w->starts)[b + 1] - from;
		unsigned d = 0;
		/* Many words in one bucket is chance gone bad or malice: let
		 * another seed decide rather than compare them all. */
		if (size > 64)
			return false;
		w->displace->data[b] = 0;
		if (!size)
			continue;
		while (!place(w, U32(w->members) + from, size, d, slots))
			if (++d == 256)
				return false;
		w->displace->data[b] = (uint8_t)d;
	}
	return true;
}

static void append_varint(GByteArray *out, uint64_t v)
{
	uint8_t buf[10];

	g_byte_array_append(out, buf, (guint)am_put_varint(buf, v));
}

static void append_heads(struct am_order_writer *w, const uint64_t *hashes,
                         size_t n)
{
	uint64_t slots = am_order_slots(n);
	guint from = w->out->len;

	g_byte_array_set_size(w->out, from + (guint)slots);
	memset(w->out->data + from, 0, slots);
	for (size_t i = 0; i < n; i++)
		if (U32(w->slot)[i] < slots)
			w->out->data[from + U32(w->slot)[i]] =
				(uint8_t)(hashes[i] >> AM_ORDER_HEAD_SHIFT);
}

static void append_numbers(struct am_order_writer *w, const uint32_t *words,
                           size_t n_words, size_t n_terms, unsigned width)
{
	uint32_t none = (uint32_t)am_order_slots(n_terms);
	guint from = w->out->len;
	uint64_t acc = 0;
	unsigned held = 0;

	g_byte_array_set_size(w->out,
	                      from + (guint)((n_words * width + 7) / 8));
	uint8_t *to = w->out->data + from;
	for (size_t i = 0; i < n_words; i++) {
		uint64_t number =
			words[i] < n_terms ? U32(w->slot)[words[i]] : none;
		acc |= number << held;
		for (held += width; held >= 8; held -= 8) {
			*to++ = (uint8_t)acc;
			acc >>= 8;
		}
	}
	if (held)
		*to = (uint8_t)acc;
}

const uint8_t *am_order_encode(struct am_order_writer *w,
                               const uint64_t *hashes, size_t n_hashes,
                               const uint32_t *words, size_t n_words,
                               const struct am_run *runs, size_t n_runs,
                               size_t *len)
{
	unsigned seed = 0;

	while (seed < 256 && !number_terms(w, hashes, n_hashes, seed))
		seed++;
	if (seed == 256) {
		/* Not going to happen by chance.  Made on purpose, it costs
		 * that message its phrases, nothing else. */
		for (size_t i = 0; i < n_hashes; i++)
			U32(w->slot)[i] = (uint32_t)am_order_slots(n_hashes);
		seed = 0;
	}
	g_byte_array_set_size(w->out, 0);
	append_varint(w->out, n_hashes);
	append_varint(w->out, n_words);
	uint8_t byte = (uint8_t)seed;
	g_byte_array_append(w->out, &byte, 1);
	append_varint(w->out, n_runs);
	for (size_t i = 0; i < n_runs; i++) {
		g_byte_array_append(w->out, &runs[i].field, 1);
		append_varint(w->out, runs[i].words);
	}
	g_byte_array_append(w->out, w->displace->data, w->displace->len);
	append_heads(w, hashes, n_hashes);
	append_numbers(w, words, n_words, n_hashes,
	               am_order_width(am_order_slots(n_hashes)));
	*len = w->out->len;
	return w->out->data;
}
