/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An appointment, or what meetings are arranged with, as iCalendar (RFC 5545).
 * Times are UTC but for those of a series, which are on the clock it was made
 * for.  The words Outlook has for a rule stand in COMMENT, also where the rule
 * is one that iCalendar has not (by the moon).
 */
#include "formats/mapi/mapi_class.h"
#include "formats/mapi/mapi_headers.h"
#include "formats/mapi/mapi_rule.h"
#include "formats/mapi/text_card.h"

#include "base/arena.h"
#include "outlook/mapi/tags.h"

#include <inttypes.h>
#include <string.h>

/* What each class of meeting message asks for or answers. */
static const struct {
	const char *class, *method, *answer;
} methods[] = {
	{"IPM.Schedule.Meeting.Request", "REQUEST", NULL},
	{"IPM.Schedule.Meeting.Canceled", "CANCEL", NULL},
	{"IPM.Schedule.Meeting.Resp.Pos", "REPLY", "ACCEPTED"},
	{"IPM.Schedule.Meeting.Resp.Neg", "REPLY", "DECLINED"},
	{"IPM.Schedule.Meeting.Resp.Tent", "REPLY", "TENTATIVE"},
};

const struct am_mapi_prop *
am_mapi_item_prop(const struct am_mapi_addressed *item, enum am_mapi_set set,
                  uint32_t number)
{
	unsigned id = am_mapi_named(item->msg->in->names, set, number);

	return id ? am_mapi_find(&item->msg->props, id) : NULL;
}

bool am_mapi_item_time(const struct am_mapi_addressed *item,
                       enum am_mapi_set set, uint32_t number,
                       struct am_when *out)
{
	const struct am_mapi_prop *p = am_mapi_item_prop(item, set, number);

	return p && am_mapi_time(&item->msg->props, p->tag >> 16, out);
}

static bool is_whole_days(const struct am_mapi_addressed *item)
{
	const struct am_mapi_prop *p =
		am_mapi_item_prop(item, AM_PSETID_APPOINTMENT, 0x8215);

	return p && am_mapi_bool(&item->msg->props, p->tag >> 16);
}

/* One event, or the first of a series. */
static void put_times(GString *to, const struct am_mapi_addressed *item,
                      const struct am_mapi_series *series)
{
	void (*put)(GString * to, const char *name,
	            const struct am_when *when) =
		is_whole_days(item) ? am_text_card_day : am_text_card_time;
	struct am_when when;

	if (series) {
		uint32_t day = series->rule.first_day;
		am_mapi_rule_moment(to, "DTSTART", series,
		                    day + series->rule.start);
		am_mapi_rule_moment(to, "DTEND", series,
		                    day + series->rule.end);
		am_mapi_rule_put(to, series);
		return;
	}
	if (am_mapi_item_time(item, AM_PSETID_APPOINTMENT, 0x820d, &when) ||
	    am_mapi_time(&item->msg->props, AM_PR_START_DATE, &when))
		put(to, "DTSTART", &when);
	if (am_mapi_item_time(item, AM_PSETID_APPOINTMENT, 0x820e, &when) ||
	    am_mapi_time(&item->msg->props, AM_PR_END_DATE, &when))
		put(to, "DTEND", &when);
}

/* The zone its clock is in: of the series, of the start, of old Outlooks. */
static void find_zone(struct am_mapi_series *series,
                      const struct am_mapi_addressed *item)
{
	static const uint32_t numbers[] = {0x8260, 0x825e, 0x8233};
	const struct am_mapi_props *props = &item->msg->props;

	for (size_t i = 0; !series->has_zone && i < AM_COUNT(numbers); i++) {
		const struct am_mapi_prop *p = am_mapi_item_prop(
			item, AM_PSETID_APPOINTMENT, numbers[i]);
		if (!p || !p->data || am_mapi_type_of(p) != AM_MAPI_BINARY)
			continue;
		series->has_zone =
			numbers[i] == 0x8233
				? am_mapi_timezone_struct(&series->zone,
		                                          p->data, p->len)
				: am_mapi_timezone_definition(&series->zone,
		                                              p->data, p->len,
		                                              props->arena);
	}
	const struct am_mapi_prop *name =
		am_mapi_item_prop(item, AM_PSETID_APPOINTMENT, 0x8234);
	if (series->has_zone)
		am_mapi_series_name(series,
		                    series->zone.name
		                            ? NULL
		                            : am_mapi_prop_text(props, name));
}

bool am_mapi_series_find(struct am_mapi_series *out,
                         const struct am_mapi_addressed *item,
                         enum am_mapi_set set, uint32_t number)
{
	const struct am_mapi_props *props = &item->msg->props;
	const struct am_mapi_prop *p = am_mapi_item_prop(item, set, number);
	bool whole = false;

	memset(out, 0, sizeof(*out));
	if (!p || !p->data || am_mapi_type_of(p) != AM_MAPI_BINARY ||
	    am_mapi_recurrence_read(&out->rule, p->data, p->len,
	                            props->codepage, props->arena, &whole,
	                            NULL) ||
	    !am_mapi_rule_possible(&out->rule))
		return false;
	out->days = !out->rule.has_times || is_whole_days(item);
	if (!out->days)
		find_zone(out, item);
	return true;
}

bool am_mapi_rule_lost(const struct am_mapi_addressed *item,
                       enum am_mapi_class class)
{
	bool task = class == AM_MAPI_CLASS_TASK;
	enum am_mapi_set set = task ? AM_PSETID_TASK : AM_PSETID_APPOINTMENT;
	uint32_t number = task ? 0x8116 : 0x8216;
	struct am_mapi_series series;

	if ((!task && class != AM_MAPI_CLASS_CALENDAR) ||
	    !am_mapi_item_prop(item, set, number))
		return false;
	bool known = am_mapi_series_find(&series, item, set, number);
	g_free(series.tzid);
	return !known;
}

/* NAME;CN="…":mailto:… */
static void put_person(GString *to, const char *name, const char *more,
                       const char *person, const char *address)
{
	GString *field = g_string_new(name);
	char *mailto;

	if (!address || !*address)
		return;
	if (person && *person) {
		char *cn = g_strdup(person);
		g_strdelimit(cn, "\"\r\n\t", '\'');
		g_string_append_printf(field, ";CN=\"%s\"", cn);
		g_free(cn);
	}
	g_string_append(field, more);
	mailto = g_strdup_printf("mailto:%s", address);
	am_text_card_raw(to, field->str, mailto);
	g_free(mailto);
	g_string_free(field, TRUE);
}

/* What one who was invited has said. */
static const char *answer_of(const struct am_mapi_props *row)
{
	int64_t said = 0;

	(void)am_mapi_int(row, AM_PR_TRACK_STATUS, &said);
	return said == 2   ? ";PARTSTAT=TENTATIVE"
	       : said == 3 ? ";PARTSTAT=ACCEPTED"
	       : said == 4 ? ";PARTSTAT=DECLINED"
	                   : "";
}

static void put_people(GString *to, const struct am_mapi_addressed *item,
                       const char *answer)
{
	const struct am_mapi_props *props = &item->msg->props;
	const char *from =
		am_mapi_from(props, item->recipients, item->n_recipients);
	const char *name = am_mapi_text(props, AM_PR_SENT_REPRESENTING_NAME);

	if (answer) {
		char *status = g_strdup_printf(";PARTSTAT=%s", answer);
		put_person(to, "ATTENDEE", status, name, from);
		g_free(status);
		return;
	}
	if (item->n_recipients)
		put_person(to, "ORGANIZER", "", name, from);
	for (size_t i = 0; i < item->n_recipients; i++) {
		const struct am_mapi_props *row = &item->recipients[i];
		int64_t type = 1;
		(void)am_mapi_int(row, AM_PR_RECIPIENT_TYPE, &type);
		char *more = g_strconcat(
			(type & 0xf) == 1   ? ";ROLE=REQ-PARTICIPANT"
			: (type & 0xf) == 2 ? ";ROLE=OPT-PARTICIPANT"
					    : ";CUTYPE=RESOURCE",
			answer_of(row), NULL);
		put_person(to, "ATTENDEE", more,
		           am_mapi_text(row, AM_PR_DISPLAY_NAME),
		           am_mapi_recipient_address(row));
		g_free(more);
	}
}

static void put_named(GString *to, const char *name,
                      const struct am_mapi_addressed *item, uint32_t number)
{
	const struct am_mapi_prop *p =
		am_mapi_item_prop(item, AM_PSETID_APPOINTMENT, number);

	am_text_card_line(to, name,
	                  p ? am_mapi_prop_text(&item->msg->props, p) : NULL);
}

/* Occurrences that are otherwise, each an event of its own. */
static void put_exceptions(GString *to, const struct am_mapi_addressed *item,
                           const struct am_mapi_series *series)
{
	const char *subject = am_mapi_subject_or_topic(&item->msg->props);

	for (size_t i = 0; i < series->rule.n_exceptions; i++) {
		const struct am_mapi_exception *e = &series->rule.exceptions[i];
		g_string_append(to, "BEGIN:VEVENT\r\n");
		am_mapi_item_stamps(to, item);
		am_mapi_rule_moment(to, "RECURRENCE-ID", series, e->original);
		am_text_card_line(to, "SUMMARY",
		                  e->subject ? e->subject : subject);
		am_mapi_rule_moment(to, "DTSTART", series, e->start);
		am_mapi_rule_moment(to, "DTEND", series, e->end);
		if (e->location)
			am_text_card_line(to, "LOCATION", e->location);
		else
			put_named(to, "LOCATION", item, 0x8208);
		g_string_append(to, "END:VEVENT\r\n");
	}
}

static void put_busy(GString *to, const struct am_mapi_addressed *item)
{
	const struct am_mapi_prop *p =
		am_mapi_item_prop(item, AM_PSETID_APPOINTMENT, 0x8205);
	int64_t busy;

	if (p && am_mapi_int(&item->msg->props, p->tag >> 16, &busy))
		am_text_card_raw(to, "TRANSP", busy ? "OPAQUE" : "TRANSPARENT");
}

/* How often it was sent anew: answers name it. */
static void put_sequence(GString *to, const struct am_mapi_addressed *item)
{
	const struct am_mapi_prop *p =
		am_mapi_item_prop(item, AM_PSETID_APPOINTMENT, 0x8201);
	int64_t n;

	if (p && am_mapi_int(&item->msg->props, p->tag >> 16, &n) && n >= 0)
		g_string_append_printf(to, "SEQUENCE:%" PRId64 "\r\n", n);
}

/* A reminder, so many minutes before. */
static void put_alarm(GString *to, const struct am_mapi_addressed *item,
                      const char *subject)
{
	const struct am_mapi_props *props = &item->msg->props;
	const struct am_mapi_prop *set =
		am_mapi_item_prop(item, AM_PSETID_COMMON, 0x8503);
	const struct am_mapi_prop *before =
		am_mapi_item_prop(item, AM_PSETID_COMMON, 0x8501);
	enum { NEVER = 0x5ae980e1 /* "not set" */ };
	int64_t minutes;

	if (!set || !before || !am_mapi_bool(props, set->tag >> 16) ||
	    !am_mapi_int(props, before->tag >> 16, &minutes) || minutes < 0 ||
	    minutes >= NEVER)
		return;
	g_string_append_printf(to,
	                       "BEGIN:VALARM\r\nACTION:DISPLAY\r\n"
	                       "TRIGGER:-PT%" PRId64 "M\r\n",
	                       minutes);
	am_text_card_line(to, "DESCRIPTION",
	                  subject && *subject ? subject : "Reminder");
	g_string_append(to, "END:VALARM\r\n");
}

char *am_mapi_calendar(const struct am_mapi_addressed *item,
                       const char **method)
{
	const struct am_mapi_props *props = &item->msg->props;
	const char *class = am_mapi_text(props, AM_PR_MESSAGE_CLASS);
	const char *answer = NULL;
	GString *to = g_string_new("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
	                           "PRODID:-//mailark//Outlook reader//EN\r\n");
	struct am_mapi_series series;
	bool recurs = am_mapi_series_find(&series, item, AM_PSETID_APPOINTMENT,
	                                  0x8216) &&
	              series.rule.has_times;

	*method = "PUBLISH";
	for (size_t i = 0; class && i < AM_COUNT(methods); i++)
		if (!g_ascii_strncasecmp(class, methods[i].class,
		                         strlen(methods[i].class))) {
			*method = methods[i].method;
			answer = methods[i].answer;
		}
	am_text_card_raw(to, "METHOD", *method);
	if (recurs)
		am_mapi_rule_zone(to, &series);
	g_string_append(to, "BEGIN:VEVENT\r\n");
	am_mapi_item_stamps(to, item);
	am_text_card_line(to, "SUMMARY", am_mapi_subject_or_topic(props));
	put_sequence(to, item);
	put_times(to, item, recurs ? &series : NULL);
	put_named(to, "LOCATION", item, 0x8208);
	put_named(to, "COMMENT", item, 0x8232);
	am_text_card_line(to, "DESCRIPTION", am_mapi_text(props, AM_PR_BODY));
	put_people(to, item, answer);
	put_busy(to, item);
	am_mapi_item_levels(to, item);
	if (!strcmp(*method, "CANCEL"))
		am_text_card_raw(to, "STATUS", "CANCELLED");
	put_alarm(to, item, am_mapi_subject_or_topic(props));
	g_string_append(to, "END:VEVENT\r\n");
	if (recurs)
		put_exceptions(to, item, &series);
	g_string_append(to, "END:VCALENDAR\r\n");
	g_free(series.tzid);
	return g_string_free(to, FALSE);
}
