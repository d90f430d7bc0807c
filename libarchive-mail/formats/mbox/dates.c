/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/dates.h"

#include "base/arena.h"
#include "base/charset.h"
#include "formats/mbox/deliver.h"
#include "model/message.h"

#include <glib.h>

#include <string.h>

/* GTimeZone takes about anything for UTC, so its identifier is compared. */
static GTimeZone *zone_of(const char *name)
{
	if (!strcmp(name, "local"))
		return g_time_zone_new_local();
	return g_time_zone_new_identifier(
		!g_ascii_strcasecmp(name, "utc") ? "UTC" : name);
}

bool am_mbox_zone_valid(const char *name)
{
	GTimeZone *zone = zone_of(name);
	bool ok = zone != NULL;
	if (zone)
		g_time_zone_unref(zone);
	return ok;
}

/* The line said hours and minutes but not where. */
static struct am_when in_zone(struct am_when when, const char *name)
{
	GTimeZone *zone = name ? zone_of(name) : NULL;
	if (!zone)
		return when;
	int at = g_time_zone_adjust_time(zone, G_TIME_TYPE_STANDARD, &when.sec);
	if (at >= 0) {
		int64_t offset = g_time_zone_get_offset(zone, at);
		when.sec -= offset;
		when.offset_min = (int16_t)(offset / 60);
	}
	g_time_zone_unref(zone);
	return when;
}

static bool header_date(struct am_when *out, const uint8_t *head, uint32_t at,
                        uint32_t len, bool received)
{
	const char *s = (const char *)head + at;
	if (!at)
		return false;
	return received ? am_time_parse_received(s, len, out)
	                : am_time_parse_mail(s, len, out);
}

static void candidate(struct am_message *msg, const char *from,
                      const struct am_when *when, bool trusted)
{
	am_message_add_date(msg, from, when);
	if (trusted && !msg->received.known) {
		msg->received = *when;
		msg->received_from = from;
	}
}

/* A single word that is no placeholder; MAILER-DAEMON says "nobody". */
static void add_sender(struct am_message *msg, const struct am_mbox_from *from)
{
	const char *s = from->sender;
	size_t len = from->sender_len;
	if (from->kind != AM_MBOX_FROM_PLAIN || !len || memchr(s, ' ', len) ||
	    memchr(s, '\t', len) ||
	    (len == 13 && !memcmp(s, "MAILER-DAEMON", 13)))
		return;
	if (s[0] == '<' && s[len - 1] == '>') {
		s++;
		len -= 2;
	}
	msg->envelope_sender = am_utf8_valid(s, len)
	                               ? am_arena_strndup(msg->arena, s, len)
	                               : am_utf8_repair(msg->arena, s, len);
}

void am_mbox_dates_add(struct am_message *msg,
                       const struct am_mbox_mailbox *box,
                       const struct am_mbox_cut *cut)
{
	const struct am_mbox_header *h = &cut->header;
	struct am_when when;
	add_sender(msg, &cut->from);
	if (am_mbox_from_dated(&cut->from)) {
		when = cut->from.zoned ? cut->from.when
		                       : in_zone(cut->from.when, box->from_tz);
		candidate(msg, "mbox.from", &when, !box->dialect.rewritten);
	}
	/* What the header says can be read there at any time; only where it is
	 * what we go by do we keep what it said. */
	if (msg->received.known)
		return;
	if (header_date(&when, cut->head, h->received, h->received_len, true))
		candidate(msg, "header.received", &when, true);
	if (header_date(&when, cut->head, h->date, h->date_len, false))
		candidate(msg, "header.date", &when, true);
}
