/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/bytes.h"

#include <criterion/criterion.h>

#include <string.h>

Test(bytes, reads_little_endian)
{
	static const uint8_t d[] = {1, 2,  3,  4,  5,  6,  7, 8,
	                            9, 10, 11, 12, 13, 14, 15};
	struct am_cursor c = am_cursor(d, sizeof d);

	cr_assert_eq(am_get_u8(&c), 1);
	cr_assert_eq(am_get_le16(&c), 0x0302);
	cr_assert_eq(am_get_le32(&c), 0x07060504);
	cr_assert_eq(am_get_le64(&c), UINT64_C(0x0F0E0D0C0B0A0908));
	cr_assert_not(c.bad);
	cr_assert_eq(am_cursor_left(&c), 0);
}

Test(bytes, bad_sticks_and_nothing_is_read_past_the_end)
{
	static const uint8_t d[3] = {0xFF, 0xFF, 0xFF};

	for (size_t len = 0; len <= 3; len++) {
		struct am_cursor c = am_cursor(d, len);
		cr_assert_eq(am_get_le32(&c), 0);
		cr_assert(c.bad);
		cr_assert_eq(am_get_u8(&c), 0);
		cr_assert_eq(am_get_le64(&c), 0);
		cr_assert_eq(am_get_varint(&c), 0);
		cr_assert_null(am_get_bytes(&c, 0));
	}
	struct am_cursor c = am_cursor(d, 3);
	cr_assert_eq(am_get_bytes(&c, 2), d);
	cr_assert_null(am_get_bytes(&c, UINT64_MAX));
	cr_assert(c.bad);
	struct am_cursor none = am_cursor(NULL, 0);
	cr_assert_eq(am_get_u8(&none), 0);
	cr_assert(none.bad);
}

Test(bytes, varints_go_round)
{
	static const uint64_t values[] = {0,
	                                  1,
	                                  127,
	                                  128,
	                                  300,
	                                  16383,
	                                  16384,
	                                  UINT32_MAX,
	                                  UINT64_C(1) << 56,
	                                  UINT64_C(1) << 63,
	                                  UINT64_MAX};
	static const int64_t svalues[] = {0,  -1,        1,         -64,
	                                  64, INT32_MIN, INT64_MAX, INT64_MIN};
	uint8_t buf[10];

	for (size_t i = 0; i < AM_COUNT(values); i++) {
		size_t n = am_put_varint(buf, values[i]);
		struct am_cursor c = am_cursor(buf, n);
		cr_assert_leq(n, 10);
		cr_assert_eq(am_get_varint(&c), values[i]);
		cr_assert(!c.bad && !am_cursor_left(&c));
		c = am_cursor(buf, n - 1);
		cr_assert_eq(am_get_varint(&c), 0);
		cr_assert(c.bad);
	}
	for (size_t i = 0; i < AM_COUNT(svalues); i++) {
		size_t n = am_put_svarint(buf, svalues[i]);
		struct am_cursor c = am_cursor(buf, n);
		cr_assert_eq(am_get_svarint(&c), svalues[i]);
		cr_assert_not(c.bad);
	}
	cr_assert_eq(am_put_svarint(buf, -1), 1);
}

Test(bytes, varints_that_overflow_are_bad)
{
	static const struct {
		uint8_t len, d[12];
		bool bad;
	} table[] = {
		{10, {255, 255, 255, 255, 255, 255, 255, 255, 255, 1}, false},
		{10, {255, 255, 255, 255, 255, 255, 255, 255, 255, 2}, true},
		{10, {128, 128, 128, 128, 128, 128, 128, 128, 128, 128}, true},
		{11,
	         {128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 0},
	         true},
		{2, {128, 0}, false},
	};

	for (size_t i = 0; i < AM_COUNT(table); i++) {
		struct am_cursor c = am_cursor(table[i].d, table[i].len);
		uint64_t v = am_get_varint(&c);
		cr_expect_eq(c.bad, table[i].bad, "row %zu", i);
		cr_expect(!c.bad || v == 0);
	}
}

Test(bytes, sums_and_products_notice_overflow)
{
	uint64_t out = 5;

	cr_assert(am_add_u64(1, 2, &out) && out == 3);
	cr_assert(!am_add_u64(UINT64_MAX, 1, &out) && out == 3);
	cr_assert(am_mul_u64(UINT32_MAX, UINT32_MAX, &out));
	cr_assert(!am_mul_u64(UINT64_C(1) << 32, UINT64_C(1) << 32, &out));
	cr_assert_eq(out, UINT64_C(0xFFFFFFFE00000001));
	uint8_t b[8];
	am_put_le16(b, 0x0102);
	cr_assert_arr_eq(b, "\2\1", 2);
	am_put_le32(b, 0x01020304);
	cr_assert_arr_eq(b, "\4\3\2\1", 4);
	am_put_le64(b, 1);
	cr_assert_arr_eq(b, "\1\0\0\0\0\0\0\0", 8);
}
