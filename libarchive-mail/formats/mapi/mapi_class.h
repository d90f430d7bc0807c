/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAPI_MAPI_CLASS_H
#define AM_FORMATS_MAPI_MAPI_CLASS_H

#include "outlook/mapi/reading.h"

#include <glib.h>

/*
 * What a message is besides a mail, as a part of its own: a contact or a list
 * of them as vCard 4 (RFC 6350), an appointment, a meeting, a task or an entry
 * of the journal as iCalendar (RFC 5545).  What is neither mail, contact nor
 * appointment also, or alone, has a part that is JSON of all its properties.
 */
enum am_mapi_class {
	AM_MAPI_CLASS_MAIL,
	AM_MAPI_CLASS_SIGNED, /* clear: the whole is its one attachment */
	AM_MAPI_CLASS_OPAQUE, /* signed or encrypted: likewise, decoded */
	AM_MAPI_CLASS_CONTACT,
	AM_MAPI_CLASS_CALENDAR,
	AM_MAPI_CLASS_GROUP, /* of people */
	AM_MAPI_CLASS_TASK,
	AM_MAPI_CLASS_JOURNAL,
	AM_MAPI_CLASS_OTHER
};

enum am_mapi_class am_mapi_class(const struct am_mapi_props *msg);

struct am_mapi_addressed {
	const struct am_mapi_message *msg;
	const struct am_mapi_props *recipients;
	size_t n_recipients;
	const struct am_mapi_enclosure *attachments;
	size_t n_attachments;
};

/* The text of the part (with CRLF), g_free() it; *type its Content-Type, in
 * the message's arena.  NULL where there is none. */
char *am_mapi_class_text(const struct am_mapi_addressed *item,
                         enum am_mapi_class class, const char **type,
                         const char **file_name);
/* Is there one of all properties? */
bool am_mapi_class_dumped(enum am_mapi_class class);

char *am_mapi_vcard(const struct am_mapi_addressed *item);
char *am_mapi_group(const struct am_mapi_addressed *item);
char *am_mapi_todo(const struct am_mapi_addressed *item);
char *am_mapi_journal(const struct am_mapi_addressed *item);
char *am_mapi_calendar(const struct am_mapi_addressed *item,
                       const char **method);
char *am_mapi_dump(const struct am_mapi_addressed *item);
/* Has it a rule by which it comes again that is in none of these: by the moon,
 * or not to be read? */
bool am_mapi_rule_lost(const struct am_mapi_addressed *item,
                       enum am_mapi_class class);

/* What they share: a property by its number in a set, UID and stamps. */
const struct am_mapi_prop *
am_mapi_item_prop(const struct am_mapi_addressed *item, enum am_mapi_set set,
                  uint32_t number);
bool am_mapi_item_time(const struct am_mapi_addressed *item,
                       enum am_mapi_set set, uint32_t number,
                       struct am_when *out);
/* UID and the times it was made and changed; how urgent and private it is, and
 * its categories. */
void am_mapi_item_stamps(GString *to, const struct am_mapi_addressed *item);
void am_mapi_item_levels(GString *to, const struct am_mapi_addressed *item);

#endif
