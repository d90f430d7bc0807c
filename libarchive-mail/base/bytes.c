/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/bytes.h"

#include <endian.h>
#include <string.h>

/* LEB128 of 64 bits: nine bytes of seven bits and one bit more. */
enum { VARINT_MAX = 10 };

const uint8_t *am_get_bytes(struct am_cursor *c, uint64_t len)
{
	if (c->bad || len > am_cursor_left(c)) {
		c->bad = true;
		return NULL;
	}
	const uint8_t *p = c->at;
	if (len)
		c->at += len;
	return p;
}

uint8_t am_get_u8(struct am_cursor *c)
{
	const uint8_t *p = am_get_bytes(c, 1);

	return p ? *p : 0;
}

uint16_t am_get_le16(struct am_cursor *c)
{
	const uint8_t *p = am_get_bytes(c, 2);
	uint16_t v = 0;

	if (p)
		memcpy(&v, p, sizeof v);
	return le16toh(v);
}

uint32_t am_get_le32(struct am_cursor *c)
{
	const uint8_t *p = am_get_bytes(c, 4);
	uint32_t v = 0;

	if (p)
		memcpy(&v, p, sizeof v);
	return le32toh(v);
}

uint64_t am_get_le64(struct am_cursor *c)
{
	const uint8_t *p = am_get_bytes(c, 8);
	uint64_t v = 0;

	if (p)
		memcpy(&v, p, sizeof v);
	return le64toh(v);
}

uint64_t am_get_long_varint(struct am_cursor *c)
{
	uint64_t v = 0;

	if (c->bad)
		return 0;
	for (unsigned i = 0; i < VARINT_MAX && c->at < c->end; i++) {
		uint8_t b = *c->at++;
		if (i == VARINT_MAX - 1 && b > 1)
			break;
		v |= (uint64_t)(b & 0x7F) << (7 * i);
		if (!(b & 0x80))
			return v;
	}
	c->bad = true;
	return 0;
}

int64_t am_get_svarint(struct am_cursor *c)
{
	uint64_t z = am_get_varint(c);
	uint64_t v = (z >> 1) ^ (0 - (z & 1));
	int64_t out;

	/* Not a cast: that is implementation-defined above INT64_MAX. */
	memcpy(&out, &v, sizeof out);
	return out;
}

void am_put_le16(uint8_t *to, uint16_t v)
{
	v = htole16(v);
	memcpy(to, &v, sizeof v);
}

void am_put_le32(uint8_t *to, uint32_t v)
{
	v = htole32(v);
	memcpy(to, &v, sizeof v);
}

void am_put_le64(uint8_t *to, uint64_t v)
{
	v = htole64(v);
	memcpy(to, &v, sizeof v);
}

size_t am_put_varint(uint8_t *to, uint64_t v)
{
	size_t n = 0;

	while (v >= 0x80) {
		to[n++] = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	to[n++] = (uint8_t)v;
	return n;
}

size_t am_put_svarint(uint8_t *to, int64_t v)
{
	uint64_t u = (uint64_t)v;

	return am_put_varint(to, (u << 1) ^ (v < 0 ? UINT64_MAX : 0));
}
