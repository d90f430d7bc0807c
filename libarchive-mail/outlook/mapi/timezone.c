/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/mapi/timezone.h"

#include "base/bytes.h"
#include "base/time.h"
#include "outlook/mapi/props.h"

#include <string.h>

enum { DAY_MINUTES = 24 * 60 };

/* SYSTEMTIME: a year of 0 makes it "the nth weekday of the month". */
static bool read_switch(struct am_mapi_switch *out, struct am_cursor *c)
{
	unsigned year = am_get_le16(c);

	out->month = am_get_le16(c);
	out->weekday = am_get_le16(c);
	out->nth = am_get_le16(c);
	out->hour = am_get_le16(c);
	out->minute = am_get_le16(c);
	(void)am_get_le32(c); /* seconds, milliseconds */
	if (c->bad || out->month > 12 || out->weekday > 6 || out->hour > 23 ||
	    out->minute > 59)
		return false;
	/* Of a certain year, or no nth: not a rule that we could write. */
	if (out->month && (year || out->nth < 1 || out->nth > 5))
		return false;
	return true;
}

/* Three offsets are the end of what both have; each at most a day. */
static bool set_offsets(struct am_mapi_timezone *out, int32_t bias,
                        int32_t standard, int32_t daylight)
{
	const int32_t all[] = {bias, standard, daylight};

	for (size_t i = 0; i < AM_COUNT(all); i++)
		if (all[i] < -DAY_MINUTES || all[i] > DAY_MINUTES)
			return false;
	out->standard = bias + standard;
	out->daylight = bias + daylight;
	return true;
}

static int32_t get_i32(struct am_cursor *c)
{
	return (int32_t)am_get_le32(c);
}

bool am_mapi_timezone_struct(struct am_mapi_timezone *out, const uint8_t *data,
                             size_t len)
{
	struct am_cursor c = am_cursor(data, len);

	memset(out, 0, sizeof(*out));
	int32_t bias = get_i32(&c), standard = get_i32(&c);
	int32_t daylight = get_i32(&c);
	(void)am_get_le16(&c);
	if (!read_switch(&out->to_standard, &c))
		return false;
	(void)am_get_le16(&c);
	if (!read_switch(&out->to_daylight, &c) ||
	    !set_offsets(out, bias, standard, daylight))
		return false;
	return !out->to_standard.month == !out->to_daylight.month;
}

/* TZRule, 2.2.1.41.1 */
static bool read_rule(struct am_mapi_timezone *out, struct am_cursor *c,
                      unsigned *flags)
{
	(void)am_get_le32(c); /* versions, reserved */
	*flags = am_get_le16(c);
	(void)am_get_le16(c); /* from which year */
	for (unsigned i = 0; i < 14; i++)
		(void)am_get_u8(c);
	int32_t bias = get_i32(c), standard = get_i32(c);
	int32_t daylight = get_i32(c);
	bool good = read_switch(&out->to_standard, c);
	good = read_switch(&out->to_daylight, c) && good;
	return good && set_offsets(out, bias, standard, daylight) &&
	       !out->to_standard.month == !out->to_daylight.month;
}

bool am_mapi_timezone_definition(struct am_mapi_timezone *out,
                                 const uint8_t *data, size_t len,
                                 struct am_arena *arena)
{
	enum { RECURS = 1, MOST = 1024 };
	struct am_cursor c = am_cursor(data, len);
	bool any = false, chosen = false;

	memset(out, 0, sizeof(*out));
	(void)am_get_le16(&c); /* versions */
	(void)am_get_le16(&c); /* length of the header */
	(void)am_get_le16(&c);
	size_t name = 2 * (size_t)am_get_le16(&c);
	if (c.bad || name > am_cursor_left(&c))
		return false;
	const char *text = am_mapi_utf16(arena, c.at, name, NULL);
	c.at += name;
	unsigned n = am_get_le16(&c);
	for (unsigned i = 0; i < n && i < MOST && !c.bad; i++) {
		struct am_mapi_timezone rule = {0};
		unsigned flags;
		if (!read_rule(&rule, &c, &flags) || chosen)
			continue;
		*out = rule;
		any = true;
		chosen = flags & RECURS;
	}
	out->name = *text ? text : NULL;
	return any;
}

int am_mapi_switch_day(const struct am_mapi_switch *when, int year)
{
	/* Day 4 of 1970's weeks, counted from Sunday, is its first. */
	int64_t first =
		am_time_from_civil(year, (int)when->month, 1, 0, 0, 0) / 86400;
	int weekday = (int)(((first + 4) % 7 + 7) % 7);
	int day = 1 + ((int)when->weekday - weekday + 7) % 7;

	for (unsigned i = 1; i < when->nth; i++) {
		int y, m, d, h, min, s;
		am_time_civil((first + day + 6) * 86400, &y, &m, &d, &h, &min,
		              &s);
		if (m != (int)when->month)
			break;
		day += 7;
	}
	return day;
}

static int64_t moment(const struct am_mapi_switch *when, int year)
{
	return am_time_from_civil(year, (int)when->month,
	                          am_mapi_switch_day(when, year),
	                          (int)when->hour, (int)when->minute, 0);
}

int64_t am_mapi_timezone_utc(const struct am_mapi_timezone *zone, int64_t clock)
{
	int64_t standard = clock + 60 * (int64_t)zone->standard;
	int64_t daylight = clock + 60 * (int64_t)zone->daylight;
	int year, m, d, h, min, s;

	if (!zone->to_daylight.month)
		return standard;
	am_time_civil(clock, &year, &m, &d, &h, &min, &s);
	int64_t on = moment(&zone->to_daylight, year);
	int64_t off = moment(&zone->to_standard, year);
	bool summer = on < off ? clock >= on && clock < off
	                       : clock >= on || clock < off;
	return summer ? daylight : standard;
}
