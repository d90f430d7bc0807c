/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/mapi/props.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/charset.h"

#include <stdlib.h>
#include <string.h>

void am_mapi_props_init(struct am_mapi_props *props, struct am_arena *arena)
{
	*props = (struct am_mapi_props){.arena = arena, .codepage = 1252};
}

void am_mapi_props_add(struct am_mapi_props *props,
                       const struct am_mapi_prop *prop)
{
	if (props->n == props->room) {
		size_t room = props->room ? 2 * props->room : 32;
		struct am_mapi_prop *list =
			am_arena_alloc(props->arena, room * sizeof(*list));
		if (props->n)
			memcpy(list, props->list, props->n * sizeof(*list));
		props->list = list;
		props->room = room;
	}
	props->list[props->n++] = *prop;
	props->held += prop->data ? prop->len : 0;
}

size_t am_mapi_fixed_size(unsigned type)
{
	switch (type) {
	case AM_MAPI_BOOL:
		return 1;
	case AM_MAPI_I2:
		return 2;
	case AM_MAPI_I4:
	case AM_MAPI_R4:
	case AM_MAPI_ERROR:
		return 4;
	case AM_MAPI_R8:
	case AM_MAPI_CURRENCY:
	case AM_MAPI_APPTIME:
	case AM_MAPI_I8:
	case AM_MAPI_TIME:
		return 8;
	case AM_MAPI_GUID:
		return 16;
	default:
		return 0;
	}
}

static int by_tag(const void *a, const void *b)
{
	uint32_t x = ((const struct am_mapi_prop *)a)->tag;
	uint32_t y = ((const struct am_mapi_prop *)b)->tag;

	return x < y ? -1 : x > y;
}

void am_mapi_props_sort(struct am_mapi_props *props)
{
	enum { FEW = 64 };
	struct am_mapi_prop *list = props->list;

	/* As a store has them, they are in order already; as they are made, a
	 * few at the end are not. */
	for (size_t i = 1; i < props->n; i++) {
		if (list[i - 1].tag <= list[i].tag)
			continue;
		if (props->n > FEW) {
			qsort(list, props->n, sizeof(*list), by_tag);
			return;
		}
		const struct am_mapi_prop one = list[i];
		size_t at = i;
		for (; at && list[at - 1].tag > one.tag; at--)
			list[at] = list[at - 1];
		list[at] = one;
	}
}

const struct am_mapi_prop *am_mapi_find(const struct am_mapi_props *props,
                                        unsigned id)
{
	size_t low = 0, high = props->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (props->list[mid].tag >> 16 < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low < props->n && props->list[low].tag >> 16 == id
	               ? &props->list[low]
	               : NULL;
}

bool am_mapi_int(const struct am_mapi_props *props, unsigned id, int64_t *out)
{
	const struct am_mapi_prop *p = am_mapi_find(props, id);

	if (!p || !p->data)
		return false;
	struct am_cursor c = am_cursor(p->data, p->len);
	int64_t value;
	switch (am_mapi_type_of(p)) {
	case AM_MAPI_I2:
		value = (int16_t)am_get_le16(&c);
		break;
	case AM_MAPI_I4:
	case AM_MAPI_ERROR:
		value = (int32_t)am_get_le32(&c);
		break;
	case AM_MAPI_I8:
	case AM_MAPI_CURRENCY:
		value = (int64_t)am_get_le64(&c);
		break;
	case AM_MAPI_BOOL:
		value = am_get_u8(&c) != 0;
		break;
	default:
		return false;
	}
	if (!c.bad)
		*out = value;
	return !c.bad;
}

bool am_mapi_bool(const struct am_mapi_props *props, unsigned id)
{
	int64_t value = 0;

	return am_mapi_int(props, id, &value) && value;
}

struct am_when am_mapi_filetime(uint64_t ticks)
{
	const int64_t epoch = INT64_C(11644473600);
	struct am_when when = {0};

	/* 0 and the far end (4501 and later) stand for "none". */
	if (ticks && ticks < UINT64_C(0x0cb34557a3dd4000)) {
		when.sec = (int64_t)(ticks / 10000000) - epoch;
		when.known = true;
	}
	return when;
}

bool am_mapi_time(const struct am_mapi_props *props, unsigned id,
                  struct am_when *out)
{
	const struct am_mapi_prop *p = am_mapi_find(props, id);

	if (!p || !p->data || am_mapi_type_of(p) != AM_MAPI_TIME)
		return false;
	struct am_cursor c = am_cursor(p->data, p->len);
	struct am_when when = am_mapi_filetime(am_get_le64(&c));
	if (!c.bad && when.known)
		*out = when;
	return !c.bad && when.known;
}

static size_t put_utf8(char *to, uint32_t ch)
{
	if (ch < 0x80) {
		to[0] = (char)ch;
		return 1;
	}
	if (ch < 0x800) {
		to[0] = (char)(0xc0 | ch >> 6);
		to[1] = (char)(0x80 | (ch & 0x3f));
		return 2;
	}
	if (ch < 0x10000) {
		to[0] = (char)(0xe0 | ch >> 12);
		to[1] = (char)(0x80 | (ch >> 6 & 0x3f));
		to[2] = (char)(0x80 | (ch & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | ch >> 18);
	to[1] = (char)(0x80 | (ch >> 12 & 0x3f));
	to[2] = (char)(0x80 | (ch >> 6 & 0x3f));
	to[3] = (char)(0x80 | (ch & 0x3f));
	return 4;
}

/* ASCII at the front, four characters at a time; NULs are none of it. */
static size_t take_ascii(char *to, const uint8_t *from, size_t len)
{
	const uint64_t seven = UINT64_C(0x007f007f007f007f);
	const uint64_t eighth = UINT64_C(0x0080008000800080);
	size_t n = 0;

	for (; len - 2 * n >= 8; n += 4) {
		struct am_cursor c = am_cursor(from + 2 * n, 8);
		uint64_t four = am_get_le64(&c);
		/* With 0x7f more, all but NUL have the eighth bit. */
		if (four & ~seven || ~(four + seven) & eighth)
			break;
		for (unsigned i = 0; i < 4; i++)
			to[n + i] = (char)(four >> 16 * i);
	}
	return n;
}

char *am_mapi_utf16(struct am_arena *arena, const uint8_t *data, size_t len,
                    size_t *out_len)
{
	struct am_cursor c = am_cursor(data, len & ~(size_t)1);
	char *out, *to;

	while (am_cursor_left(&c) && !c.end[-1] && !c.end[-2])
		c.end -= 2;
	out = to = am_arena_alloc(arena, am_cursor_left(&c) / 2 * 3 + 1);
	while (am_cursor_left(&c)) {
		size_t n = take_ascii(to, c.at, am_cursor_left(&c));
		to += n;
		c.at += 2 * n;
		if (!am_cursor_left(&c))
			break;
		uint32_t ch = am_get_le16(&c);
		struct am_cursor next = c;
		if (ch >= 0xd800 && ch < 0xdc00 && am_cursor_left(&c)) {
			uint32_t low = am_get_le16(&next);
			if (low >= 0xdc00 && low < 0xe000) {
				ch = 0x10000 + ((ch - 0xd800) << 10) +
				     (low - 0xdc00);
				c = next;
			}
		}
		if (!ch || (ch >= 0xd800 && ch < 0xe000))
			ch = 0xfffd;
		to += put_utf8(to, ch);
	}
	*to = '\0';
	if (out_len)
		*out_len = (size_t)(to - out);
	return out;
}

static const char *text_of(const struct am_mapi_props *props, unsigned type,
                           const uint8_t *data, size_t len)
{
	size_t got;

	if (type == AM_MAPI_STRING)
		return am_mapi_utf16(props->arena, data, len, &got);
	while (len && !data[len - 1])
		len--;
	char *text = am_charset_to_utf8(props->arena,
	                                am_mapi_charset(props->codepage),
	                                (const char *)data, len, &got);
	if (memchr(text, 0, got))
		text = am_utf8_repair(props->arena, text, got);
	return text;
}

const char *am_mapi_prop_text(const struct am_mapi_props *props,
                              const struct am_mapi_prop *prop)
{
	unsigned type = prop ? am_mapi_type_of(prop) : 0;

	if (!prop || !prop->data ||
	    (type != AM_MAPI_STRING && type != AM_MAPI_STRING8))
		return NULL;
	return text_of(props, type, prop->data, prop->len);
}

const char *am_mapi_text(const struct am_mapi_props *props, unsigned id)
{
	return am_mapi_prop_text(props, am_mapi_find(props, id));
}

/* count u32, offsets u32 x count from the start, the values. */
bool am_mapi_multi_at(const struct am_mapi_prop *prop, size_t i,
                      const uint8_t **out, size_t *len)
{
	if (!prop->data)
		return false;
	struct am_cursor c = am_cursor(prop->data, prop->len);
	size_t n = am_get_le32(&c);
	if (c.bad || i >= n || n > am_cursor_left(&c) / 4)
		return false;
	c.at += 4 * i;
	size_t from = am_get_le32(&c);
	size_t to = i + 1 < n ? am_get_le32(&c) : prop->len;
	if (from > to || to > prop->len)
		return false;
	*out = prop->data + from;
	*len = to - from;
	return true;
}

const char *am_mapi_text_at(const struct am_mapi_props *props,
                            const struct am_mapi_prop *prop, size_t i)
{
	unsigned type = am_mapi_type_of(prop);
	const uint8_t *data;
	size_t len;

	if (!(type & AM_MAPI_MULTI))
		return i ? NULL : am_mapi_prop_text(props, prop);
	type &= ~(unsigned)AM_MAPI_MULTI;
	if ((type != AM_MAPI_STRING && type != AM_MAPI_STRING8) ||
	    !am_mapi_multi_at(prop, i, &data, &len))
		return NULL;
	return text_of(props, type, data, len);
}
