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
