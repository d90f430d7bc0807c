/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_BYTES_H
#define AM_BASE_BYTES_H

#include "base/compiler.h"

/*
 * Bytes from outside, read and written with a bound.
 *
 * A cursor walks over a run of bytes.  Every getter checks what is left first;
 * the first one that would read past the end sets `bad`, gives 0 and so do all
 * after it: parse a whole struct, then test once.
 */
struct am_cursor {
	const uint8_t *at, *end;
	bool bad;
};

static inline struct am_cursor am_cursor(const void *data, size_t len)
{
	const uint8_t *at = data;

	/* Nothing may be NULL, to which nothing may be added. */
	return (struct am_cursor){at, len ? at + len : at, false};
}

static inline size_t am_cursor_left(const struct am_cursor *c)
{
	return (size_t)(c->end - c->at);
}

uint8_t am_get_u8(struct am_cursor *c);
uint16_t am_get_le16(struct am_cursor *c);
uint32_t am_get_le32(struct am_cursor *c);
uint64_t am_get_le64(struct am_cursor *c);
/* LEB128, at most ten bytes; a longer or overflowing one is bad. */
uint64_t am_get_long_varint(struct am_cursor *c);
static inline uint64_t am_get_varint(struct am_cursor *c)
{
	/* Mostly it is one byte. */
	return !c->bad && c->at < c->end && *c->at < 0x80
	               ? *c->at++
	               : am_get_long_varint(c);
}
int64_t am_get_svarint(struct am_cursor *c); /* zigzag */
/* len bytes in place, or NULL and bad. */
const uint8_t *am_get_bytes(struct am_cursor *c, uint64_t len);

void am_put_le16(uint8_t *to, uint16_t v);
void am_put_le32(uint8_t *to, uint32_t v);
void am_put_le64(uint8_t *to, uint64_t v);
/* Up to ten bytes; returns how many. */
size_t am_put_varint(uint8_t *to, uint64_t v);
size_t am_put_svarint(uint8_t *to, int64_t v);

/* false on overflow, *out then untouched. */
static inline bool am_add_u64(uint64_t a, uint64_t b, uint64_t *out)
{
	uint64_t sum;
	if (__builtin_add_overflow(a, b, &sum))
		return false;
	*out = sum;
	return true;
}

static inline bool am_mul_u64(uint64_t a, uint64_t b, uint64_t *out)
{
	uint64_t product;
	if (__builtin_mul_overflow(a, b, &product))
		return false;
	*out = product;
	return true;
}

#endif
