/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/msg_sample.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/bytes.h"
#include "outlook/cfb/cfb_write.h"
#include "outlook/mapi/tags.h"
#include "outlook/msg/msg_layout.h"
#include "outlook/msg/msg_write.h"

#include <string.h>

/* 2020-01-02 03:04:05 and so many minutes. */
static struct am_when at(int minutes)
{
	return (struct am_when){.sec = 1577934245 + 60 * minutes,
	                        .known = true};
}

static void text(struct am_mapi_item *item, unsigned id, const char *value)
{
	am_mapi_put_text(&item->props, id, value);
}

static void when(struct am_mapi_item *item, unsigned id, int minutes)
{
	struct am_when time = at(minutes);

	am_mapi_put_time(&item->props, id, &time);
}

static void recipient(struct am_mapi_item *item, int kind, const char *name,
                      const char *address)
{
	struct am_mapi_props *row = am_mapi_item_recipient(item);

	am_mapi_put_int(row, AM_PR_RECIPIENT_TYPE, kind);
	am_mapi_put_text(row, AM_PR_DISPLAY_NAME, name);
	am_mapi_put_text(row, AM_PR_ADDRESS_TYPE, "SMTP");
	am_mapi_put_text(row, AM_PR_EMAIL_ADDRESS, address);
}

static struct am_mapi_attachment *file(struct am_mapi_item *item,
                                       const char *name, const char *type,
                                       const void *data, size_t len)
{
	struct am_mapi_attachment *att = am_mapi_item_attachment(item);

	am_mapi_put_int(&att->props, AM_PR_ATTACH_METHOD, AM_ATTACH_BY_VALUE);
	am_mapi_put_text(&att->props, AM_PR_ATTACH_LONG_NAME, name);
	am_mapi_put_text(&att->props, AM_PR_ATTACH_MIME_TYPE, type);
	if (am_blob_copy(&att->data, data, len, NULL))
		g_assert_not_reached();
	return att;
}

static const struct am_mapi_name *name_of(struct am_arena *arena, uint32_t set,
                                          uint32_t number, const char *string)
{
	static const uint8_t rest[] = {0, 0, 0, 0, 0xc0, 0,
	                               0, 0, 0, 0, 0,    0x46};
	struct am_mapi_name *name = am_arena_alloc(arena, sizeof(*name));

	am_put_le32(name->set, set);
	memcpy(name->set + 4, rest, sizeof(rest));
	name->number = number;
	name->string = string;
	return name;
}

static void named(struct am_mapi_item *item, uint32_t set, uint32_t number,
                  unsigned type, const void *data, size_t len)
{
	struct am_arena *arena = item->props.arena;
	const struct am_mapi_prop prop = {
		.tag = type,
		.name = name_of(arena, set, number, NULL),
		.data = (const uint8_t *)am_arena_strndup(arena, data, len),
		.len = len};

	am_mapi_props_add(&item->props, &prop);
}

static void received(struct am_mapi_item *item)
{
	static const char *const keywords[] = {"rot", "größer"};
	static const char html[] =
		"<html><body><p>Gr\xfc\xdf"
		"e <img src=\"cid:pic@a.example\"></body></html>";
	char *large = g_strnfill(9000, 'z');

	text(item, AM_PR_MESSAGE_CLASS, "IPM.Note");
	text(item, AM_PR_SUBJECT, "Grüße 😀");
	text(item, AM_PR_TRANSPORT_HEADERS,
	     "From: Ann Example <ann@a.example>\r\nTo: Bob <bob@b.example>\r\n"
	     "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe_=F0=9F=98=80?=\r\n"
	     "Date: Thu, 2 Jan 2020 04:04:00 +0100\r\n"
	     "Message-ID: <one@a.example>\r\nX-Own: kept\r\n"
	     "Content-Type: text/html\r\n\r\n");
	when(item, AM_PR_SUBMIT_TIME, -1);
	when(item, AM_PR_DELIVERY_TIME, 0);
	am_mapi_put_int(&item->props, AM_PR_MESSAGE_FLAGS, 1);
	am_mapi_put_int(&item->props, AM_PR_FLAG_STATUS, 2);
	am_mapi_put_int(&item->props, AM_PR_INTERNET_CODEPAGE, 1252);
	text(item, AM_PR_BODY, "Grüße\r\n");
	am_mapi_put_binary(&item->props, AM_PR_HTML, html, sizeof(html) - 1);
	am_mapi_put_named_texts(
		&item->props,
		name_of(item->props.arena, 0x00020329, 0, "Keywords"), keywords,
		2);
	recipient(item, 1, "Bob", "bob@b.example");
	struct am_mapi_attachment *att =
		file(item, "dot.png", "image/png",
	             "\x89PNG\r\n\x1a\nnot really", 18);
	am_mapi_put_text(&att->props, AM_PR_ATTACH_CONTENT_ID, "pic@a.example");
	file(item, "Liste für Bob.txt", "text/plain", large, 9000);
	g_free(large);
}

static void nested(struct am_mapi_item *item)
{
	struct am_arena *arena = item->props.arena;

	for (unsigned depth = 0; depth < 3; depth++) {
		static const char *const subjects[] = {"outer", "inner",
		                                       "innermost"};
		text(item, AM_PR_MESSAGE_CLASS, "IPM.Note");
		text(item, AM_PR_SUBJECT, subjects[depth]);
		text(item, AM_PR_SENT_REPRESENTING_NAME, "Carl");
		text(item, AM_PR_SENT_REPRESENTING_TYPE, "SMTP");
		text(item, AM_PR_SENT_REPRESENTING_ADDRESS, "carl@c.example");
		text(item, AM_PR_BODY, "words");
		when(item, AM_PR_SUBMIT_TIME, (int)depth);
		recipient(item, 1, "Ann, the first", "ann@a.example");
		recipient(item, 2, "Zoë", "zoe@z.example");
		recipient(item, 3, "Hidden", "hidden@h.example");
		if (depth == 2)
			break;
		struct am_mapi_attachment *link = am_mapi_item_attachment(item);
		am_mapi_put_int(&link->props, AM_PR_ATTACH_METHOD,
		                AM_ATTACH_BY_REFERENCE);
		am_mapi_put_text(&link->props, AM_PR_ATTACH_LONG_PATH,
		                 "\\\\server\\share\\big.doc");
		struct am_mapi_attachment *att = am_mapi_item_attachment(item);
		am_mapi_put_text(&att->props, AM_PR_DISPLAY_NAME,
		                 subjects[depth + 1]);
		att->item = am_mapi_item_new(arena);
		item = att->item;
	}
}

static void signed_mail(struct am_mapi_item *item)
{
	static const char entity[] =
		"Content-Type: multipart/signed; micalg=sha-256;\r\n"
		" protocol=\"application/pkcs7-signature\"; "
		"boundary=\"sig\"\r\n"
		"\r\n--sig\r\nContent-Type: text/plain\r\n\r\nsigned words \r\n"
		"--sig\r\nContent-Type: application/pkcs7-signature\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nMAAA\r\n--sig--\r\n";

	text(item, AM_PR_MESSAGE_CLASS, "IPM.Note.SMIME.MultipartSigned");
	text(item, AM_PR_SUBJECT, "Re: signed");
	text(item, AM_PR_TRANSPORT_HEADERS,
	     "From: ann@a.example\r\nTo: bob@b.example\r\nSubject: Re: "
	     "signed\r\nDate: Thu, 2 Jan 2020 03:10:00 +0000\r\n"
	     "Content-Type: multipart/signed\r\n");
	when(item, AM_PR_DELIVERY_TIME, 6);
	text(item, AM_PR_BODY, "signed words\r\n");
	file(item, "smime.p7m", "multipart/signed", entity, strlen(entity));
}

static void contact(struct am_mapi_item *item)
{
	uint8_t *wide;
	size_t len;

	text(item, AM_PR_MESSAGE_CLASS, "IPM.Contact");
	text(item, AM_PR_DISPLAY_NAME, "Eva Möller");
	text(item, 0x3a06, "Eva");
	text(item, 0x3a11, "Möller");
	text(item, 0x3a16, "Garden & Co; Ltd");
	wide = am_mapi_utf16_of(item->props.arena, "eva@garden.example", 18,
	                        &len);
	named(item, 0x00062004, 0x8083, AM_MAPI_STRING, wide, len);
}

static void meeting(struct am_mapi_item *item)
{
	uint8_t start[8], end[8], *wide;
	struct am_when from = at(60), to = at(120);
	size_t len;

	text(item, AM_PR_MESSAGE_CLASS, "IPM.Schedule.Meeting.Request");
	text(item, AM_PR_SUBJECT, "Planning");
	text(item, AM_PR_SENT_REPRESENTING_NAME, "Ann");
	text(item, AM_PR_SENT_REPRESENTING_ADDRESS, "ann@a.example");
	when(item, AM_PR_DELIVERY_TIME, 30);
	recipient(item, 1, "Bob", "bob@b.example");
	am_put_le64(start, am_mapi_ticks(&from));
	am_put_le64(end, am_mapi_ticks(&to));
	wide = am_mapi_utf16_of(item->props.arena, "Room 7", 6, &len);
	named(item, 0x00062002, 0x820d, AM_MAPI_TIME, start, 8);
	named(item, 0x00062002, 0x820e, AM_MAPI_TIME, end, 8);
	named(item, 0x00062002, 0x8208, AM_MAPI_STRING, wide, len);
	named(item, 0x00062008, 0x8503, AM_MAPI_BOOL, "\1", 1);
}

static const struct {
	const char *name;
	void (*fill)(struct am_mapi_item *item);
} samples[AM_TEST_MSG_COUNT] = {
	[AM_TEST_MSG_RECEIVED] = {"received", received},
	[AM_TEST_MSG_NESTED] = {"nested", nested},
	[AM_TEST_MSG_SIGNED] = {"signed", signed_mail},
	[AM_TEST_MSG_CONTACT] = {"contact", contact},
	[AM_TEST_MSG_MEETING] = {"meeting", meeting},
};

const char *am_test_msg_name(enum am_test_msg which)
{
	return samples[which].name;
}

struct am_mapi_item *am_test_msg_item(enum am_test_msg which,
                                      struct am_arena *arena)
{
	struct am_mapi_item *item = am_mapi_item_new(arena);

	samples[which].fill(item);
	return item;
}

GByteArray *am_test_msg_file(enum am_test_msg which)
{
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = am_test_msg_item(which, arena);
	struct am_blob *blob = NULL;
	GByteArray *out = g_byte_array_new();

	if (am_msg_write(&blob, item, 1 << 20, NULL, NULL))
		g_assert_not_reached();
	g_byte_array_append(out, am_blob_bytes(blob),
	                    (guint)am_blob_size(blob));
	am_blob_unref(&blob);
	am_mapi_item_clear(item);
	am_arena_free(&arena);
	return out;
}

/* ---- what the library does not write ---- */

static void narrow(struct am_cfb_write *w, uint32_t in, unsigned id,
                   const char *charset, const char *value)
{
	gsize len;
	char *bytes = g_convert(value, -1, charset, "UTF-8", NULL, &len, NULL);
	char *name = g_strdup_printf(AM_MSG_VALUE "%04X001E", id);

	g_assert(bytes);
	am_cfb_write_bytes(w, in, name, bytes, len);
	g_free(name);
	g_free(bytes);
}

/* A property of 4 bytes. */
struct number {
	uint32_t tag, value;
};

static void properties(struct am_cfb_write *w, uint32_t in, size_t head,
                       const struct number *list, size_t n)
{
	uint8_t *bytes = g_malloc0(head + n * AM_MSG_RECORD);

	for (size_t i = 0; i < n; i++) {
		struct am_msg_record record = {.tag = list[i].tag, .flags = 6};
		am_put_le32(record.value, list[i].value);
		am_msg_record_encode(&record, bytes + head + i * AM_MSG_RECORD);
	}
	am_cfb_write_bytes(w, in, AM_MSG_PROPERTIES, bytes,
	                   head + n * AM_MSG_RECORD);
	g_free(bytes);
}

static int append(void *user, const void *data, size_t len,
                  struct am_error *err)
{
	(void)err;
	g_byte_array_append(user, data, (guint)len);
	return AM_OK;
}

static GByteArray *finish(struct am_cfb_write *w)
{
	GByteArray *out = g_byte_array_new();

	if (am_cfb_write_out(w, append, out, NULL))
		g_assert_not_reached();
	am_cfb_write_free(&w);
	return out;
}

GByteArray *am_test_msg_narrow(unsigned codepage, enum am_test_msg_says says,
                               const char *subject)
{
	static const struct number locales[] = {{932, 0x411},
	                                        {1251, 0x419},
	                                        {936, 0x804},
	                                        {950, 0x404},
	                                        {1253, 0x408}};
	struct am_cfb_write *w = am_cfb_write_new();
	char *charset = g_strdup_printf("CP%u", codepage);
	struct number list[2] = {{0x0e070003, 1}, {0x3ffd0003, codepage}};
	size_t n = says == AM_TEST_SAYS_NOTHING ? 1 : 2;

	for (size_t i = 0; says == AM_TEST_SAYS_LOCALE && i < AM_COUNT(locales);
	     i++)
		if (locales[i].tag == codepage) {
			list[1].tag = 0x3ff10003;
			list[1].value = locales[i].value;
		}
	properties(w, 0, AM_MSG_TOP, list, n);
	narrow(w, 0, AM_PR_MESSAGE_CLASS, charset, "IPM.Note");
	narrow(w, 0, AM_PR_SUBJECT, charset, subject);
	narrow(w, 0, AM_PR_BODY, charset, subject);
	uint32_t row = am_cfb_write_storage(w, 0, AM_MSG_RECIPIENT "00000000");
	const struct number kind = {0x0c150003, 1};
	properties(w, row, AM_MSG_PART, &kind, 1);
	narrow(w, row, AM_PR_DISPLAY_NAME, charset, subject);
	narrow(w, row, AM_PR_EMAIL_ADDRESS, charset, "bob@b.example");
	g_free(charset);
	return finish(w);
}

GByteArray *am_test_msg_object(void)
{
	struct am_cfb_write *w = am_cfb_write_new();
	const struct number ole = {0x37050003, AM_ATTACH_OLE};
	const struct number flags = {0x0e070003, 1};

	properties(w, 0, AM_MSG_TOP, &flags, 1);
	narrow(w, 0, AM_PR_MESSAGE_CLASS, "CP1252", "IPM.Note");
	narrow(w, 0, AM_PR_SUBJECT, "CP1252", "with an object");
	uint32_t att = am_cfb_write_storage(w, 0, AM_MSG_ATTACHMENT "00000000");
	properties(w, att, AM_MSG_PART, &ole, 1);
	narrow(w, att, AM_PR_DISPLAY_NAME, "CP1252", "Drawing");
	uint32_t object = am_cfb_write_storage(w, att, AM_MSG_OBJECT);
	am_cfb_write_class(w, object, (const uint8_t *)"0123456789abcdef");
	am_cfb_write_bytes(w, object, "\001Ole", "native", 6);
	uint32_t deeper = am_cfb_write_storage(w, object, "deeper");
	char *large = g_strnfill(5000, 'o');
	am_cfb_write_bytes(w, deeper, "contents", large, 5000);
	g_free(large);
	return finish(w);
}
