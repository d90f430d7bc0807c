/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/mapi/item.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/bytes.h"
#include "base/utf8.h"

#include <endian.h>
#include <string.h>

struct am_mapi_item *am_mapi_item_new(struct am_arena *arena)
{
	struct am_mapi_item *item = am_arena_alloc(arena, sizeof(*item));

	memset(item, 0, sizeof(*item));
	am_mapi_props_init(&item->props, arena);
	return item;
}

/* Lists grow where their length is a power of two. */
static void *one_more(struct am_arena *arena, void *list, size_t *n,
                      size_t width)
{
	if (!(*n & (*n - 1))) {
		uint8_t *more =
			am_arena_alloc(arena, (*n ? 2 * *n : 1) * width);
		if (*n)
			memcpy(more, list, *n * width);
		list = more;
	}
	memset((uint8_t *)list + *n * width, 0, width);
	++*n;
	return list;
}

struct am_mapi_props *am_mapi_item_recipient(struct am_mapi_item *item)
{
	struct am_arena *arena = item->props.arena;

	item->recipients =
		one_more(arena, item->recipients, &item->n_recipients,
	                 sizeof(*item->recipients));
	struct am_mapi_props *one = &item->recipients[item->n_recipients - 1];
	am_mapi_props_init(one, arena);
	return one;
}

struct am_mapi_attachment *am_mapi_item_attachment(struct am_mapi_item *item)
{
	struct am_arena *arena = item->props.arena;

	item->attachments =
		one_more(arena, item->attachments, &item->n_attachments,
	                 sizeof(*item->attachments));
	struct am_mapi_attachment *one =
		&item->attachments[item->n_attachments - 1];
	am_mapi_props_init(&one->props, arena);
	return one;
}

static void clear_props(struct am_mapi_props *props)
{
	for (size_t i = 0; i < props->n; i++)
		am_blob_unref(&props->list[i].blob);
}

void am_mapi_item_clear(struct am_mapi_item *item)
{
	clear_props(&item->props);
	for (size_t i = 0; i < item->n_recipients; i++)
		clear_props(&item->recipients[i]);
	for (size_t i = 0; i < item->n_attachments; i++) {
		struct am_mapi_attachment *att = &item->attachments[i];
		clear_props(&att->props);
		am_blob_unref(&att->data);
		if (att->item)
			am_mapi_item_clear(att->item);
	}
}

static void put(struct am_mapi_props *props, uint32_t tag,
                const struct am_mapi_name *name, const void *data, size_t len)
{
	const struct am_mapi_prop prop = {
		.tag = tag, .name = name, .data = data, .len = len};

	am_mapi_props_add(props, &prop);
}

static uint32_t tag_of(unsigned id, unsigned type)
{
	return (uint32_t)id << 16 | type;
}

void am_mapi_put_int(struct am_mapi_props *props, unsigned id, int32_t value)
{
	uint8_t *data = am_arena_alloc(props->arena, 4);

	am_put_le32(data, (uint32_t)value);
	put(props, tag_of(id, AM_MAPI_I4), NULL, data, 4);
}

void am_mapi_put_bool(struct am_mapi_props *props, unsigned id, bool value)
{
	put(props, tag_of(id, AM_MAPI_BOOL), NULL, value ? "\1" : "\0", 1);
}

uint64_t am_mapi_ticks(const struct am_when *when)
{
	const int64_t epoch = INT64_C(11644473600);

	if (!when->known || when->sec < -epoch ||
	    when->sec > INT64_C(79870000000)) /* the year 4501 means "none" */
		return 0;
	return (uint64_t)(when->sec + epoch) * 10000000;
}

void am_mapi_put_time(struct am_mapi_props *props, unsigned id,
                      const struct am_when *when)
{
	uint64_t ticks = am_mapi_ticks(when);

	if (!ticks)
		return;
	uint8_t *data = am_arena_alloc(props->arena, 8);
	am_put_le64(data, ticks);
	put(props, tag_of(id, AM_MAPI_TIME), NULL, data, 8);
}

/* One character of UTF-8 as a number; bytes that are none are U+FFFD. */
static uint32_t character(const char *s, size_t len, size_t *step)
{
	static const uint8_t first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t c;

	*step = am_utf8_step(s, len);
	if (!*step) {
		*step = 1;
		return 0xfffd;
	}
	c = (uint8_t)s[0] & first[*step];
	for (size_t i = 1; i < *step; i++)
		c = c << 6 | ((uint8_t)s[i] & 0x3f);
	return c;
}

/* ASCII, many letters at a time. */
static uint8_t *widen(uint8_t *to, const char *text, size_t len)
{
	enum { MANY = 32 };

	/* So many and no other number: a compiler has wide registers for
	 * them. */
	for (; len >= MANY; text += MANY, len -= MANY, to += 2 * MANY) {
		uint16_t wide[MANY];
		for (unsigned i = 0; i < MANY; i++)
			wide[i] = htole16((uint8_t)text[i]);
		memcpy(to, wide, sizeof(wide));
	}
	for (; len >= 4; text += 4, len -= 4, to += 8) {
		const uint8_t *s = (const uint8_t *)text;
		uint64_t four =
			htole64((uint64_t)s[0] | (uint64_t)s[1] << 16 |
		                (uint64_t)s[2] << 32 | (uint64_t)s[3] << 48);
		memcpy(to, &four, sizeof(four));
	}
	for (; len; text++, len--, to += 2)
		am_put_le16(to, (uint8_t)*text);
	return to;
}

uint8_t *am_mapi_utf16_of(struct am_arena *arena, const char *text, size_t len,
                          size_t *out_len)
{
	uint8_t *out = am_arena_room(arena, 2 * len + 1), *to = out;
	size_t step;

	for (size_t i = 0; i < len; i += step) {
		step = am_utf8_ascii(text + i, len - i);
		to = widen(to, text + i, step);
		i += step;
		if (i == len)
			break;
		uint32_t c = character(text + i, len - i, &step);
		if (c > 0xffff) {
			am_put_le16(to, (uint16_t)(0xd7c0 + (c >> 10)));
			to += 2;
			c = 0xdc00 + (c & 0x3ff);
		}
		am_put_le16(to, (uint16_t)c);
		to += 2;
	}
	*out_len = (size_t)(to - out);
	return out;
}

void am_mapi_put_text_n(struct am_mapi_props *props, unsigned id,
                        const char *text, size_t len)
{
	size_t wide;
	const uint8_t *data = am_mapi_utf16_of(props->arena, text, len, &wide);

	put(props, tag_of(id, AM_MAPI_STRING), NULL, data, wide);
}

void am_mapi_put_text(struct am_mapi_props *props, unsigned id,
                      const char *text)
{
	if (text)
		am_mapi_put_text_n(props, id, text, strlen(text));
}

void am_mapi_put_binary(struct am_mapi_props *props, unsigned id,
                        const void *data, size_t len)
{
	const uint8_t *copy = (const uint8_t *)am_arena_strndup(
		props->arena, (const char *)data, len);

	put(props, tag_of(id, AM_MAPI_BINARY), NULL, copy, len);
}

void am_mapi_put_blob(struct am_mapi_props *props, uint32_t tag,
                      struct am_blob *blob)
{
	const struct am_mapi_prop prop = {.tag = tag,
	                                  .blob = am_blob_ref(blob),
	                                  .size = am_blob_size(blob)};

	am_mapi_props_add(props, &prop);
}

void am_mapi_put_named_texts(struct am_mapi_props *props,
                             const struct am_mapi_name *name,
                             const char *const *texts, size_t n)
{
	uint8_t **values =
		am_arena_alloc(props->arena, n * sizeof(*values) + 1);
	size_t *lens = am_arena_alloc(props->arena, n * sizeof(*lens) + 1);
	size_t total = 4 + 4 * n, at = total;

	/* [MS-PST] 2.3.3.4.2: how many, where each begins, the values. */
	for (size_t i = 0; i < n; i++) {
		values[i] = am_mapi_utf16_of(props->arena, texts[i],
		                             strlen(texts[i]), &lens[i]);
		total += lens[i];
	}
	uint8_t *data = am_arena_alloc(props->arena, total);
	am_put_le32(data, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		am_put_le32(data + 4 + 4 * i, (uint32_t)at);
		if (lens[i])
			memcpy(data + at, values[i], lens[i]);
		at += lens[i];
	}
	put(props, AM_MAPI_MULTI | AM_MAPI_STRING, name, data, total);
}
