/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A task and an entry of the journal as iCalendar: VTODO and VJOURNAL. */
#include "formats/mapi/mapi_class.h"
#include "formats/mapi/mapi_headers.h"
#include "formats/mapi/mapi_rule.h"
#include "formats/mapi/text_card.h"

#include "base/bytes.h"
#include "outlook/mapi/tags.h"

#include <string.h>

static const char head[] = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
			   "PRODID:-//mailark//Outlook reader//EN\r\n"
			   "METHOD:PUBLISH\r\n";

static bool item_int(const struct am_mapi_addressed *item, enum am_mapi_set set,
                     uint32_t number, int64_t *out)
{
	const struct am_mapi_prop *p = am_mapi_item_prop(item, set, number);

	return p && am_mapi_int(&item->msg->props, p->tag >> 16, out);
}

/* 0 to 1, as a share of a hundred; -1: not said. */
static int percent_of(const struct am_mapi_addressed *item)
{
	const struct am_mapi_prop *p =
		am_mapi_item_prop(item, AM_PSETID_TASK, 0x8102);
	double share;

	if (!p || !p->data || am_mapi_type_of(p) != AM_MAPI_R8 ||
	    p->len != sizeof(share))
		return -1;
	struct am_cursor c = am_cursor(p->data, p->len);
	uint64_t bits = am_get_le64(&c);
	memcpy(&share, &bits, sizeof(share));
	return share >= 0 && share <= 1 ? (int)(share * 100 + 0.5) : -1;
}

static void put_status(GString *to, const struct am_mapi_addressed *item)
{
	static const char *const words[] = {"NEEDS-ACTION", "IN-PROCESS",
	                                    "COMPLETED", "NEEDS-ACTION",
	                                    "NEEDS-ACTION"};
	int percent = percent_of(item);
	struct am_when when;
	int64_t status;

	if (item_int(item, AM_PSETID_TASK, 0x8101, &status) && status >= 0 &&
	    status < (int64_t)AM_COUNT(words))
		am_text_card_raw(to, "STATUS", words[status]);
	if (percent >= 0)
		g_string_append_printf(to, "PERCENT-COMPLETE:%d\r\n", percent);
	if (am_mapi_item_time(item, AM_PSETID_TASK, 0x810f, &when))
		am_text_card_time(to, "COMPLETED", &when);
}

/* High, normal and low as 1, 5 and 9; private, confidential. */
char *am_mapi_todo(const struct am_mapi_addressed *item)
{
	const struct am_mapi_props *props = &item->msg->props;
	GString *to = g_string_new(head);
	struct am_mapi_series series;
	struct am_when when;

	g_string_append(to, "BEGIN:VTODO\r\n");
	am_mapi_item_stamps(to, item);
	am_text_card_line(to, "SUMMARY", am_mapi_subject_or_topic(props));
	if (am_mapi_series_find(&series, item, AM_PSETID_TASK, 0x8116)) {
		am_mapi_rule_moment(to, "DTSTART", &series,
		                    series.rule.first_day);
		am_mapi_rule_put(to, &series);
	} else if (am_mapi_item_time(item, AM_PSETID_TASK, 0x8104, &when)) {
		am_text_card_day(to, "DTSTART", &when);
	}
	if (am_mapi_item_time(item, AM_PSETID_TASK, 0x8105, &when))
		am_text_card_day(to, "DUE", &when);
	put_status(to, item);
	am_mapi_item_levels(to, item);
	am_text_card_line(to, "DESCRIPTION", am_mapi_text(props, AM_PR_BODY));
	g_string_append(to, "END:VTODO\r\nEND:VCALENDAR\r\n");
	g_free(series.tzid);
	return g_string_free(to, FALSE);
}

char *am_mapi_journal(const struct am_mapi_addressed *item)
{
	const struct am_mapi_props *props = &item->msg->props;
	const struct am_mapi_prop *type =
		am_mapi_item_prop(item, AM_PSETID_LOG, 0x8700);
	GString *to = g_string_new(head);
	struct am_when when;

	g_string_append(to, "BEGIN:VJOURNAL\r\n");
	am_mapi_item_stamps(to, item);
	am_text_card_line(to, "SUMMARY", am_mapi_subject_or_topic(props));
	if (am_mapi_item_time(item, AM_PSETID_LOG, 0x8706, &when))
		am_text_card_time(to, "DTSTART", &when);
	am_text_card_line(to, "CATEGORIES",
	                  type ? am_mapi_prop_text(props, type) : NULL);
	am_mapi_item_levels(to, item);
	am_text_card_line(to, "DESCRIPTION", am_mapi_text(props, AM_PR_BODY));
	g_string_append(to, "END:VJOURNAL\r\nEND:VCALENDAR\r\n");
	return g_string_free(to, FALSE);
}
