/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/order.h"

#include "base/bytes.h"
#include "index/near.h"

#include <glib.h>

#include <string.h>

/*
 * The hash function is "hash and displace": words fall into buckets of three on
 * average; for each bucket, largest first, the displacement is sought that
 * sends all its words to free slots.  One slot in five stays free, so that a
 * byte is enough; where it is not, another seed is tried.
 */

#define PER_BUCKET 3
#define HEAD_SHIFT 56 /* of a hash */

static uint64_t mix64(uint64_t h)
{
	h ^= h >> 32;
	h *= UINT64_C(0xd6e8feb86659fd93);
	h ^= h >> 29;
	h *= UINT64_C(0xd6e8feb86659fd93);
	h ^= h >> 32;
	return h;
}

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
	return mix64(h) >> 8 | (uint64_t)head << HEAD_SHIFT;
}

static uint64_t seeded(uint64_t hash, unsigned seed)
{
	return mix64(hash + seed * UINT64_C(0x9e3779b97f4a7c15));
}

static uint32_t bucket_of(uint64_t h, uint64_t buckets)
{
	return (uint32_t)(((h >> 32) * buckets) >> 32);
}

static uint32_t slot_of(uint64_t h, unsigned displace, uint64_t slots)
{
	uint32_t x = (uint32_t)h + displace * 0x9e3779b9u;

	x ^= x >> 16;
	x *= 0x85ebca6bu;
	x ^= x >> 13;
	x *= 0xc2b2ae35u;
	x ^= x >> 16;
	return (uint32_t)(((uint64_t)x * slots) >> 32);
}

static uint64_t slots_for(uint64_t terms)
{
	return terms + terms / 4 + 1;
}

static unsigned width_for(uint64_t slots)
{
	unsigned width = 1;

	while (slots >> width)
		width++;
	return width;
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
		U64(w->seeded)[i] = seeded(hashes[i], seed);
		U32(w->starts)[bucket_of(U64(w->seeded)[i], buckets) + 1]++;
	}
	for (size_t b = 0; b < buckets; b++) {
		sizes[MIN(U32(w->starts)[b + 1], 255)]++;
		U32(w->starts)[b + 1] += U32(w->starts)[b];
	}
	for (size_t i = n; i-- > 0;) {
		size_t b = bucket_of(U64(w->seeded)[i], buckets);
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
		uint32_t s = slot_of(h, displace, slots);
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
	uint64_t slots = slots_for(n);
	size_t buckets = n / PER_BUCKET + 1;

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
	uint64_t slots = slots_for(n);
	guint from = w->out->len;

	g_byte_array_set_size(w->out, from + (guint)slots);
	memset(w->out->data + from, 0, slots);
	for (size_t i = 0; i < n; i++)
		if (U32(w->slot)[i] < slots)
			w->out->data[from + U32(w->slot)[i]] =
				(uint8_t)(hashes[i] >> HEAD_SHIFT);
}

static void append_numbers(struct am_order_writer *w, const uint32_t *words,
                           size_t n_words, size_t n_terms, unsigned width)
{
	uint32_t none = (uint32_t)slots_for(n_terms);
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
			U32(w->slot)[i] = (uint32_t)slots_for(n_hashes);
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
	               width_for(slots_for(n_hashes)));
	*len = w->out->len;
	return w->out->data;
}

/* ---- reading ---------------------------------------------------------------
 */

bool am_order_open(struct am_order *out, const uint8_t *data, size_t len)
{
	struct am_cursor c = am_cursor(data, len);
	uint64_t sum = 0;

	out->terms = am_get_varint(&c);
	out->words = am_get_varint(&c);
	out->seed = am_get_u8(&c);
	out->runs = am_get_varint(&c);
	if (c.bad || out->terms > UINT32_MAX / 2 || out->words > UINT32_MAX ||
	    out->runs > len)
		return false;
	out->run = c.at;
	for (uint64_t i = 0; i < out->runs; i++) {
		(void)am_get_u8(&c);
		uint64_t words = am_get_varint(&c);
		if (c.bad || words > out->words - sum)
			return false;
		sum += words;
	}
	out->run_end = c.at;
	out->slots = slots_for(out->terms);
	out->width = width_for(out->slots);
	out->buckets = out->terms / PER_BUCKET + 1;
	out->displace = am_get_bytes(&c, out->buckets);
	out->heads = am_get_bytes(&c, out->slots);
	out->bits = c.at;
	return !c.bad && sum == out->words &&
	       am_cursor_left(&c) == (out->words * out->width + 7) / 8;
}

static uint32_t number_at(const struct am_order *o, uint64_t i)
{
	uint64_t bit = i * o->width, part;

	memcpy(&part, o->bits + (bit >> 3), 8);
	return (uint32_t)((GUINT64_FROM_LE(part) >> (bit & 7)) &
	                  ((UINT64_C(1) << o->width) - 1));
}

/* The bytes may have changed since they were looked through. */
static uint64_t run_end(const struct am_order *o, uint64_t at, uint64_t len)
{
	return at + MIN(len, o->words - at);
}

static bool row_at(const struct am_order *o, uint64_t i, const uint32_t *slots,
                   size_t n)
{
	size_t k = 0;

	while (k < n && number_at(o, i + k) == slots[k])
		k++;
	return k == n;
}

/* As many numbers as a word of the machine holds are compared with one at once:
 * a lane of x that is zero borrows from its highest bit. */
struct lanes {
	unsigned n;
	uint64_t ones, wanted, high;
};

static struct lanes lanes_for(const struct am_order *o, uint32_t slot)
{
	struct lanes l = {.n = 57 / o->width};

	for (unsigned k = 0; k < l.n; k++)
		l.ones |= UINT64_C(1) << (k * o->width);
	l.wanted = l.ones * slot;
	l.high = l.ones << (o->width - 1);
	return l;
}

/* Perhaps one of the numbers from i on, never more than l->n, is it. */
static bool lanes_may(const struct am_order *o, const struct lanes *l,
                      uint64_t i)
{
	uint64_t bit = i * o->width, part;

	memcpy(&part, o->bits + (bit >> 3), 8);
	uint64_t x = (GUINT64_FROM_LE(part) >> (bit & 7)) ^ l->wanted;
	return (x - l->ones) & ~x & l->high;
}

/* Where such a row begins, from i on; `to`: nowhere before that. */
static uint64_t next_row(const struct am_order *o, const struct lanes *l,
                         uint64_t i, uint64_t to, const uint32_t *slots,
                         size_t n)
{
	if (to - i < n)
		return to;
	for (uint64_t end = to - n + 1; i < end;) {
		uint64_t stop = MIN(i + l->n, end);
		if (lanes_may(o, l, i))
			for (; i < stop; i++)
				if (row_at(o, i, slots, n))
					return i;
		i = stop;
	}
	return to;
}

static void find_slots(const struct am_order *o, const uint64_t *hashes,
                       size_t n, uint32_t *slots)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t h = seeded(hashes[i], o->seed);
		slots[i] = slot_of(h, o->displace[bucket_of(h, o->buckets)],
		                   o->slots);
	}
}

bool am_order_has(const struct am_order *o, const uint64_t *hashes, size_t n,
                  uint32_t fields)
{
	struct am_cursor c = am_cursor(o->run, (size_t)(o->run_end - o->run));
	uint32_t slots[AM_PHRASE_MAX];
	uint64_t at = 0;

	if (!n || n > AM_PHRASE_MAX || !o->terms)
		return false;
	find_slots(o, hashes, n, slots);
	struct lanes lanes = lanes_for(o, slots[0]);
	for (uint64_t r = 0; r < o->runs; r++) {
		uint8_t field = am_get_u8(&c);
		uint64_t end = run_end(o, at, am_get_varint(&c));
		if (field < 32 && ((fields >> field) & 1) &&
		    next_row(o, &lanes, at, end, slots, n) < end)
			return true;
		at = end;
	}
	return false;
}

uint32_t am_order_number(const struct am_order *o, const uint8_t *displace,
                         uint64_t hash)
{
	uint64_t h = seeded(hash, o->seed);

	return slot_of(h, displace[bucket_of(h, o->buckets)], o->slots);
}

bool am_order_begins(const struct am_order *o, uint32_t number, uint8_t head,
                     uint8_t mask)
{
	return number < o->slots && !((o->heads[number] ^ head) & mask);
}

void am_order_after(const struct am_order *o, const uint64_t *hashes, size_t n,
                    uint32_t fields, GArray *numbers)
{
	struct am_cursor c = am_cursor(o->run, (size_t)(o->run_end - o->run));
	uint32_t slots[AM_PHRASE_MAX];
	uint64_t at = 0;

	if (!n || n > AM_PHRASE_MAX || !o->terms)
		return;
	find_slots(o, hashes, n, slots);
	struct lanes lanes = lanes_for(o, slots[0]);
	for (uint64_t r = 0; r < o->runs; r++) {
		uint8_t field = am_get_u8(&c);
		uint64_t end = run_end(o, at, am_get_varint(&c));
		bool in = field < 32 && ((fields >> field) & 1) && end > at;
		/* Something follows: the row ends before the last one. */
		for (uint64_t last = end - 1; in;) {
			at = next_row(o, &lanes, at, last, slots, n);
			if (at >= last)
				break;
			uint32_t next = number_at(o, at++ + n);
			g_array_append_val(numbers, next);
		}
		at = end;
	}
}

/* Places of each row in one run, and whether they are close together. */
static bool run_near(const struct am_order *o, uint64_t from, uint64_t to,
                     const uint32_t *slots, const uint8_t *n,
                     struct am_near *near, GArray *places)
{
	size_t starts[AM_NEAR_MAX + 1] = {0};

	g_array_set_size(places, 0);
	for (size_t w = 0; w < near->words; w++) {
		for (uint64_t i = from; i + n[w] <= to; i++) {
			uint32_t at = (uint32_t)(i - from);
			if (row_at(o, i, slots, n[w]))
				g_array_append_val(places, at);
		}
		if (places->len == starts[w])
			return false;
		slots += n[w];
		starts[w + 1] = places->len;
	}
	for (size_t w = 0; w < near->words; w++) {
		near->at[w] = U32(places) + starts[w];
		near->n[w] = starts[w + 1] - starts[w];
	}
	return am_near_holds(near);
}

bool am_order_near(const struct am_order *o, const uint64_t *hashes,
                   const uint8_t *n, size_t rows, uint32_t distance,
                   bool in_order, uint32_t fields)
{
	struct am_cursor c = am_cursor(o->run, (size_t)(o->run_end - o->run));
	struct am_near near = {
		.words = rows, .distance = distance, .in_order = in_order};
	uint32_t slots[AM_PHRASE_MAX];
	size_t words = 0;
	uint64_t at = 0;
	bool found = false;
	GArray *places;

	for (size_t i = 0; i < rows; i++)
		words += n[i];
	if (!rows || rows > AM_NEAR_MAX || words > AM_PHRASE_MAX || !o->terms)
		return false;
	find_slots(o, hashes, words, slots);
	places = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	for (uint64_t r = 0; r < o->runs && !found; r++) {
		uint8_t field = am_get_u8(&c);
		uint64_t len = run_end(o, at, am_get_varint(&c)) - at;
		if (field < 32 && ((fields >> field) & 1))
			found = run_near(o, at, at + len, slots, n, &near,
			                 places);
		at += len;
	}
	g_array_unref(places);
	return found;
}
