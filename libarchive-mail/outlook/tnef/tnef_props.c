/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lists of MAPI properties ([MS-OXTNEF] 2.1.3.4):
 *
 *   count u32, then each: type u16, id u16,
 *   of ids from 0x8000 on the name: set (16 bytes), kind u32, then a number
 *   u32, or a length u32 and UTF-16LE up to a multiple of four;
 *   the value: of a fixed size, in four or eight bytes; else how many there
 *   are u32, and each: length u32, the bytes up to a multiple of four.
 */
#include "outlook/tnef/tnef_impl.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/bytes.h"

#include <glib.h>

#include <string.h>

enum { NAME_BYTES = 512, VALUES_MAX = 1 << 16 };

bool am_tnef_bytes(struct am_tnef_span *s, void *out, size_t len)
{
	size_t got = 0;

	if (!s->bad &&
	    (len > s->end - s->at ||
	     am_blob_read(s->blob, s->at, out, len, &got, NULL) || got != len))
		s->bad = true;
	if (s->bad)
		memset(out, 0, len);
	else
		s->at += len;
	return !s->bad;
}

uint16_t am_tnef_u16(struct am_tnef_span *s)
{
	uint8_t bytes[2];

	(void)am_tnef_bytes(s, bytes, sizeof(bytes));
	struct am_cursor c = am_cursor(bytes, sizeof(bytes));
	return am_get_le16(&c);
}

uint32_t am_tnef_u32(struct am_tnef_span *s)
{
	uint8_t bytes[4];

	(void)am_tnef_bytes(s, bytes, sizeof(bytes));
	struct am_cursor c = am_cursor(bytes, sizeof(bytes));
	return am_get_le32(&c);
}

struct am_tnef_span am_tnef_sub(struct am_tnef_span *s, uint64_t len,
                                bool padded)
{
	struct am_tnef_span sub = {s->blob, s->at, s->at, s->bad};

	if (s->bad || len > s->end - s->at) {
		s->bad = sub.bad = true;
		return sub;
	}
	sub.end = s->at + len;
	s->at = sub.end;
	/* Some writers leave the last padding out. */
	if (padded && len % 4)
		s->at += MIN(4 - len % 4, s->end - s->at);
	return sub;
}

/* How many bytes a value of a fixed size has; 0: it has none. */
static size_t fixed_size(unsigned type)
{
	return type == AM_MAPI_BOOL ? 2 : am_mapi_fixed_size(type);
}

static bool is_string(unsigned type)
{
	return type == AM_MAPI_STRING || type == AM_MAPI_STRING8;
}

/* A property being read. */
struct one {
	struct am_mapi_prop prop;
	unsigned type; /* without AM_MAPI_MULTI */
	bool several;
};

static const struct am_mapi_name *read_name(struct am_tnef *t,
                                            struct am_tnef_span *s)
{
	struct am_mapi_name *name = am_arena_alloc(t->arena, sizeof(*name));
	uint8_t text[NAME_BYTES];

	(void)am_tnef_bytes(s, name->set, sizeof(name->set));
	if (!am_tnef_u32(s)) {
		name->number = am_tnef_u32(s);
		return name;
	}
	uint32_t len = am_tnef_u32(s);
	struct am_tnef_span sub = am_tnef_sub(s, len, true);
	len = len > NAME_BYTES ? NAME_BYTES : len;
	(void)am_tnef_bytes(&sub, text, len);
	name->string = am_mapi_utf16(t->arena, text, len, NULL);
	return name;
}

/* Values of a fixed size stand in a row. */
static void read_fixed(struct am_tnef *t, struct am_tnef_span *s,
                       struct one *one, uint32_t n)
{
	size_t size = fixed_size(one->type);
	size_t own = one->type == AM_MAPI_BOOL ? 1 : size;

	if (n > (s->end - s->at) / 4) {
		s->bad = true;
		return;
	}
	uint8_t *data = am_arena_alloc(t->arena, own * n + 1);
	for (uint32_t i = 0; i < n; i++) {
		uint8_t value[16];
		struct am_tnef_span sub = am_tnef_sub(s, size, true);
		(void)am_tnef_bytes(&sub, value, size);
		memcpy(data + own * i, value, own);
	}
	one->prop.data = data;
	one->prop.len = own * n;
}

/* One of any length, here when it is small. */
static void take_bytes(struct am_tnef *t, struct am_tnef_span *sub,
                       struct am_mapi_props *to, struct one *one)
{
	uint64_t len = sub->end - sub->at;

	if (sub->bad)
		return;
	if (len > AM_TNEF_VALUE_NOW || to->held > AM_TNEF_BAG_NOW) {
		if (!am_blob_range(&one->prop.blob, sub->blob, sub->at, len,
		                   NULL))
			one->prop.size = len;
		return;
	}
	uint8_t *data = am_arena_alloc(t->arena, (size_t)len + 1);
	(void)am_tnef_bytes(sub, data, (size_t)len);
	/* Without the NUL that is counted. */
	if (one->type == AM_MAPI_STRING)
		while (len >= 2 && !data[len - 1] && !data[len - 2])
			len -= 2;
	if (one->type == AM_MAPI_STRING8)
		while (len && !data[len - 1])
			len--;
	one->prop.data = data;
	one->prop.len = (size_t)len;
}

/* Several of any length, in the form that props.h has. */
static void read_several(struct am_tnef *t, struct am_tnef_span *s,
                         struct am_mapi_props *to, struct one *one, uint32_t n)
{
	GByteArray *all = g_byte_array_new();

	if (n > VALUES_MAX || n > (s->end - s->at) / 4) {
		s->bad = true;
		n = 0;
	}
	g_byte_array_set_size(all, 4 + 4 * n);
	am_put_le32(all->data, n);
	for (uint32_t i = 0; i < n && !s->bad; i++) {
		struct am_tnef_span sub = am_tnef_sub(s, am_tnef_u32(s), true);
		struct one value = {.type = one->type};
		am_put_le32(all->data + 4 + 4 * (size_t)i, all->len);
		take_bytes(t, &sub, to, &value);
		if (value.prop.data && all->len < AM_TNEF_BAG_NOW)
			g_byte_array_append(all, value.prop.data,
			                    (guint)value.prop.len);
		am_blob_unref(&value.prop.blob);
	}
	one->prop.len = all->len;
	one->prop.data = (const uint8_t *)am_arena_strndup(
		t->arena, (const char *)all->data, all->len);
	g_byte_array_free(all, TRUE);
}

static void read_variable(struct am_tnef *t, struct am_tnef_span *s,
                          struct am_mapi_props *to, struct one *one,
                          struct am_tnef_object *object)
{
	uint32_t n = am_tnef_u32(s);

	if (one->several) {
		read_several(t, s, to, one, n);
		return;
	}
	/* One, but several were seen: the first counts. */
	for (uint32_t i = 0; i < n && !s->bad; i++) {
		struct am_tnef_span sub = am_tnef_sub(s, am_tnef_u32(s), true);
		if (i)
			continue;
		if (one->type != AM_MAPI_OBJECT) {
			take_bytes(t, &sub, to, one);
		} else if (object && !object->there &&
		           am_tnef_bytes(&sub, object->interface, 16)) {
			object->data = sub;
			object->there = true;
		}
	}
}

/* false: the rest cannot be read. */
static bool read_prop(struct am_tnef *t, struct am_tnef_span *s,
                      struct am_mapi_props *to, struct am_tnef_object *object)
{
	uint16_t type = am_tnef_u16(s), id = am_tnef_u16(s);
	struct one one = {.type = type & ~(unsigned)AM_MAPI_MULTI,
	                  .several = type & AM_MAPI_MULTI,
	                  .prop.tag = (uint32_t)id << 16 | type};

	if (id >= 0x8000) {
		one.prop.name = read_name(t, s);
		one.prop.tag = type;
	}
	if (fixed_size(one.type))
		read_fixed(t, s, &one, one.several ? am_tnef_u32(s) : 1);
	else if (is_string(one.type) || one.type == AM_MAPI_BINARY ||
	         one.type == AM_MAPI_OBJECT)
		read_variable(t, s, to, &one, object);
	else if (one.type > 1) /* unspecified and null have no value */
		s->bad = true;
	if (s->bad)
		am_tnef_damage(t,
		               "property 0x%04x%04x at %" PRIu64
		               " cannot be read, nor those behind it",
		               id, type, s->at);
	if (!s->bad && (one.prop.data || one.prop.blob)) {
		am_mapi_props_add(to, &one.prop);
		t->n_props++;
	} else {
		am_blob_unref(&one.prop.blob);
	}
	return !s->bad;
}

void am_tnef_props(struct am_tnef *t, struct am_tnef_span *s,
                   struct am_mapi_props *to, struct am_tnef_object *object)
{
	uint32_t n = am_tnef_u32(s);

	for (uint32_t i = 0; i < n; i++) {
		if (to->n >= AM_TNEF_BAG_MAX || t->n_props >= AM_TNEF_ALL_MAX) {
			am_tnef_damage(t, "more properties than are looked at");
			s->bad = true;
			return;
		}
		if (!read_prop(t, s, to, object))
			return;
	}
}
