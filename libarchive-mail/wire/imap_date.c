/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/imap.h"

#include "base/time_scan.h"

#include <glib.h>

#include <string.h>

/*
 * RFC 9051 §9 date-time: " 7-Jul-1996 02:44:25 -0700".  Servers also send one
 * digit for the day, no zone, a zone of "--400" (node-imap #458) or "GMT", no
 * clock, or mail's own form.  A zone that cannot be read makes the date
 * unreadable: the Received and Date fields know better than a guess.
 */
static bool scan_dash(struct am_time_scan *s)
{
	char c = am_time_scan_peek(s, 0);

	if (c != '-' && c != ' ' && c != '/')
		return false;
	s->at++;
	return true;
}

static bool scan_day(struct am_time_scan *s, struct am_time_parts *parts)
{
	int digits;

	if (!am_time_scan_number(s, 1, 2, &parts->day, NULL) || !scan_dash(s))
		return false;
	size_t len = am_time_scan_word(s);
	parts->month = am_time_scan_month(s->at, len);
	s->at += len;
	if (!parts->month || !scan_dash(s) ||
	    !am_time_scan_number(s, 2, 4, &parts->year, &digits))
		return false;
	parts->year = am_time_scan_year(parts->year, digits);
	return true;
}

static bool scan_zone(struct am_time_scan *s, int *minutes)
{
	size_t len = am_time_scan_word(s);

	*minutes = 0;
	if (!am_time_scan_left(s))
		return true;
	if (len) {
		if (!am_time_scan_zone_name(s->at, len, minutes))
			return false;
		s->at += len;
		return true;
	}
	/* "--400": somebody printed a negative number behind its sign. */
	if (am_time_scan_peek(s, 1) == '-' &&
	    (am_time_scan_peek(s, 0) == '-' || am_time_scan_peek(s, 0) == '+'))
		s->at++;
	return am_time_scan_offset(s, minutes);
}

bool am_imap_date_parse(const char *s, size_t len, struct am_when *out)
{
	struct am_time_scan scan = {s, len ? s + len : s};
	struct am_time_parts parts = {.year = 0};

	*out = (struct am_when){.known = false};
	am_time_scan_spaces(&scan);
	if (!g_ascii_isdigit(am_time_scan_peek(&scan, 0)))
		return am_time_parse_mail(s, len, out);
	if (!scan_day(&scan, &parts))
		return false;
	am_time_scan_spaces(&scan);
	if (am_time_scan_left(&scan) && !am_time_scan_clock(&scan, &parts))
		return false;
	am_time_scan_spaces(&scan);
	if (!scan_zone(&scan, &parts.offset_min))
		return false;
	am_time_scan_spaces(&scan);
	return !am_time_scan_left(&scan) && am_time_scan_finish(&parts, out);
}

void am_imap_date_print(const struct am_when *when, char out[40])
{
	static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr",
	                                   "May", "Jun", "Jul", "Aug",
	                                   "Sep", "Oct", "Nov", "Dec"};
	/* What four digits of a year can say. */
	const int64_t first = INT64_C(-62167219200) + 86400;
	const int64_t last = INT64_C(253402300799) - 86400;
	int year, month, day, hour, minute, second;
	int zone = when->offset_min;

	if (zone <= -24 * 60 || zone >= 24 * 60)
		zone = 0;
	int64_t sec = CLAMP(when->sec, first, last);
	am_time_civil(sec + zone * 60, &year, &month, &day, &hour, &minute,
	              &second);
	int apart = zone < 0 ? -zone : zone;
	(void)g_snprintf(out, 40, "%02d-%s-%04d %02d:%02d:%02d %c%02d%02d", day,
	                 months[month - 1], year, hour, minute, second,
	                 zone < 0 ? '-' : '+', apart / 60, apart % 60);
}
