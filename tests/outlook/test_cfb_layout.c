/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/cfb/cfb_layout.h"

#include <criterion/criterion.h>

#include <string.h>

/* Bytes that differ everywhere, so that no two fields can be mixed up. */
static void fill(uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(i * 7 + 3);
}

Test(cfb_layout, a_header_comes_back_byte_for_byte)
{
	static const uint8_t signature[] = {0xd0, 0xcf, 0x11, 0xe0,
	                                    0xa1, 0xb1, 0x1a, 0xe1};
	uint8_t bytes[AM_CFB_HEADER], again[AM_CFB_HEADER];
	struct am_cfb_header header;

	fill(bytes, sizeof(bytes));
	cr_expect(!am_cfb_header_decode(&header, bytes));
	memcpy(bytes, signature, sizeof(signature));
	cr_expect(!am_cfb_header_decode(&header, bytes), "no byte order");
	bytes[28] = 0xfe;
	bytes[29] = 0xff;
	memset(bytes + 34, 0, 6); /* reserved */
	cr_assert(am_cfb_header_decode(&header, bytes));
	am_cfb_header_encode(&header, again);
	cr_expect_arr_eq(again, bytes, sizeof(bytes));
}

Test(cfb_layout, an_entry_comes_back_byte_for_byte)
{
	uint8_t bytes[AM_CFB_DIRENT], again[AM_CFB_DIRENT];
	struct am_cfb_dirent entry;

	fill(bytes, sizeof(bytes));
	am_cfb_dirent_decode(&entry, bytes);
	am_cfb_dirent_encode(&entry, again);
	cr_expect_arr_eq(again, bytes, sizeof(bytes));
	cr_expect(entry.type == bytes[66] && entry.black == bytes[67]);
}

Test(cfb_layout, names_are_ordered_by_length_then_capitals)
{
	static const uint16_t list[][AM_CFB_NAME] = {
		{'z'},           {'a', 'a'},  {'A', 'b'},
		{'b', 'A'},      {0xe4, 'x'}, /* ä is Ä, which is behind B */
		{'a', 'a', 'a'},
	};

	for (size_t i = 0; i < AM_COUNT(list); i++)
		for (size_t k = 0; k < AM_COUNT(list); k++) {
			int order = am_cfb_compare(list[i], list[k]);
			cr_expect(i < k   ? order < 0
			          : i > k ? order > 0
			                  : !order,
			          "%zu %zu", i, k);
		}
}
