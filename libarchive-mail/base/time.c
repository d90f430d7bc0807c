/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/time.h"

#include "base/time_scan.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DAY = 86400 };

int64_t am_time_now(void)
{
	return time(NULL);
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/*
 * Days since 1970-01-01, and back: Howard Hinnant's "chrono-compatible
 * low-level date algorithms".  A year begins in March, so that the leap day is
 * its last, and 400 of them (an era) have 146097 days.
 */
static int64_t days_from_civil(int64_t year, int month, int day)
{
	year -= month <= 2;
	int64_t era = floor_div(year, 400);
	int64_t of_era = year - era * 400;
	int64_t of_year =
		(153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
	return era * 146097 + day_of_era - 719468;
}

int64_t am_time_from_civil(int year, int month, int day, int hour, int minute,
                           int second)
{
	/* A month out of range belongs to another year. */
	int64_t months = (int64_t)month - 1;
	int64_t y = year + floor_div(months, 12);
	int m = (int)(months - floor_div(months, 12) * 12) + 1;
	int64_t days = days_from_civil(y, m, 1) + day - 1;

	return days * DAY + (int64_t)hour * 3600 + (int64_t)minute * 60 +
	       second;
}

void am_time_civil(int64_t sec, int *year, int *month, int *day, int *hour,
                   int *minute, int *second)
{
	/* The seconds whose year fits an int; nothing beyond is a date. */
	const int64_t limit = INT64_C(67767976233532799);

	if (sec > limit)
		sec = limit;
	if (sec < -limit)
		sec = -limit;
	int64_t days = floor_div(sec, DAY);
	int rest = (int)(sec - days * DAY);
	*hour = rest / 3600;
	*minute = rest / 60 % 60;
	*second = rest % 60;

	days += 719468;
	int64_t era = floor_div(days, 146097);
	int64_t of_era = days - era * 146097;
	int64_t year_of_era =
		(of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) /
		365;
	int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 -
	                            year_of_era / 100);
	int64_t m = (5 * of_year + 2) / 153;
	*day = (int)(of_year - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = (int)(year_of_era + era * 400 + (*month <= 2));
}

void am_time_iso(const struct am_when *when, char out[AM_TIME_ROOM])
{
	int year, month, day, hour, minute, second;

	out[0] = '\0';
	if (!when->known)
		return;
	int off = when->offset_min;
	int64_t local;
	if (__builtin_add_overflow(when->sec, (int64_t)off * 60, &local))
		local = when->sec;
	am_time_civil(local, &year, &month, &day, &hour, &minute, &second);
	int east = off < 0 ? -off : off;
	(void)snprintf(out, AM_TIME_ROOM,
	               "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", year, month,
	               day, hour, minute, second, off < 0 ? '-' : '+',
	               east / 60, east % 60);
}

static void put_two(char *to, int n)
{
	to[0] = (char)('0' + n / 10);
	to[1] = (char)('0' + n % 10);
}

void am_time_asctime(int64_t sec, char out[AM_TIME_ROOM])
{
	static const char weekdays[7][4] = {"Thu", "Fri", "Sat", "Sun",
	                                    "Mon", "Tue", "Wed"};
	static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr",
	                                   "May", "Jun", "Jul", "Aug",
	                                   "Sep", "Oct", "Nov", "Dec"};
	int year, month, day, hour, minute, second;

	am_time_civil(sec, &year, &month, &day, &hour, &minute, &second);
	int64_t days = floor_div(sec, DAY);
	int64_t weekday = days - floor_div(days, 7) * 7;
	/* Runs for every message of an mbox: not by printf but for the year. */
	memcpy(out, weekdays[weekday], 3);
	memcpy(out + 4, months[month - 1], 3);
	out[3] = out[7] = out[10] = out[19] = ' ';
	out[13] = out[16] = ':';
	put_two(out + 8, day);
	if (out[8] == '0')
		out[8] = ' ';
	put_two(out + 11, hour);
	put_two(out + 14, minute);
	put_two(out + 17, second);
	if (year < 1000 || year > 9999) {
		(void)snprintf(out + 20, AM_TIME_ROOM - 20, "%d", year);
		return;
	}
	put_two(out + 20, year / 100);
	put_two(out + 22, year % 100);
	out[24] = '\0';
}

bool am_time_parse_iso(const char *s, struct am_when *out)
{
	struct am_time_scan scan = {s, s + strlen(s)};
	struct am_time_parts parts;
	bool has_clock;

	*out = (struct am_when){.known = false};
	if (!am_time_scan_iso(&scan, &parts, &has_clock) || scan.at != scan.end)
		return false;
	return am_time_scan_finish(&parts, out);
}
