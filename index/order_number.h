/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_ORDER_NUMBER_H
#define AM_INDEX_ORDER_NUMBER_H

#include "base/compiler.h"

/*
 * How a word's hash becomes its number in an order: for the files of orders,
 * and for who compares it in thousands of them.
 *
 * The hash function is "hash and displace": words fall into buckets of three on
 * average; for each bucket, largest first, the displacement is sought that
 * sends all its words to free slots.  One slot in five stays free, so that a
 * byte is enough; where it is not, another seed is tried.
 */
#define AM_ORDER_PER_BUCKET 3
#define AM_ORDER_HEAD_SHIFT 56 /* of a hash: its highest byte is the head */

static inline uint64_t am_order_mix(uint64_t h)
{
	h ^= h >> 32;
	h *= UINT64_C(0xd6e8feb86659fd93);
	h ^= h >> 29;
	h *= UINT64_C(0xd6e8feb86659fd93);
	h ^= h >> 32;
	return h;
}

static inline uint64_t am_order_seeded(uint64_t hash, unsigned seed)
{
	return am_order_mix(hash + seed * UINT64_C(0x9e3779b97f4a7c15));
}

static inline uint32_t am_order_bucket(uint64_t h, uint64_t buckets)
{
	return (uint32_t)(((h >> 32) * buckets) >> 32);
}

static inline uint32_t am_order_slot(uint64_t h, unsigned displace,
                                     uint64_t slots)
{
	uint32_t x = (uint32_t)h + displace * 0x9e3779b9u;

	x ^= x >> 16;
	x *= 0x85ebca6bu;
	x ^= x >> 13;
	x *= 0xc2b2ae35u;
	x ^= x >> 16;
	return (uint32_t)(((uint64_t)x * slots) >> 32);
}

static inline uint64_t am_order_slots(uint64_t terms)
{
	return terms + terms / 4 + 1;
}

static inline unsigned am_order_width(uint64_t slots)
{
	unsigned width = 1;

	while (slots >> width)
		width++;
	return width;
}

/* What of an order it takes to number a word. */
struct am_numbering {
	uint32_t buckets, slots;
	unsigned seed;
};
struct am_order;
struct am_numbering am_order_numbering(const struct am_order *order);
/* The number by which a word that is in the document is known there; a word
 * that is not has that of some other.  seeded: its hash, with the numbering's
 * seed. */
static inline uint32_t am_order_number(const struct am_numbering *n,
                                       const uint8_t *displace, uint64_t seeded)
{
	return am_order_slot(seeded,
	                     displace[am_order_bucket(seeded, n->buckets)],
	                     n->slots);
}

#endif
