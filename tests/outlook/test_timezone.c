/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/mapi/timezone.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "support/recurrence.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static int64_t hours_ahead(const struct am_mapi_timezone *zone, int y, int m,
                           int d, int h)
{
	int64_t clock = am_time_from_civil(y, m, d, h, 30, 0);

	return (clock - am_mapi_timezone_utc(zone, clock)) / 3600;
}

Test(timezone, knows_summer_from_winter)
{
	GByteArray *bytes = am_test_timezone();
	struct am_mapi_timezone zone;
	cr_assert(am_mapi_timezone_struct(&zone, bytes->data, bytes->len));
	cr_expect(am_mapi_switch_day(&zone.to_daylight, 2020) == 29);
	cr_expect(am_mapi_switch_day(&zone.to_standard, 2020) == 25);
	cr_expect(am_mapi_switch_day(&zone.to_daylight, 1970) == 29);
	cr_expect(hours_ahead(&zone, 2020, 1, 1, 12) == 1);
	cr_expect(hours_ahead(&zone, 2020, 3, 29, 1) == 1);
	cr_expect(hours_ahead(&zone, 2020, 3, 29, 3) == 2);
	cr_expect(hours_ahead(&zone, 2020, 7, 1, 0) == 2);
	cr_expect(hours_ahead(&zone, 2020, 10, 25, 1) == 2);
	cr_expect(hours_ahead(&zone, 2020, 10, 25, 3) == 1);
	/* The other way round in the south. */
	struct am_mapi_switch swap = zone.to_daylight;
	zone.to_daylight = zone.to_standard;
	zone.to_standard = swap;
	cr_expect(hours_ahead(&zone, 2020, 1, 1, 12) == 2);
	cr_expect(hours_ahead(&zone, 2020, 7, 1, 12) == 1);
	g_byte_array_free(bytes, TRUE);
}

/* The nth weekday, checked against a calendar that was counted out. */
Test(timezone, finds_the_nth_weekday)
{
	for (int year = 1970; year < 2040; year++)
		for (unsigned month = 1; month <= 12; month++)
			for (unsigned n = 1; n <= 5; n++) {
				struct am_mapi_switch when = {.month = month,
				                              .nth = n,
				                              .weekday = n % 7};
				int want = 0, seen = 0;
				for (int d = 1; d <= 31; d++) {
					GDate *date =
						g_date_new_dmy(1, 1, 1970);
					bool there = g_date_valid_dmy(
						(GDateDay)d, (GDateMonth)month,
						(GDateYear)year);
					if (there)
						g_date_set_dmy(
							date, (GDateDay)d,
							(GDateMonth)month,
							(GDateYear)year);
					if (there &&
					    (unsigned)g_date_get_weekday(date) %
					                    7 ==
					            when.weekday &&
					    ++seen <= (int)n)
						want = d;
					g_date_free(date);
				}
				cr_assert(am_mapi_switch_day(&when, year) ==
				                  want,
				          "%d-%u, %u", year, month, n);
			}
}

Test(timezone, a_definition_says_which_of_its_rules_holds)
{
	struct am_arena *arena = am_arena_new();
	GByteArray *zone = am_test_timezone();
	GByteArray *bytes = g_byte_array_new();
	static const uint8_t head[] = {2,   1, 0x0c, 0, 2,   0, 3, 0,
	                               'C', 0, 'E',  0, 'T', 0, 3, 0};
	struct am_mapi_timezone got;
	g_byte_array_append(bytes, head, sizeof(head));
	for (unsigned i = 0; i < 3; i++) {
		uint8_t rule[66] = {2, 1, 0x3e, 0, i == 1 ? 1 : 2};
		am_put_le32(rule + 22, (uint32_t)(-60 * (int)i));
		am_put_le32(rule + 30, (uint32_t)-60);
		memcpy(rule + 34, zone->data + 14, 16);
		memcpy(rule + 50, zone->data + 32, 16);
		g_byte_array_append(bytes, rule, sizeof(rule));
	}
	cr_assert(am_mapi_timezone_definition(&got, bytes->data, bytes->len,
	                                      arena));
	cr_expect_str_eq(got.name, "CET");
	cr_expect(got.standard == -60 && got.daylight == -120);
	cr_expect(got.to_daylight.month == 3 && got.to_standard.month == 10);
	/* Cut off anywhere: what is whole of it, or nothing. */
	for (guint len = 0; len < bytes->len; len++) {
		uint8_t *cut = g_memdup2(bytes->data, len + 1);
		cr_expect(am_mapi_timezone_definition(&got, cut, len, arena) ==
		                  (len >= sizeof(head) + 66),
		          "%u", len);
		g_free(cut);
	}
	g_byte_array_free(bytes, TRUE);
	g_byte_array_free(zone, TRUE);
	am_arena_free(&arena);
}

Test(timezone, what_cannot_be_one_is_none)
{
	static const struct {
		size_t at;
		uint16_t value;
	} cases[] = {{0, 20000}, {16, 13}, {18, 7},    {20, 6},
	             {20, 0},    {22, 24}, {14, 2007}, {16, 0}};
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		GByteArray *bytes = am_test_timezone();
		struct am_mapi_timezone zone;
		if (i == 0)
			am_put_le32(bytes->data, cases[i].value);
		else
			am_put_le16(bytes->data + cases[i].at, cases[i].value);
		cr_expect(!am_mapi_timezone_struct(&zone, bytes->data,
		                                   bytes->len),
		          "%zu", i);
		g_byte_array_free(bytes, TRUE);
	}
}
