/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/recurrence.h"

#include "base/bytes.h"

#include <string.h>

static void put16(GByteArray *to, unsigned n)
{
	uint8_t bytes[2];

	am_put_le16(bytes, (uint16_t)n);
	g_byte_array_append(to, bytes, 2);
}

static void put32(GByteArray *to, uint32_t n)
{
	uint8_t bytes[4];

	am_put_le32(bytes, n);
	g_byte_array_append(to, bytes, 4);
}

static void put_wide(GByteArray *to, const char *text)
{
	glong n;
	gunichar2 *wide = g_utf8_to_utf16(text, -1, NULL, &n, NULL);

	put16(to, (unsigned)n);
	for (glong i = 0; i < n; i++)
		put16(to, wide[i]);
	g_free(wide);
}

static void put_narrow(GByteArray *to, const char *text)
{
	put16(to, (unsigned)strlen(text) + 1);
	put16(to, (unsigned)strlen(text));
	g_byte_array_append(to, (const guint8 *)text, (guint)strlen(text));
}

static void put_moments(GByteArray *to)
{
	put32(to, AM_TEST_DAY(2020, 1, 22) + 840);
	put32(to, AM_TEST_DAY(2020, 1, 22) + 900);
	put32(to, AM_TEST_DAY(2020, 1, 21) + 600);
}

GByteArray *am_test_weekly(void)
{
	GByteArray *to = g_byte_array_new();

	put16(to, 0x3004);
	put16(to, 0x3004);
	put16(to, 0x200b);
	put16(to, 1);
	put16(to, 0);
	put32(to, 0); /* FirstDateTime */
	put32(to, 2); /* weeks */
	put32(to, 0);
	put32(to, 1u << 2 | 1u << 4);
	put32(to, 0x2021);
	put32(to, 9);
	put32(to, 1); /* weeks begin on Monday */
	put32(to, 2);
	put32(to, AM_TEST_DAY(2020, 1, 9));
	put32(to, AM_TEST_DAY(2020, 1, 21));
	put32(to, 1);
	put32(to, AM_TEST_DAY(2020, 1, 22));
	put32(to, AM_TEST_DAY(2020, 1, 7));
	put32(to, AM_TEST_DAY(2020, 3, 5));
	g_assert(to->len == AM_TEST_WEEKLY_RULE);
	put32(to, 0x3006);
	put32(to, 0x3009);
	put32(to, 600);
	put32(to, 660);
	put16(to, 1);
	put_moments(to);
	put16(to, 0x1 | 0x10 | 0x20); /* subject, location, busy */
	put_narrow(to, "sp\xe4ter");
	put_narrow(to, "garden");
	put32(to, 2);
	put32(to, 0); /* ReservedBlock1 */
	put32(to, 4); /* ChangeHighlight */
	put32(to, 0);
	put32(to, 0);
	put_moments(to);
	put_wide(to, "sp\xc3\xa4ter");
	put_wide(to, "garden");
	put32(to, 0);
	put32(to, 0);
	return to;
}

static void put_switch(GByteArray *to, unsigned month, unsigned hour)
{
	const unsigned fields[] = {0, month, 0, 5, hour, 0, 0, 0};

	for (size_t i = 0; i < AM_COUNT(fields); i++)
		put16(to, fields[i]);
}

GByteArray *am_test_timezone(void)
{
	GByteArray *to = g_byte_array_new();

	put32(to, (uint32_t)-60);
	put32(to, 0);
	put32(to, (uint32_t)-60);
	put16(to, 0);
	put_switch(to, 10, 3);
	put16(to, 0);
	put_switch(to, 3, 2);
	return to;
}
