/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/time_scan.h"

#include "base/time.h"

#include <glib.h>

#include <string.h>

size_t am_time_scan_left(const struct am_time_scan *s)
{
	return (size_t)(s->end - s->at);
}

char am_time_scan_peek(const struct am_time_scan *s, size_t n)
{
	return n < am_time_scan_left(s) ? s->at[n] : '\0';
}

void am_time_scan_spaces(struct am_time_scan *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' ||
	                          *s->at == '\r' || *s->at == '\n'))
		s->at++;
}

bool am_time_scan_number(struct am_time_scan *s, int min, int max, int *out,
                         int *n_digits)
{
	int n = 0, v = 0;

	assert(max <= 9);
	while (n <= max && g_ascii_isdigit(am_time_scan_peek(s, (size_t)n))) {
		if (n < max)
			v = v * 10 + (s->at[n] - '0');
		n++;
	}
	if (n < min || n > max)
		return false;
	s->at += n;
	*out = v;
	if (n_digits)
		*n_digits = n;
	return true;
}

size_t am_time_scan_word(const struct am_time_scan *s)
{
	size_t n = 0;

	while (g_ascii_isalpha(am_time_scan_peek(s, n)))
		n++;
	return n;
}

/* Three letters, or more of the same word: "Sep", "Sept", "September". */
static int find_name(const char *const names[], int n_names, const char *word,
                     size_t len)
{
	if (len < 3)
		return -1;
	for (int i = 0; i < n_names; i++) {
		if ((word[0] | 32) == names[i][0] && len <= strlen(names[i]) &&
		    !g_ascii_strncasecmp(word, names[i], len))
			return i;
	}
	return -1;
}

int am_time_scan_month(const char *word, size_t len)
{
	static const char *const names[] = {"january", "february", "march",
	                                    "april",   "may",      "june",
	                                    "july",    "august",   "september",
	                                    "october", "november", "december"};

	return find_name(names, (int)AM_COUNT(names), word, len) + 1;
}

bool am_time_scan_zone_name(const char *word, size_t len, int *minutes)
{
	static const struct {
		char name[4];
		int hours;
	} zones[] = {
		{"UT", 0},   {"GMT", 0},  {"UTC", 0},  {"Z", 0},
		{"EST", -5}, {"EDT", -4}, {"CST", -6}, {"CDT", -5},
		{"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7},
	};

	for (size_t i = 0; i < AM_COUNT(zones); i++) {
		if (len == strlen(zones[i].name) &&
		    !g_ascii_strncasecmp(word, zones[i].name, len)) {
			*minutes = zones[i].hours * 60;
			return true;
		}
	}
	return false;
}

bool am_time_scan_offset(struct am_time_scan *s, int *minutes)
{
	struct am_time_scan at = *s;
	char sign = am_time_scan_peek(&at, 0);
	int hour, minute = 0, digits;

	if (sign != '+' && sign != '-')
		return false;
	at.at++;
	if (!am_time_scan_number(&at, 1, 4, &hour, &digits))
		return false;
	if (digits > 2) {
		minute = hour % 100;
		hour /= 100;
	} else if (am_time_scan_peek(&at, 0) == ':') {
		at.at++;
		if (!am_time_scan_number(&at, 2, 2, &minute, NULL))
			return false;
	}
	*s = at;
	/* RFC 5322 has room for 99 hours, the earth has not: no zone at all. */
	*minutes = hour > 23 || minute > 59 ? 0 : hour * 60 + minute;
	if (sign == '-')
		*minutes = -*minutes;
	return true;
}

bool am_time_scan_clock(struct am_time_scan *s, struct am_time_parts *parts)
{
	struct am_time_scan at = *s;
	int hour, minute, second = 0, fraction;

	if (!am_time_scan_number(&at, 1, 2, &hour, NULL) ||
	    am_time_scan_peek(&at, 0) != ':')
		return false;
	at.at++;
	if (!am_time_scan_number(&at, 1, 2, &minute, NULL))
		return false;
	if (am_time_scan_peek(&at, 0) == ':') {
		at.at++;
		if (!am_time_scan_number(&at, 1, 2, &second, NULL))
			return false;
		struct am_time_scan dot = at;
		dot.at += dot.at < dot.end;
		if ((am_time_scan_peek(&at, 0) == '.' ||
		     am_time_scan_peek(&at, 0) == ',') &&
		    am_time_scan_number(&dot, 1, 9, &fraction, NULL))
			at = dot;
	}
	/* 60: a leap second, which counts as the next one. */
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	parts->hour = hour;
	parts->minute = minute;
	parts->second = second;
	*s = at;
	return true;
}

int am_time_scan_year(int number, int n_digits)
{
	if (n_digits == 3)
		return number + 1900;
	if (n_digits < 3)
		return number < 50 ? number + 2000 : number + 1900;
	return number;
}

static bool scan_iso_day(struct am_time_scan *s, struct am_time_parts *parts)
{
	struct am_time_scan at = *s;

	if (!am_time_scan_number(&at, 4, 4, &parts->year, NULL))
		return false;
	char dash = am_time_scan_peek(&at, 0);
	if (dash != '-' && dash != '/')
		return false;
	at.at++;
	if (!am_time_scan_number(&at, 1, 2, &parts->month, NULL) ||
	    am_time_scan_peek(&at, 0) != dash)
		return false;
	at.at++;
	if (!am_time_scan_number(&at, 1, 2, &parts->day, NULL))
		return false;
	*s = at;
	return true;
}

bool am_time_scan_iso(struct am_time_scan *s, struct am_time_parts *parts,
                      bool *has_clock)
{
	struct am_time_scan at = *s;
	struct am_time_parts p = {0};

	*has_clock = false;
	if (!scan_iso_day(&at, &p))
		return false;
	struct am_time_scan day = at;
	char c = am_time_scan_peek(&at, 0);
	if (c == 'T' || c == 't')
		at.at++;
	else
		am_time_scan_spaces(&at);
	*has_clock = at.at != day.at && am_time_scan_clock(&at, &p);
	if (*has_clock) {
		struct am_time_scan zone = at;
		am_time_scan_spaces(&zone);
		c = am_time_scan_peek(&zone, 0);
		if (am_time_scan_offset(&zone, &p.offset_min)) {
			at = zone;
		} else if ((c == 'Z' || c == 'z') &&
		           am_time_scan_word(&zone) == 1) {
			zone.at++;
			at = zone;
		}
	}
	*s = *has_clock ? at : day;
	*parts = p;
	return true;
}

static int month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30,
	                           31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

bool am_time_scan_finish(const struct am_time_parts *p, struct am_when *out)
{
	*out = (struct am_when){.known = false};
	if (p->year < 1 || p->year > 9999 || p->month < 1 || p->month > 12 ||
	    p->day < 1 || p->day > month_days(p->year, p->month))
		return false;
	out->sec = am_time_from_civil(p->year, p->month, p->day, p->hour,
	                              p->minute, p->second) -
	           p->offset_min * 60;
	out->offset_min = (int16_t)p->offset_min;
	out->known = true;
	return true;
}
