/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Documents of Office 97 to 2003, as little of them as has text. */
#include "base/bytes.h"
#include "outlook/cfb/cfb_write.h"
#include "support/document_sample.h"

#include <string.h>

static int append(void *user, const void *data, size_t len,
                  struct am_error *err)
{
	(void)err;
	g_byte_array_append(user, data, (guint)len);
	return AM_OK;
}

GByteArray *am_test_cfb(const char *first, const void *data, size_t len,
                        const char *second, const void *data2, size_t len2)
{
	struct am_cfb_write *w = am_cfb_write_new();
	GByteArray *out = g_byte_array_new();

	am_cfb_write_bytes(w, 0, first, data, len);
	if (second)
		am_cfb_write_bytes(w, 0, second, data2, len2);
	if (am_cfb_write_out(w, append, out, NULL))
		g_assert_not_reached();
	am_cfb_write_free(&w);
	return out;
}

static void put(GByteArray *out, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++) {
		uint8_t b = (uint8_t)(i < 8 ? value >> (8 * i) : 0);
		g_byte_array_append(out, &b, 1);
	}
}

/* ASCII as UTF-16LE. */
static void put_wide(GByteArray *out, const char *text)
{
	for (; *text; text++)
		put(out, (uint8_t)*text, 2);
}

/* [MS-DOC]: a piece of one byte a character, then a wide one: " (wide)". */
GByteArray *am_test_doc(const char *text)
{
	static const char field[] = " \023HYPERLINK code\024shown\025";
	static const char wide[] = " (wide)";
	GByteArray *doc = g_byte_array_new(), *table = g_byte_array_new();
	char *all = g_strconcat(text, field, NULL);
	uint32_t n = (uint32_t)strlen(all), at = 512;

	g_byte_array_set_size(doc, at);
	memset(doc->data, 0, at);
	am_put_le16(doc->data, 0xa5ec);
	am_put_le16(doc->data + 2, 0xc1);
	am_put_le16(doc->data + 0xa, 0x0200);
	am_put_le32(doc->data + 0x1a2, 5); /* the Clx */
	g_byte_array_append(doc, (const guint8 *)all, n);
	put_wide(doc, wide);
	put(table, 0, 5);
	put(table, 1, 1); /* a Prc */
	put(table, 3, 2);
	put(table, 0xabcdef, 3);
	put(table, 2, 1); /* the Pcdt */
	put(table, 3 * 4 + 2 * 8, 4);
	put(table, 0, 4);
	put(table, n, 4);
	put(table, n + strlen(wide), 4);
	put(table, 0, 2);
	put(table, at * 2 | 0x40000000, 4);
	put(table, 0, 2);
	put(table, 0, 2);
	put(table, at + n, 4);
	put(table, 0, 2);
	am_put_le32(doc->data + 0x1a6, table->len - 5);
	GByteArray *out = am_test_cfb("WordDocument", doc->data, doc->len,
	                              "1Table", table->data, table->len);
	g_byte_array_unref(doc);
	g_byte_array_unref(table);
	g_free(all);
	return out;
}

static void record(GByteArray *out, unsigned type, const GByteArray *data)
{
	put(out, type, 2);
	put(out, data->len, 2);
	g_byte_array_append(out, data->data, data->len);
}

/* [MS-XLS]: a shared string that a CONTINUE cuts, and numbers. */
GByteArray *am_test_xls(const char *text)
{
	GByteArray *book = g_byte_array_new(), *r = g_byte_array_new();
	size_t n = strlen(text), half = n / 2;

	put(r, 0x0600, 2); /* BOF */
	put(r, 5, 2);
	record(book, 0x809, r);
	g_byte_array_set_size(r, 0);
	put(r, 0, 6); /* BOUNDSHEET */
	put(r, 5, 1);
	put(r, 0, 1);
	g_byte_array_append(r, (const guint8 *)"Sheet", 5);
	record(book, 0x85, r);
	g_byte_array_set_size(r, 0);
	put(r, 2, 4); /* SST */
	put(r, 2, 4);
	put(r, n, 2);
	put(r, 0, 1);
	g_byte_array_append(r, (const guint8 *)text, (guint)half);
	record(book, 0xfc, r);
	g_byte_array_set_size(r, 0);
	put(r, 1, 1); /* CONTINUE, wide from here */
	put_wide(r, text + half);
	put(r, 3, 2); /* a string with formats */
	put(r, 8, 1);
	put(r, 1, 2);
	g_byte_array_append(r, (const guint8 *)"two", 3);
	put(r, 0, 4);
	record(book, 0x3c, r);
	g_byte_array_set_size(r, 0);
	put(r, 0, 6); /* RK: 12.34 */
	put(r, 1234u << 2 | 3, 4);
	record(book, 0x27e, r);
	g_byte_array_set_size(r, 0);
	put(r, 0, 6); /* NUMBER: 0.5 */
	put(r, UINT64_C(0x3fe0000000000000), 8);
	record(book, 0x203, r);
	GByteArray *out =
		am_test_cfb("Workbook", book->data, book->len, NULL, NULL, 0);
	g_byte_array_unref(book);
	g_byte_array_unref(r);
	return out;
}

/* [MS-PPT]: the text, wide, in two containers, and once more in bytes. */
GByteArray *am_test_ppt(const char *text)
{
	GByteArray *doc = g_byte_array_new();
	uint32_t n = (uint32_t)strlen(text);

	put(doc, 0xf, 2);
	put(doc, 1000, 2);
	put(doc, 8 + 8 + 2 * n, 4);
	put(doc, 0xf, 2);
	put(doc, 4080, 2);
	put(doc, 8 + 2 * n, 4);
	put(doc, 0, 2);
	put(doc, 4000, 2);
	put(doc, 2 * n, 4);
	put_wide(doc, text);
	put(doc, 0, 2);
	put(doc, 4008, 2);
	put(doc, 9, 4);
	g_byte_array_append(doc, (const guint8 *)"in\rbytes!", 9);
	GByteArray *out = am_test_cfb("PowerPoint Document", doc->data,
	                              doc->len, NULL, NULL, 0);
	g_byte_array_unref(doc);
	return out;
}
