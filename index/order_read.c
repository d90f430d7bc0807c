/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/order.h"

#include "base/bytes.h"
#include "index/near.h"
#include "index/order_number.h"

#include <glib.h>

#include <string.h>

#define U32(a) ((uint32_t *)(void *)(a)->data)

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
	out->slots = am_order_slots(out->terms);
	out->width = am_order_width(out->slots);
	out->buckets = out->terms / AM_ORDER_PER_BUCKET + 1;
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
		uint64_t h = am_order_seeded(hashes[i], o->seed);
		slots[i] = am_order_slot(
			h, o->displace[am_order_bucket(h, o->buckets)],
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

struct am_numbering am_order_numbering(const struct am_order *o)
{
	return (struct am_numbering){.buckets = (uint32_t)o->buckets,
	                             .slots = (uint32_t)o->slots,
	                             .seed = o->seed};
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
