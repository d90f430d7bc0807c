/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/time.h"

#include "base/time_scan.h"

#include <glib.h>

/*
 * Date: headers.  RFC 5322 §3.3 and §4.3 give the grammar, mail gives dashes
 * between day and month, asctime(), ISO 8601, "PM", zones in words and the
 * parts in any order.  So the parts are told by what they look like, in one
 * pass from left to right, and the first of each sort counts.
 *
 * A date that has an impossible part (day 0, hour 25) is none: a wrong date is
 * worse than no date.
 */
struct mail_date {
	struct am_time_parts parts;
	bool has_clock, has_year, has_zone;
	bool bad;
};

/* A comment, RFC 5322 §3.2.2: they nest, and backslash takes one along. */
static void skip_comment(struct am_time_scan *s)
{
	size_t depth = 0;

	while (s->at < s->end) {
		char c = *s->at++;
		if (c == '\\' && s->at < s->end)
			s->at++;
		else if (c == '(')
			depth++;
		else if (c == ')' && !--depth)
			return;
	}
}

/* "12:30 PM"; midnight is 12 AM. */
static void take_half_day(struct mail_date *d, bool pm)
{
	int *hour = &d->parts.hour;

	if (!d->has_clock || *hour > 12)
		return;
	*hour = *hour % 12 + (pm ? 12 : 0);
}

static void take_word(struct mail_date *d, struct am_time_scan *s)
{
	size_t len = am_time_scan_word(s);
	const char *word = s->at;
	int month = am_time_scan_month(word, len);
	int zone;

	s->at += len;
	if (month && !d->parts.month) {
		d->parts.month = month;
	} else if (len == 2 && (word[1] == 'M' || word[1] == 'm') &&
	           (word[0] == 'P' || word[0] == 'p')) {
		take_half_day(d, true);
	} else if (len == 2 && (word[1] == 'M' || word[1] == 'm') &&
	           (word[0] == 'A' || word[0] == 'a')) {
		take_half_day(d, false);
	} else if (d->has_clock && !d->has_zone &&
	           am_time_scan_zone_name(word, len, &zone)) {
		d->parts.offset_min = zone;
		/* "GMT+0100": the number says more than the name. */
		char c = am_time_scan_peek(s, 0);
		d->has_zone = c != '+' && c != '-';
	}
}

/* A number that is neither a clock nor a zone: the day or the year. */
static void take_number(struct mail_date *d, struct am_time_scan *s)
{
	int n, digits;

	if (!am_time_scan_number(s, 1, 4, &n, &digits)) {
		while (g_ascii_isdigit(am_time_scan_peek(s, 0)))
			s->at++;
		d->bad = d->bad || !d->has_year || !d->parts.day;
		return;
	}
	if (!d->parts.day && digits <= 2) {
		d->parts.day = n;
		d->bad = d->bad || n < 1 || n > 31;
	} else if (!d->has_year && digits > 1) {
		d->parts.year = am_time_scan_year(n, digits);
		d->has_year = true;
	}
	/* What is left over: a zone without its sign, a day count. */
}

static bool take_iso(struct mail_date *d, struct am_time_scan *s)
{
	struct am_time_parts parts;
	bool has_clock;

	if (d->parts.month || d->parts.day || d->has_year || d->has_clock ||
	    !am_time_scan_iso(s, &parts, &has_clock))
		return false;
	d->parts = parts;
	d->has_year = true;
	d->has_clock = has_clock;
	/* A named zone may still follow; an offset would have been taken. */
	d->bad = parts.month < 1 || parts.month > 12 || parts.day < 1;
	return true;
}

static void skip_blanks(struct am_time_scan *s)
{
	am_time_scan_spaces(s);
	while (am_time_scan_peek(s, 0) == '(') {
		skip_comment(s);
		am_time_scan_spaces(s);
	}
}

/* "12:30:45" with blanks and comments wherever the obsolete syntax lets them
 * be; gives it without, and moves on.  *colons tells a clock from a number. */
static size_t gather_clock(struct am_time_scan *s, char buf[16], size_t *colons)
{
	struct am_time_scan at = *s;
	size_t n = 0;
	int part;

	*colons = 0;
	while (am_time_scan_number(&at, 1, 2, &part, NULL)) {
		buf[n++] = (char)('0' + part / 10);
		buf[n++] = (char)('0' + part % 10);
		*s = at;
		skip_blanks(&at);
		if (*colons == 2 || am_time_scan_peek(&at, 0) != ':')
			break;
		at.at++;
		*s = at;
		buf[n++] = ':';
		++*colons;
		skip_blanks(&at);
	}
	return n;
}

/* With full stops, as in Italy and Finland; but "1.2.2001" is no clock. */
static bool take_dotted_clock(struct mail_date *d, struct am_time_scan *s)
{
	char buf[8];

	if (d->has_clock || !d->parts.day || am_time_scan_left(s) < 8)
		return false;
	for (size_t i = 0; i < sizeof buf; i++) {
		bool dot = i == 2 || i == 5;
		if (dot ? s->at[i] != '.' : !g_ascii_isdigit(s->at[i]))
			return false;
		buf[i] = dot ? ':' : s->at[i];
	}
	struct am_time_scan at = {buf, buf + sizeof buf};
	if (g_ascii_isdigit(am_time_scan_peek(s, 8)) ||
	    !am_time_scan_clock(&at, &d->parts))
		return false;
	d->has_clock = true;
	s->at += sizeof buf;
	return true;
}

static bool take_clock(struct mail_date *d, struct am_time_scan *s)
{
	struct am_time_scan behind = *s;
	size_t colons;
	char buf[16];

	size_t n = gather_clock(&behind, buf, &colons);
	if (!colons)
		return take_dotted_clock(d, s);
	*s = behind;
	if (d->has_clock)
		return true;
	struct am_time_scan at = {buf, buf + n};
	d->has_clock = am_time_scan_clock(&at, &d->parts) && at.at == at.end;
	d->bad = !d->has_clock;
	/* Fractions of a second. */
	if (am_time_scan_peek(s, 0) == '.')
		for (s->at++; g_ascii_isdigit(am_time_scan_peek(s, 0));)
			s->at++;
	return true;
}

static void take_one(struct mail_date *d, struct am_time_scan *s)
{
	char c = *s->at;
	int minutes;

	if (c == '(') {
		skip_comment(s);
	} else if (g_ascii_isalpha(c)) {
		take_word(d, s);
	} else if (g_ascii_isdigit(c)) {
		if (!take_iso(d, s) && !take_clock(d, s))
			take_number(d, s);
	} else if ((c == '+' || c == '-') && d->has_clock && !d->has_zone &&
	           am_time_scan_offset(s, &minutes)) {
		d->parts.offset_min = minutes;
		d->has_zone = true;
	} else {
		s->at++;
	}
}

/* ---- as nearly all of them are written ---- */

static int two(const char *s)
{
	return g_ascii_isdigit(s[0]) && g_ascii_isdigit(s[1])
	               ? (s[0] - '0') * 10 + (s[1] - '0')
	               : -1;
}

/* "Tue, 5 Mar 2024 10:20:30 +0100", RFC 5322 §3.3 without folds or comments
 * before the zone; false: not of just this form.  Nine dates of ten are, and
 * an import reads two of each message. */
static bool parse_plain(const char *s, size_t len, struct am_time_parts *out)
{
	static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	const char *end = s + len;
	int century, year, month, zone_hour, zone_minute;

	while (s < end && *s == ' ')
		s++;
	if (end - s < 30 || s[3] != ',' || s[4] != ' ' ||
	    !g_ascii_isalpha(s[0]))
		return false;
	s += 5;
	out->day = two(s);
	if (out->day < 0 && g_ascii_isdigit(s[0]) && s[1] == ' ') {
		out->day = s[0] - '0';
		s--;
	}
	if (end - s < 26 || s[2] != ' ' || s[6] != ' ' || s[11] != ' ' ||
	    s[14] != ':' || s[17] != ':' || s[20] != ' ' ||
	    (s[21] != '+' && s[21] != '-'))
		return false;
	for (month = 0; month < 12; month++)
		if ((s[3] | 32) == months[3 * month] &&
		    (s[4] | 32) == months[3 * month + 1] &&
		    (s[5] | 32) == months[3 * month + 2])
			break;
	out->month = month + 1;
	century = two(s + 7);
	year = two(s + 9);
	out->year = century * 100 + year;
	out->hour = two(s + 12);
	out->minute = two(s + 15);
	out->second = two(s + 18);
	zone_hour = two(s + 22);
	zone_minute = two(s + 24);
	out->offset_min = zone_hour * 60 + zone_minute;
	if (s[21] == '-')
		out->offset_min = -out->offset_min;
	/* Whatever is odd is left to who knows all oddities. */
	s += 26;
	return month < 12 && century >= 19 && year >= 0 && out->day > 0 &&
	       out->day < 32 && out->hour >= 0 && out->hour < 24 &&
	       out->minute >= 0 && out->minute < 60 && out->second >= 0 &&
	       out->second <= 60 && zone_hour >= 0 && zone_hour < 24 &&
	       zone_minute >= 0 && zone_minute < 60 &&
	       (s == end || (end - s > 2 && s[0] == ' ' && s[1] == '('));
}

bool am_time_parse_mail(const char *s, size_t len, struct am_when *out)
{
	struct am_time_scan scan = {s, len ? s + len : s};
	struct mail_date d = {.bad = false};

	*out = (struct am_when){.known = false};
	if (len && parse_plain(s, len, &d.parts))
		return am_time_scan_finish(&d.parts, out);
	d = (struct mail_date){.bad = false};
	while (scan.at < scan.end && !d.bad)
		take_one(&d, &scan);
	if (d.bad || !d.has_year || !d.parts.month || !d.parts.day)
		return false;
	return am_time_scan_finish(&d.parts, out);
}

bool am_time_parse_received(const char *value, size_t len, struct am_when *out)
{
	const char *semi = len ? memrchr(value, ';', len) : NULL;

	*out = (struct am_when){.known = false};
	return semi && am_time_parse_mail(
			       semi + 1, len - (size_t)(semi + 1 - value), out);
}
