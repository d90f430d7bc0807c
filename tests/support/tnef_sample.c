/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/tnef_sample.h"

#include "outlook/mapi/props.h"
#include "outlook/tnef/tnef_layout.h"

#include <string.h>

static void put32(GByteArray *to, uint32_t value)
{
	uint8_t bytes[4];

	am_put_le32(bytes, value);
	g_byte_array_append(to, bytes, sizeof(bytes));
}

static void put(GByteArray *to, const void *data, size_t len)
{
	static const uint8_t zeros[4];

	g_byte_array_append(to, data, (guint)len);
	g_byte_array_append(to, zeros, (guint)(len % 4 ? 4 - len % 4 : 0));
}

static void begin(GByteArray *to)
{
	put32(to, AM_TNEF_SIGNATURE);
	g_byte_array_append(to, (const uint8_t *)"\1", 2);
}

static void attribute(GByteArray *to, enum am_tnef_level level, uint32_t id,
                      const void *data, size_t len)
{
	const struct am_tnef_attribute a = {(uint8_t)level, id, (uint32_t)len};
	uint8_t bytes[AM_TNEF_ATTRIBUTE], sum[2];
	uint16_t n = 0;

	am_tnef_attribute_encode(&a, bytes);
	g_byte_array_append(to, bytes, sizeof(bytes));
	g_byte_array_append(to, data, (guint)len);
	for (size_t i = 0; i < len; i++)
		n = (uint16_t)(n + ((const uint8_t *)data)[i]);
	am_put_le16(sum, n);
	g_byte_array_append(to, sum, sizeof(sum));
}

/* The list of properties as an attribute; it is freed. */
static void list(GByteArray *to, enum am_tnef_level level, uint32_t id,
                 GByteArray *props)
{
	attribute(to, level, id, props->data, props->len);
	g_byte_array_free(props, TRUE);
}

static GByteArray *props(uint32_t n)
{
	GByteArray *list = g_byte_array_new();

	put32(list, n);
	return list;
}

static void number(GByteArray *to, uint32_t tag, uint32_t value)
{
	put32(to, tag);
	put32(to, value);
}

static void bytes(GByteArray *to, uint32_t tag, const void *data, size_t len)
{
	put32(to, tag);
	put32(to, 1);
	put32(to, (uint32_t)len);
	put(to, data, len);
}

static void wide(GByteArray *to, const char *text)
{
	glong n = 0;
	gunichar2 *units = g_utf8_to_utf16(text, -1, NULL, &n, NULL);
	GByteArray *all = g_byte_array_new();
	uint8_t unit[2];

	for (glong i = 0; i <= n; i++) {
		am_put_le16(unit, units[i]);
		g_byte_array_append(all, unit, 2);
	}
	put32(to, all->len);
	put(to, all->data, all->len);
	g_byte_array_free(all, TRUE);
	g_free(units);
}

static void text(GByteArray *to, unsigned id, const char *value)
{
	put32(to, (uint32_t)id << 16 | AM_MAPI_STRING);
	put32(to, 1);
	wide(to, value);
}

/* Two words under the name Keywords, and a number under 0x8503. */
static void named(GByteArray *to)
{
	static const uint8_t strings[] = {0x29, 3, 2, 0, 0, 0, 0, 0,
	                                  0xc0, 0, 0, 0, 0, 0, 0, 0x46};
	static const uint8_t common[] = {8,    0x20, 6, 0, 0, 0, 0, 0,
	                                 0xc0, 0,    0, 0, 0, 0, 0, 0x46};

	put32(to, 0x80010000 | AM_MAPI_MULTI | AM_MAPI_STRING);
	put(to, strings, 16);
	put32(to, 1);
	wide(to, "Keywords");
	put32(to, 2);
	wide(to, "rot");
	wide(to, "größer");
	put32(to, 0x80020000 | AM_MAPI_BOOL);
	put(to, common, 16);
	put32(to, 0);
	put32(to, 0x8503);
	put32(to, 1);
}

static void object(GByteArray *to, uint32_t first, const void *data, size_t len)
{
	uint8_t interface[16] = {0,    0, 0, 0, 0, 0, 0, 0,
	                         0xc0, 0, 0, 0, 0, 0, 0, 0x46};
	GByteArray *all = g_byte_array_new();

	am_put_le32(interface, first);
	g_byte_array_append(all, interface, sizeof(interface));
	g_byte_array_append(all, data, (guint)len);
	bytes(to, 0x37010000 | AM_MAPI_OBJECT, all->data, all->len);
	g_byte_array_free(all, TRUE);
}

static void rendering(GByteArray *to, uint8_t kind)
{
	const uint8_t data[14] = {kind};

	attribute(to, AM_TNEF_ATTACHMENT, AM_TNEF_RENDERING, data,
	          sizeof(data));
}

static GByteArray *inner_message(void)
{
	GByteArray *to = g_byte_array_new(), *p = props(3);

	begin(to);
	text(p, 0x001a, "IPM.Note");
	text(p, 0x0037, "the one within");
	text(p, 0x1000, "inner words");
	list(to, AM_TNEF_MESSAGE, AM_TNEF_MESSAGE_PROPS, p);
	rendering(to, 1);
	attribute(to, AM_TNEF_ATTACHMENT, AM_TNEF_TITLE, "deep.txt", 9);
	attribute(to, AM_TNEF_ATTACHMENT, AM_TNEF_DATA, "deep bytes", 10);
	return to;
}

GByteArray *am_test_tnef_text(void)
{
	return inner_message();
}

GByteArray *am_test_tnef(void)
{
	static const uint8_t codepage[8] = {0xe4, 4}; /* 1252 */
	static const uint8_t date[14] = {0xe4, 7, 1, 0, 2, 0, 3,
	                                 0,    4, 0, 5, 0, 4, 0};
	static const char from[] = "\4\0\0\0\4\0\23\0Ann\0SMTP:ann@a.example";
	GByteArray *to = g_byte_array_new(), *p;
	GByteArray *inner = inner_message();

	begin(to);
	attribute(to, AM_TNEF_MESSAGE, AM_TNEF_VERSION, "\0\0\1\0", 4);
	attribute(to, AM_TNEF_MESSAGE, AM_TNEF_CODEPAGE, codepage, 8);
	attribute(to, AM_TNEF_MESSAGE, AM_TNEF_CLASS, "IPM.Microsoft Mail.Note",
	          24);
	attribute(to, AM_TNEF_MESSAGE, AM_TNEF_FROM, from, sizeof(from));
	attribute(to, AM_TNEF_MESSAGE, AM_TNEF_SUBJECT,
	          "Gr\xfc\xdf"
	          "e",
	          6);
	attribute(to, AM_TNEF_MESSAGE, AM_TNEF_DATE_SENT, date, 14);
	attribute(to, AM_TNEF_MESSAGE, AM_TNEF_PRIORITY, "\1\0", 2);
	p = props(4);
	bytes(p, 0x10130000 | AM_MAPI_BINARY, "<p>rich words</p>", 17);
	number(p, 0x3fde0003, 65001);
	named(p);
	list(to, AM_TNEF_MESSAGE, AM_TNEF_MESSAGE_PROPS, p);
	p = g_byte_array_new();
	put32(p, 1); /* row of three */
	put32(p, 3);
	number(p, 0x0c150003, 1);
	text(p, 0x3001, "Bob");
	text(p, 0x3003, "bob@b.example");
	list(to, AM_TNEF_MESSAGE, AM_TNEF_RECIPIENTS, p);
	rendering(to, 1);
	attribute(to, AM_TNEF_ATTACHMENT, AM_TNEF_TITLE, "LISTE~1.TXT", 12);
	attribute(to, AM_TNEF_ATTACHMENT, AM_TNEF_DATA, "file bytes", 10);
	p = props(1);
	text(p, 0x3707, "Liste für Bob.txt");
	list(to, AM_TNEF_ATTACHMENT, AM_TNEF_ATTACHMENT_PROPS, p);
	rendering(to, 2);
	p = props(2);
	text(p, 0x3001, "Drawing");
	object(p, 0x0b, "OLE bytes", 9);
	list(to, AM_TNEF_ATTACHMENT, AM_TNEF_ATTACHMENT_PROPS, p);
	rendering(to, 1);
	p = props(2);
	number(p, 0x37050003, 5);
	object(p, 0x00020307, inner->data, inner->len);
	list(to, AM_TNEF_ATTACHMENT, AM_TNEF_ATTACHMENT_PROPS, p);
	g_byte_array_free(inner, TRUE);
	return to;
}

char *am_test_tnef_base64(const GByteArray *tnef)
{
	char *flat = g_base64_encode(tnef->data, tnef->len);
	GString *out = g_string_new(NULL);

	for (const char *p = flat; *p; p += MIN(strlen(p), 76))
		g_string_append_printf(out, "%.76s\r\n", p);
	g_free(flat);
	return g_string_free(out, FALSE);
}
