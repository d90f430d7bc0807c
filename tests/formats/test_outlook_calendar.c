/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an event says of itself beyond its times, and whom it is from. */
#include "formats/mapi/mapi_to_mail.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/bytes.h"
#include "outlook/mapi/item_reading.h"
#include "outlook/mapi/tags.h"
#include "support/listing.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

/* The mail of it, folded lines put together; the item is gone. */
static char *mail_of(struct am_mapi_item *item, struct am_arena *arena)
{
	const struct am_mapi_to_mail job = {.ctx = am_test_ctx()};
	struct am_mapi_message reading;
	struct am_blob *blob = NULL;
	struct am_error err = {0};
	struct am_mapi_item_reading *door =
		am_mapi_item_reading_new(item, "test", 1000, arena, &reading);

	cr_assert_eq(am_mapi_to_mail(&job, &reading, &blob, &err), AM_OK, "%s",
	             err.text);
	GString *text = g_string_new_len((const char *)am_blob_bytes(blob),
	                                 (gssize)am_blob_size(blob));
	g_string_replace(text, "\r\n ", "", 0);
	am_blob_unref(&blob);
	am_mapi_item_reading_free(&door);
	am_mapi_item_clear(item);
	return g_string_free(text, FALSE);
}

static void named(struct am_mapi_item *item, uint32_t set, uint32_t number,
                  unsigned type, const void *data, size_t len)
{
	static const uint8_t rest[] = {0, 0, 0, 0, 0xc0, 0,
	                               0, 0, 0, 0, 0,    0x46};
	static const uint8_t meeting[] = {0x0b, 0x45, 0x1b, 0x10, 0x98, 0xda,
	                                  0x00, 0xaa, 0x00, 0x3f, 0x13, 0x05};
	struct am_arena *arena = item->props.arena;
	struct am_mapi_name *name = am_arena_alloc(arena, sizeof(*name));

	memset(name, 0, sizeof(*name));
	am_put_le32(name->set, set);
	memcpy(name->set + 4, set == 0x6ed8da90 ? meeting : rest, 12);
	name->number = number;
	const struct am_mapi_prop prop = {.tag = type,
	                                  .size = (uint32_t)len,
	                                  .data = data,
	                                  .len = len,
	                                  .name = name};
	am_mapi_props_add(&item->props, &prop);
}

static struct am_mapi_item *event(struct am_arena *arena)
{
	struct am_mapi_item *item = am_mapi_item_new(arena);

	am_mapi_put_text(&item->props, AM_PR_MESSAGE_CLASS, "IPM.Appointment");
	am_mapi_put_text(&item->props, AM_PR_CONVERSATION_TOPIC, "Planning");
	am_mapi_put_int(&item->props, AM_PR_SENSITIVITY, 2);
	return item;
}

static void expect_in(const char *mail, const char *what)
{
	cr_expect(strstr(mail, what), "%s in\n%s", what, mail);
}

Test(outlook_calendar, sequence_reminder_and_who_has_answered)
{
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = event(arena);
	struct am_mapi_props *row = am_mapi_item_recipient(item);

	named(item, 0x00062002, 0x8201, AM_MAPI_I4, "\3\0\0\0", 4);
	named(item, 0x00062008, 0x8503, AM_MAPI_BOOL, "\1", 1);
	named(item, 0x00062008, 0x8501, AM_MAPI_I4, "\x0f\0\0\0", 4);
	am_mapi_put_text(&item->props, AM_PR_SENT_REPRESENTING_NAME, "Ann");
	am_mapi_put_text(&item->props, AM_PR_SENT_REPRESENTING_TYPE, "EX");
	am_mapi_put_text(&item->props, AM_PR_SENT_REPRESENTING_ADDRESS,
	                 "/O=GARDEN/CN=ANN");
	am_mapi_put_binary(&item->props, AM_PR_SEARCH_KEY, "\1\xab", 2);
	am_mapi_put_int(row, AM_PR_RECIPIENT_TYPE, 1);
	am_mapi_put_text(row, AM_PR_DISPLAY_NAME, "Ann");
	am_mapi_put_text(row, AM_PR_EMAIL_ADDRESS, "/o=Garden/cn=ann");
	am_mapi_put_text(row, AM_PR_SMTP_ADDRESS, "ann@a.example");
	am_mapi_put_int(row, AM_PR_TRACK_STATUS, 3);
	char *mail = mail_of(item, arena);
	expect_in(mail, "Subject: Planning\r\n");
	expect_in(mail, "From: Ann <ann@a.example>\r\n");
	expect_in(mail, "SUMMARY:Planning\r\nSEQUENCE:3\r\n");
	expect_in(mail, "ORGANIZER;CN=\"Ann\":mailto:ann@a.example\r\n");
	expect_in(mail, "PARTSTAT=ACCEPTED:mailto:ann@a.example\r\n");
	expect_in(mail, "CLASS:PRIVATE\r\n");
	expect_in(mail, "TRIGGER:-PT15M\r\n");
	expect_in(mail, "UID:outlook-01ab\r\n");
	g_free(mail);
	am_arena_free(&arena);
}

/* A global id is Outlook's, or holds another calendar's; of one day of a series
 * it is that of the series. */
Test(outlook_calendar, it_is_called_as_calendars_call_it)
{
	static const char uid[] = "vCal-Uid\1\0\0\0x-7@garden.example";
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = event(arena);
	uint8_t id[40 + sizeof(uid)] = {4, 0, 0, 0, 0x82};

	memcpy(id + 16, "\7\xe4\1\2", 4);
	named(item, 0x6ed8da90, 0x03, AM_MAPI_BINARY, id, 40);
	char *mail = mail_of(item, arena);
	expect_in(mail, "UID:04000000820000000000000000000000"
	                "00000000000000000000000000000000"
	                "0000000000000000\r\n");
	g_free(mail);
	item = event(arena);
	memcpy(id + 40, uid, sizeof(uid));
	named(item, 0x6ed8da90, 0x23, AM_MAPI_BINARY, id, sizeof(id));
	mail = mail_of(item, arena);
	expect_in(mail, "UID:x-7@garden.example\r\n");
	g_free(mail);
	am_arena_free(&arena);
}
