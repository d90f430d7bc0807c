/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An appointment, or what meetings are arranged with, as iCalendar (RFC 5545).
 * Times are UTC.  A series is its first event: the rule is not translated, the
 * words Outlook has for it stand in COMMENT.
 */
#include "formats/outlook/mapi_class.h"
#include "formats/outlook/mapi_headers.h"
#include "formats/outlook/text_card.h"

#include "base/arena.h"
#include "base/hash.h"
#include "outlook/mapi/tags.h"

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

static const struct am_mapi_prop *named(const struct am_mapi_addressed *item,
                                        enum am_mapi_set set, uint32_t number)
{
	unsigned id = am_mapi_named(item->msg->in->names, set, number);

	return id ? am_mapi_find(&item->msg->props, id) : NULL;
}

static bool named_time(const struct am_mapi_addressed *item,
                       enum am_mapi_set set, uint32_t number,
                       struct am_when *out)
{
	const struct am_mapi_prop *p = named(item, set, number);

	return p && am_mapi_time(&item->msg->props, p->tag >> 16, out);
}

static void put_uid(GString *to, const struct am_mapi_addressed *item)
{
	const struct am_mapi_prop *p = named(item, AM_PSETID_MEETING, 0x23);

	if (!p)
		p = named(item, AM_PSETID_MEETING, 0x03);
	if (p && p->data && p->len && p->len < 512) {
		char *hex = g_malloc(2 * p->len + 1);
		am_hex(p->data, p->len, hex);
		am_text_card_raw(to, "UID", hex);
		g_free(hex);
		return;
	}
	char text[40];
	g_snprintf(text, sizeof(text), "outlook-%x", item->msg->id);
	am_text_card_raw(to, "UID", text);
}

static void put_times(GString *to, const struct am_mapi_addressed *item)
{
	const struct am_mapi_prop *p =
		named(item, AM_PSETID_APPOINTMENT, 0x8215);
	bool days = p && am_mapi_bool(&item->msg->props, p->tag >> 16);
	void (*put)(GString * to, const char *name,
	            const struct am_when *when) =
		days ? am_text_card_day : am_text_card_time;
	struct am_when when;

	if (named_time(item, AM_PSETID_APPOINTMENT, 0x820d, &when) ||
	    am_mapi_time(&item->msg->props, AM_PR_START_DATE, &when))
		put(to, "DTSTART", &when);
	if (named_time(item, AM_PSETID_APPOINTMENT, 0x820e, &when) ||
	    am_mapi_time(&item->msg->props, AM_PR_END_DATE, &when))
		put(to, "DTEND", &when);
	if (am_mapi_time(&item->msg->props, AM_PR_CREATED, &when))
		am_text_card_time(to, "CREATED", &when);
	if (am_mapi_time(&item->msg->props, AM_PR_MODIFIED, &when)) {
		am_text_card_time(to, "LAST-MODIFIED", &when);
		am_text_card_time(to, "DTSTAMP", &when);
	} else {
		am_text_card_raw(to, "DTSTAMP", "19700101T000000Z");
	}
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

static void put_people(GString *to, const struct am_mapi_addressed *item,
                       const char *answer)
{
	const struct am_mapi_props *props = &item->msg->props;
	const char *from = am_mapi_address(props, AM_PR_SENT_REPRESENTING_SMTP,
	                                   AM_PR_SENT_REPRESENTING_ADDRESS,
	                                   AM_PR_SENT_REPRESENTING_TYPE);
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
		put_person(to, "ATTENDEE",
		           (type & 0xf) == 1   ? ";ROLE=REQ-PARTICIPANT"
		           : (type & 0xf) == 2 ? ";ROLE=OPT-PARTICIPANT"
		                               : ";CUTYPE=RESOURCE",
		           am_mapi_text(row, AM_PR_DISPLAY_NAME),
		           am_mapi_recipient_address(row));
	}
}

static void put_named(GString *to, const char *name,
                      const struct am_mapi_addressed *item, uint32_t number)
{
	const struct am_mapi_prop *p =
		named(item, AM_PSETID_APPOINTMENT, number);

	am_text_card_line(to, name,
	                  p ? am_mapi_prop_text(&item->msg->props, p) : NULL);
}

char *am_mapi_calendar(const struct am_mapi_addressed *item,
                       const char **method)
{
	const struct am_mapi_props *props = &item->msg->props;
	const char *class = am_mapi_text(props, AM_PR_MESSAGE_CLASS);
	const char *answer = NULL;
	GString *to = g_string_new("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
	                           "PRODID:-//mailark//Outlook reader//EN\r\n");
	int64_t busy;

	*method = "PUBLISH";
	for (size_t i = 0; class && i < AM_COUNT(methods); i++)
		if (!g_ascii_strncasecmp(class, methods[i].class,
		                         strlen(methods[i].class))) {
			*method = methods[i].method;
			answer = methods[i].answer;
		}
	am_text_card_raw(to, "METHOD", *method);
	g_string_append(to, "BEGIN:VEVENT\r\n");
	put_uid(to, item);
	am_text_card_line(to, "SUMMARY", am_mapi_subject(props));
	put_times(to, item);
	put_named(to, "LOCATION", item, 0x8208);
	put_named(to, "COMMENT", item, 0x8232);
	am_text_card_line(to, "DESCRIPTION", am_mapi_text(props, AM_PR_BODY));
	put_people(to, item, answer);
	const struct am_mapi_prop *p =
		named(item, AM_PSETID_APPOINTMENT, 0x8205);
	if (p && am_mapi_int(props, p->tag >> 16, &busy))
		am_text_card_raw(to, "TRANSP", busy ? "OPAQUE" : "TRANSPARENT");
	if (!strcmp(*method, "CANCEL"))
		am_text_card_raw(to, "STATUS", "CANCELLED");
	g_string_append(to, "END:VEVENT\r\nEND:VCALENDAR\r\n");
	return g_string_free(to, FALSE);
}
