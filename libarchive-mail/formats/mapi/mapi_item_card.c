/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an item has as iCalendar, be it an event, a task or of the journal: what
 * it is called, when it was made, how urgent and how private it is. */
#include "formats/mapi/mapi_class.h"
#include "formats/mapi/mapi_meta.h"
#include "formats/mapi/text_card.h"

#include "base/hash.h"
#include "outlook/mapi/tags.h"

#include <inttypes.h>
#include <string.h>

/* What another calendar called it, which lies in the global id ([MS-OXCICAL]
 * 2.1.3.1.1.20.26); NULL: it is one of Outlook's own. */
static char *foreign_uid(const struct am_mapi_prop *id)
{
	static const char mark[12] = "vCal-Uid\1";
	enum { AT = 40 };

	if (id->len <= AT + sizeof(mark) ||
	    memcmp(id->data + AT, mark, sizeof(mark)) != 0)
		return NULL;
	const char *uid = (const char *)id->data + AT + sizeof(mark);
	size_t len = strnlen(uid, id->len - AT - sizeof(mark));
	for (size_t i = 0; i < len; i++)
		if (!g_ascii_isgraph(uid[i]))
			return NULL;
	return len ? g_strndup(uid, len) : NULL;
}

/* In hexadecimal as Exchange writes it: calendars compare bytes.  Of one day
 * of a series the day, at 16, is no part of it. */
static char *global_uid(const struct am_mapi_prop *id)
{
	enum { DAY = 16, DAY_LEN = 4 };
	char *hex = g_malloc(2 * id->len + 1);
	char *uid;

	am_hex(id->data, id->len, hex);
	if (id->len >= DAY + DAY_LEN)
		memset(hex + 2 * DAY, '0', 2 * DAY_LEN);
	uid = g_ascii_strup(hex, -1);
	g_free(hex);
	return uid;
}

/* Of what has no such id: its search key, which copies share and other items
 * have not, also in other files; or else what it is called. */
static char *own_uid(const struct am_mapi_addressed *item)
{
	const struct am_mapi_props *props = &item->msg->props;
	const struct am_mapi_prop *p = am_mapi_find(props, AM_PR_SEARCH_KEY);
	char hex[2 * 32 + 1];
	struct am_when made;

	if (p && p->data && p->len && 2 * p->len < sizeof(hex)) {
		am_hex(p->data, p->len, hex);
		return g_strconcat("outlook-", hex, NULL);
	}
	if (!am_mapi_time(props, AM_PR_CREATED, &made))
		return g_strdup_printf("outlook-%x", item->msg->id);
	return g_strdup_printf("outlook-%x-%" PRIx64, item->msg->id,
	                       (uint64_t)made.sec);
}

/* The same for the item wherever it is copied, another for any other. */
static void put_uid(GString *to, const struct am_mapi_addressed *item)
{
	const struct am_mapi_prop *p =
		am_mapi_item_prop(item, AM_PSETID_MEETING, 0x23);
	char *uid = NULL;

	if (!p)
		p = am_mapi_item_prop(item, AM_PSETID_MEETING, 0x03);
	if (p && p->data && p->len && p->len < 512) {
		uid = foreign_uid(p);
		if (!uid)
			uid = global_uid(p);
	} else {
		uid = own_uid(item);
	}
	am_text_card_raw(to, "UID", uid);
	g_free(uid);
}

void am_mapi_item_stamps(GString *to, const struct am_mapi_addressed *item)
{
	struct am_when when;

	put_uid(to, item);
	if (am_mapi_time(&item->msg->props, AM_PR_CREATED, &when))
		am_text_card_time(to, "CREATED", &when);
	if (am_mapi_time(&item->msg->props, AM_PR_MODIFIED, &when))
		am_text_card_time(to, "LAST-MODIFIED", &when);
	/* It must be there: of an item that does not say when it was changed
	 * it is when it came. */
	if (am_mapi_time(&item->msg->props, AM_PR_MODIFIED, &when) ||
	    am_mapi_time(&item->msg->props, AM_PR_DELIVERY_TIME, &when) ||
	    am_mapi_time(&item->msg->props, AM_PR_SUBMIT_TIME, &when))
		am_text_card_time(to, "DTSTAMP", &when);
	else
		am_text_card_raw(to, "DTSTAMP", "19700101T000000Z");
}

void am_mapi_item_levels(GString *to, const struct am_mapi_addressed *item)
{
	static const int levels[] = {9, 5, 1};
	const struct am_mapi_props *props = &item->msg->props;
	unsigned id = am_mapi_meta_keywords(item->msg->in->names);
	const struct am_mapi_prop *p = id ? am_mapi_find(props, id) : NULL;
	const char *word;
	int64_t n;

	if (am_mapi_int(props, AM_PR_IMPORTANCE, &n) && n >= 0 && n <= 2)
		g_string_append_printf(to, "PRIORITY:%d\r\n", levels[n]);
	if (am_mapi_int(props, AM_PR_SENSITIVITY, &n) && n > 0 && n <= 3)
		am_text_card_raw(to, "CLASS",
		                 n == 3 ? "CONFIDENTIAL" : "PRIVATE");
	for (size_t i = 0; p && (word = am_mapi_text_at(props, p, i)); i++)
		am_text_card_line(to, "CATEGORIES", word);
}
