/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/sasl_impl.h"

#include <criterion/criterion.h>

Test(sasl_prep, does_as_rfc_4013_shows)
{
	struct am_error err;
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"I\xC2\xADX", "IX"},
		{"user", "user"},
		{"USER", "USER"},
		{"\xC2\xAA", "a"},
		{"\xE2\x85\xA8", "IX"},
		{"\7", NULL},
		{"\xD8\xA7\x31", NULL},
		{"\xD8\xA7\x31\xD8\xA8", "\xD8\xA7\x31\xD8\xA8"},
		{"a\xC2\xA0"
	         "b",
	         "a b"},
		{"\xEE\x80\x80", NULL}, /* private use */
		{"\xFF", NULL},
		{"", ""},
	};

	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		struct am_wiped out = {.data = NULL};
		int r = am_sasl_prep(&out, rows[i].in, &err);
		cr_assert_eq(r, rows[i].out ? AM_OK : AM_FAILED, "%zu", i);
		if (!r)
			cr_assert_str_eq(out.data, rows[i].out);
		am_wiped_clear(&out);
	}
}
