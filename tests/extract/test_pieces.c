/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extract/pieces.h"

#include <criterion/criterion.h>

Test(pieces, are_not_believed)
{
	static const struct {
		const char *bytes;
		size_t len;
		bool valid;
	} cases[] = {
		{"", 0, true},
		{"T\1\0\0\0a", 6, true},
		{"F\1\0\0\0aN\0\0\0\0T\1\0\0\0b", 17, true},
		{"T\2\0\0\0a", 6, false},
		{"T\xff\xff\xff\xff"
	         "a",
	         6, false},
		{"X\1\0\0\0a", 6, false},
		{"T\1\0\0", 4, false},
		{"T\1\0\0\0\xff", 6, false},
		{"T\1\0\0\0ab", 7, false},
	};

	for (size_t i = 0; i < AM_COUNT(cases); i++)
		cr_expect_eq(am_pieces_valid((const uint8_t *)cases[i].bytes,
		                             cases[i].len),
		             cases[i].valid, "%zu", i);
}
