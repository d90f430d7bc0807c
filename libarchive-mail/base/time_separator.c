/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/time.h"

#include "base/time_scan.h"

#include <glib.h>

/*
 * The dates of mbox separator lines.  They decide whether a line that begins
 * with "From " is a separator at all, so unlike a Date: header they are read by
 * a grammar, and *used lets the caller see what stands behind:
 *
 *   date  = weekday [","] month day clock [zone] year [zone]
 *         / weekday [","] day month year clock [zone]
 *         / ISO 8601 with a clock
 *   zone  = +hhmm / 1 to 5 capitals / capitals digits capitals ("PST8PDT")
 */

/* Between two words: at least one blank. */
static bool skip_gap(struct am_time_scan *s)
{
	const char *from = s->at;

	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t'))
		s->at++;
	return s->at > from;
}

static bool ends_word(const struct am_time_scan *s)
{
	return !g_ascii_isalnum(am_time_scan_peek(s, 0));
}

/* A name nobody knows stands for UTC; it is a zone all the same. */
static bool take_named_zone(struct am_time_scan *s, int *minutes)
{
	struct am_time_scan at = *s;
	size_t n = 0;

	while (g_ascii_isupper(am_time_scan_peek(&at, n)))
		n++;
	if (n < 1 || n > 5)
		return false;
	int known = 0;
	(void)am_time_scan_zone_name(at.at, n, &known);
	at.at += n;
	/* POSIX: standard time, hours west of Greenwich, summer time. */
	if (n >= 3 && g_ascii_isdigit(am_time_scan_peek(&at, 0))) {
		int hours;
		if (!am_time_scan_number(&at, 1, 2, &hours, NULL))
			return false;
		known = hours > 14 ? 0 : -hours * 60;
		for (n = 0; g_ascii_isupper(am_time_scan_peek(&at, n));)
			n++;
		if (n > 5)
			return false;
		at.at += n;
	}
	if (!ends_word(&at))
		return false;
	*minutes = known;
	*s = at;
	return true;
}

static bool take_zone(struct am_time_scan *s, int *minutes)
{
	struct am_time_scan at = *s;

	if (am_time_scan_offset(&at, minutes) && ends_word(&at)) {
		*s = at;
		return true;
	}
	return take_named_zone(s, minutes);
}

/* A zone with a blank before it, when there is one. */
static bool maybe_zone(struct am_time_scan *s, int *minutes)
{
	struct am_time_scan at = *s;

	if (!skip_gap(&at) || !take_zone(&at, minutes))
		return false;
	*s = at;
	return true;
}

static bool take_year(struct am_time_scan *s, int *year)
{
	int digits;

	if (!am_time_scan_number(s, 2, 4, year, &digits) || !ends_word(s))
		return false;
	*year = am_time_scan_year(*year, digits);
	return true;
}

static bool take_month(struct am_time_scan *s, int *month)
{
	size_t len = am_time_scan_word(s);

	*month = am_time_scan_month(s->at, len);
	if (!*month)
		return false;
	s->at += len;
	return true;
}

/* From the month on: "Jan  1 00:00:00 [zone] 2001 [zone]". */
static bool take_asctime(struct am_time_scan *s, struct am_time_parts *p)
{
	if (!take_month(s, &p->month) || !skip_gap(s) ||
	    !am_time_scan_number(s, 1, 2, &p->day, NULL) || !skip_gap(s) ||
	    !am_time_scan_clock(s, p))
		return false;
	bool zoned = maybe_zone(s, &p->offset_min);
	if (!skip_gap(s) || !take_year(s, &p->year))
		return false;
	if (!zoned)
		(void)maybe_zone(s, &p->offset_min);
	return true;
}

/* From the day on: "1 Jan 2001 00:00:00 [zone]". */
static bool take_rfc(struct am_time_scan *s, struct am_time_parts *p)
{
	if (!am_time_scan_number(s, 1, 2, &p->day, NULL) || !skip_gap(s) ||
	    !take_month(s, &p->month) || !skip_gap(s) ||
	    !take_year(s, &p->year) || !skip_gap(s) ||
	    !am_time_scan_clock(s, p))
		return false;
	(void)maybe_zone(s, &p->offset_min);
	return true;
}

static bool take_weekday(struct am_time_scan *s)
{
	size_t len = am_time_scan_word(s);

	if (!am_time_scan_is_weekday(s->at, len))
		return false;
	s->at += len;
	if (am_time_scan_peek(s, 0) == ',')
		s->at++;
	return skip_gap(s);
}

bool am_time_parse_asctime(const char *s, size_t len, struct am_when *out,
                           size_t *used)
{
	struct am_time_scan scan = {s, len ? s + len : s};
	struct am_time_parts parts = {0};
	bool ok;

	*out = (struct am_when){.known = false};
	if (used)
		*used = 0;
	(void)skip_gap(&scan);
	if (g_ascii_isdigit(am_time_scan_peek(&scan, 0))) {
		bool has_clock;
		ok = am_time_scan_iso(&scan, &parts, &has_clock) && has_clock;
	} else {
		ok = take_weekday(&scan) &&
		     (g_ascii_isdigit(am_time_scan_peek(&scan, 0))
		              ? take_rfc(&scan, &parts)
		              : take_asctime(&scan, &parts));
	}
	if (!ok || !ends_word(&scan) || !am_time_scan_finish(&parts, out))
		return false;
	if (used)
		*used = (size_t)(scan.at - s);
	return true;
}
