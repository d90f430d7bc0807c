/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mapi/mapi_rule.h"

#include "base/time.h"
#include "formats/mapi/text_card.h"

#include <string.h>

/* Occurrences that are left out; a blob may name more than any series has. */
enum { EXDATES = 10000, DAY = 24 * 60 };

static const char *const weekdays[] = {"SU", "MO", "TU", "WE",
                                       "TH", "FR", "SA"};

/* Calendars whose months are those of everybody: 1 the Gregorian, 0 whatever is
 * the default, others name its years or days in a language of their own. */
static bool is_gregorian(unsigned calendar)
{
	static const uint8_t list[] = {0, 1, 2, 3, 4, 5, 7, 9, 10, 11, 12};

	return calendar <= 12 && memchr(list, (int)calendar, sizeof(list));
}

void am_mapi_series_name(struct am_mapi_series *series, const char *name)
{
	if (!name || !*name)
		name = series->zone.name;
	series->tzid =
		name ? g_strdup(name)
		     : g_strdup_printf("Outlook%+d", -series->zone.standard);
	for (char *p = series->tzid; *p; p++)
		if ((unsigned char)*p < ' ' || *p == '"' || *p == 0x7f)
			*p = '_';
}

bool am_mapi_rule_possible(const struct am_mapi_recurrence *rule)
{
	const uint32_t far = UINT32_C(4000) * 366 * DAY;
	const uint32_t long_time = 1000 * DAY;

	if (rule->pattern > AM_RECUR_MONTH_END ||
	    !is_gregorian(rule->calendar) || !rule->period ||
	    rule->first_day > far || rule->start >= DAY ||
	    rule->end > long_time)
		return false;
	switch (rule->pattern) {
	case AM_RECUR_DAY:
		return rule->period >= DAY;
	case AM_RECUR_WEEK:
		return rule->weekdays & 0x7f;
	case AM_RECUR_MONTH_NTH:
		return rule->weekdays & 0x7f && rule->nth >= 1 &&
		       rule->nth <= 5;
	default:
		return rule->day >= 1 && rule->day <= 31;
	}
}

/* Seconds since 1970 on the rule's clock. */
static int64_t seconds(uint32_t minutes)
{
	return 60 * (int64_t)minutes - INT64_C(11644473600);
}

static void print_moment(char out[32], int64_t sec, const char *end)
{
	int y, mon, d, h, min, s;

	am_time_civil(sec, &y, &mon, &d, &h, &min, &s);
	g_snprintf(out, 32, "%04d%02d%02dT%02d%02d%02d%s", y, mon, d, h, min, s,
	           end);
}

static void print_day(char out[32], int64_t sec)
{
	int y, mon, d, h, min, s;

	am_time_civil(sec, &y, &mon, &d, &h, &min, &s);
	g_snprintf(out, 32, "%04d%02d%02d", y, mon, d);
}

/* The parameters of a moment, and how it is written. */
static char *moment_name(const char *name, const struct am_mapi_series *series)
{
	if (series->days)
		return g_strdup_printf("%s;VALUE=DATE", name);
	if (series->has_zone)
		return g_strdup_printf("%s;TZID=\"%s\"", name, series->tzid);
	return g_strdup(name);
}

void am_mapi_rule_moment(GString *to, const char *name,
                         const struct am_mapi_series *series, uint32_t minutes)
{
	char *field = moment_name(name, series), text[32];

	if (series->days)
		print_day(text, seconds(minutes));
	else
		print_moment(text, seconds(minutes), "");
	am_text_card_raw(to, field, text);
	g_free(field);
}

static void add_weekdays(GString *rule, uint32_t bits)
{
	const char *comma = ";BYDAY=";

	for (unsigned i = 0; i < 7; i++) {
		if (!(bits & 1u << i))
			continue;
		g_string_append_printf(rule, "%s%s", comma, weekdays[i]);
		comma = ",";
	}
}

/* The day of a month; where that has not so many, its last one. */
static void add_month_day(GString *rule, uint32_t day)
{
	static const char *const late[] = {";BYMONTHDAY=28,29;BYSETPOS=-1",
	                                   ";BYMONTHDAY=28,29,30;BYSETPOS=-1",
	                                   ";BYMONTHDAY=-1"};

	if (day > 28)
		g_string_append(rule, late[day - 29]);
	else
		g_string_append_printf(rule, ";BYMONTHDAY=%u", day);
}

/* FREQ, INTERVAL and what they are counted in. */
static void add_frequency(GString *rule, const struct am_mapi_recurrence *r)
{
	bool yearly = r->frequency == AM_RECUR_YEARLY && r->period % 12 == 0;
	const char *word = r->pattern == AM_RECUR_DAY    ? "DAILY"
	                   : r->pattern == AM_RECUR_WEEK ? "WEEKLY"
	                   : yearly                      ? "YEARLY"
	                                                 : "MONTHLY";
	uint32_t interval = r->pattern == AM_RECUR_DAY ? r->period / DAY
	                    : yearly                   ? r->period / 12
	                                               : r->period;
	int y, mon, d, h, min, s;

	g_string_append_printf(rule, "FREQ=%s", word);
	if (interval > 1)
		g_string_append_printf(rule, ";INTERVAL=%u", interval);
	if (!yearly || r->pattern < AM_RECUR_MONTH)
		return;
	am_time_civil(seconds(r->first_day), &y, &mon, &d, &h, &min, &s);
	g_string_append_printf(rule, ";BYMONTH=%d", mon);
}

static void add_end(GString *rule, const struct am_mapi_series *series)
{
	const struct am_mapi_recurrence *r = &series->rule;
	int64_t last = seconds(r->last_day) + 60 * (int64_t)r->start;
	char text[32];

	if (r->ends == AM_RECUR_COUNT && r->count) {
		g_string_append_printf(rule, ";COUNT=%u", r->count);
	} else if (r->ends == AM_RECUR_UNTIL) {
		if (series->days)
			print_day(text, seconds(r->last_day));
		else if (series->has_zone)
			print_moment(text,
			             am_mapi_timezone_utc(&series->zone, last),
			             "Z");
		else
			print_moment(text, last, "");
		g_string_append_printf(rule, ";UNTIL=%s", text);
	}
}

/* Does an exception stand for this day? */
static bool is_moved(const struct am_mapi_recurrence *r, uint32_t day)
{
	for (size_t i = 0; i < r->n_exceptions; i++)
		if (r->exceptions[i].original / DAY == day / DAY)
			return true;
	return false;
}

/* Exceptions that say nothing of themselves (a task's) are new dates. */
static void put_dates(GString *to, const struct am_mapi_series *series)
{
	const struct am_mapi_recurrence *r = &series->rule;

	for (size_t i = 0; i < r->n_deleted && i < EXDATES; i++)
		if (!is_moved(r, r->deleted[i]))
			am_mapi_rule_moment(to, "EXDATE", series,
			                    r->deleted[i] / DAY * DAY +
			                            r->start);
	for (size_t i = 0; !r->n_exceptions && i < r->n_modified && i < EXDATES;
	     i++)
		am_mapi_rule_moment(to, "RDATE", series,
		                    r->modified[i] / DAY * DAY + r->start);
}

void am_mapi_rule_put(GString *to, const struct am_mapi_series *series)
{
	const struct am_mapi_recurrence *r = &series->rule;
	GString *rule = g_string_new(NULL);

	add_frequency(rule, r);
	switch (r->pattern) {
	case AM_RECUR_WEEK:
		add_weekdays(rule, r->weekdays);
		if (r->first_weekday < 7 && r->period > 1)
			g_string_append_printf(rule, ";WKST=%s",
			                       weekdays[r->first_weekday]);
		break;
	case AM_RECUR_MONTH:
	case AM_RECUR_MONTH_END:
		add_month_day(rule, r->pattern == AM_RECUR_MONTH ? r->day : 31);
		break;
	case AM_RECUR_MONTH_NTH:
		add_weekdays(rule, r->weekdays);
		g_string_append_printf(rule, ";BYSETPOS=%d",
		                       r->nth == 5 ? -1 : (int)r->nth);
		break;
	}
	add_end(rule, series);
	am_text_card_raw(to, "RRULE", rule->str);
	g_string_free(rule, TRUE);
	put_dates(to, series);
}

static void put_offset(GString *to, const char *name, int32_t minutes)
{
	unsigned n = (unsigned)(minutes > 0 ? minutes : -minutes);

	g_string_append_printf(to, "%s:%c%02u%02u\r\n", name,
	                       minutes > 0 ? '-' : '+', n / 60, n % 60);
}

static void put_half(GString *to, const char *kind,
                     const struct am_mapi_switch *when, int32_t from,
                     int32_t offset)
{
	g_string_append_printf(to, "BEGIN:%s\r\n", kind);
	if (when->month) {
		g_string_append_printf(
			to, "DTSTART:1970%02u%02dT%02u%02u00\r\n", when->month,
			am_mapi_switch_day(when, 1970), when->hour,
			when->minute);
		g_string_append_printf(
			to, "RRULE:FREQ=YEARLY;BYMONTH=%u;BYDAY=%d%s\r\n",
			when->month, when->nth == 5 ? -1 : (int)when->nth,
			weekdays[when->weekday]);
	} else {
		g_string_append(to, "DTSTART:19700101T000000\r\n");
	}
	put_offset(to, "TZOFFSETFROM", from);
	put_offset(to, "TZOFFSETTO", offset);
	g_string_append_printf(to, "END:%s\r\n", kind);
}

void am_mapi_rule_zone(GString *to, const struct am_mapi_series *series)
{
	const struct am_mapi_timezone *z = &series->zone;
	bool summer = z->to_daylight.month != 0;

	if (!series->has_zone || series->days)
		return;
	g_string_append(to, "BEGIN:VTIMEZONE\r\n");
	am_text_card_line(to, "TZID", series->tzid);
	put_half(to, "STANDARD", &z->to_standard,
	         summer ? z->daylight : z->standard, z->standard);
	if (summer)
		put_half(to, "DAYLIGHT", &z->to_daylight, z->standard,
		         z->daylight);
	g_string_append(to, "END:VTIMEZONE\r\n");
}
