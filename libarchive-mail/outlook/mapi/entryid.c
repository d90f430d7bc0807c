/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One-off: flags u32, provider 16 bytes, version u16, flags u16 (0x8000: the
 * strings are UTF-16), then name, type and address, each with its NUL.
 * List: count u32, bytes u32; of each: size u32, the id, padding to 4.
 */
#include "outlook/mapi/entryid.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/charset.h"
#include "outlook/mapi/item.h"

#include <string.h>

static const uint8_t one_off[16] = {0x81, 0x2b, 0x1f, 0xa4, 0xbe, 0xa3,
                                    0x10, 0x19, 0x9d, 0x6e, 0x00, 0xdd,
                                    0x01, 0x0f, 0x54, 0x02};

/* Up to its NUL, which must be there. */
static const char *take_string(const struct am_mapi_props *props,
                               struct am_cursor *c, bool wide)
{
	const uint8_t *from = c->at;
	size_t unit = wide ? 2 : 1, len = 0, got;

	while (am_cursor_left(c) >= len + unit &&
	       (from[len] || (wide && from[len + 1])))
		len += unit;
	if (!am_get_bytes(c, len + unit))
		return NULL;
	if (wide)
		return am_mapi_utf16(props->arena, from, len, NULL);
	return am_charset_to_utf8(props->arena,
	                          am_mapi_charset(props->codepage),
	                          (const char *)from, len, &got);
}

bool am_mapi_one_off(const struct am_mapi_props *props, const uint8_t *data,
                     size_t len, struct am_mapi_person *out)
{
	struct am_cursor c = am_cursor(data, len);

	(void)am_get_le32(&c);
	const uint8_t *provider = am_get_bytes(&c, sizeof(one_off));
	(void)am_get_le16(&c);
	bool wide = am_get_le16(&c) & 0x8000;
	if (c.bad || memcmp(provider, one_off, sizeof(one_off)) != 0)
		return false;
	out->name = take_string(props, &c, wide);
	out->type = out->name ? take_string(props, &c, wide) : NULL;
	out->address = out->type ? take_string(props, &c, wide) : NULL;
	return out->address != NULL;
}

bool am_mapi_entry_at(const uint8_t *list, size_t len, size_t i,
                      const uint8_t **out, size_t *out_len)
{
	struct am_cursor c = am_cursor(list, len);
	uint32_t n = am_get_le32(&c);

	(void)am_get_le32(&c);
	if (c.bad || i >= n)
		return false;
	for (size_t k = 0;; k++) {
		uint32_t size = am_get_le32(&c);
		const uint8_t *id = am_get_bytes(&c, size);
		if (!id || c.bad)
			return false;
		if (k == i) {
			*out = id;
			*out_len = size;
			return true;
		}
		if (size % 4 && !am_get_bytes(&c, 4 - size % 4))
			return false;
	}
}

/* ---- making them ---- */

static uint8_t *put_wide(uint8_t *to, struct am_arena *arena, const char *text)
{
	size_t len;
	const uint8_t *wide = am_mapi_utf16_of(arena, text, strlen(text), &len);

	if (len)
		memcpy(to, wide, len);
	return to + len + 2; /* its NUL: the arena is zeroed */
}

uint8_t *am_mapi_one_off_of(struct am_arena *arena, const char *name,
                            const char *address, size_t *len)
{
	size_t room = 24 + 2 * (strlen(name) + strlen(address) + 7);
	uint8_t *id = am_arena_alloc(arena, room), *to = id + 24;

	memcpy(id + 4, one_off, sizeof(one_off));
	am_put_le16(id + 22, 0x8001); /* UTF-16, plain text not wished */
	to = put_wide(to, arena, name);
	to = put_wide(to, arena, "SMTP");
	to = put_wide(to, arena, address);
	*len = (size_t)(to - id);
	return id;
}

GByteArray *am_mapi_entry_list_new(void)
{
	static const uint8_t zero[8];
	GByteArray *list = g_byte_array_new();

	g_byte_array_append(list, zero, sizeof(zero));
	return list;
}

void am_mapi_entry_list_add(GByteArray *list, const uint8_t *id, size_t len)
{
	static const uint8_t zero[4];
	struct am_cursor c = am_cursor(list->data, list->len);
	uint32_t n = am_get_le32(&c);
	uint8_t size[4];

	am_put_le32(size, (uint32_t)len);
	g_byte_array_append(list, size, 4);
	g_byte_array_append(list, id, (guint)len);
	g_byte_array_append(list, zero, (guint)(-len & 3));
	am_put_le32(list->data, n + 1);
	am_put_le32(list->data + 4, list->len - 8);
}
