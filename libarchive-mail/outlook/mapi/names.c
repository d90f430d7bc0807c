/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * GUID stream: 16 bytes each.  Entry stream, 8 bytes each: number u32 (or the
 * offset of a string), guid << 1 | is_string u16, index u16; the id is 0x8000 +
 * index.  String stream: length in bytes u32, UTF-16LE, padded to 4.
 */
#include "outlook/mapi/names.h"

#include "base/bytes.h"
#include "outlook/mapi/props.h"

#include <glib.h>

#include <string.h>

struct name {
	uint32_t number; /* or offset */
	uint16_t guid; /* 1 PS_MAPI, 2 PS_PUBLIC_STRINGS, 3 the first of all */
	bool is_string;
	uint16_t id;
};

struct am_mapi_names {
	GBytes *guids, *strings;
	struct name *list;
	size_t n;
};

struct am_mapi_names *am_mapi_names_new(const uint8_t *guids, size_t guids_len,
                                        const uint8_t *entries,
                                        size_t entries_len,
                                        const uint8_t *strings,
                                        size_t strings_len)
{
	struct am_mapi_names *names = g_new0(struct am_mapi_names, 1);
	struct am_cursor c = am_cursor(entries, entries_len);

	names->guids = g_bytes_new(guids, guids_len);
	names->strings = g_bytes_new(strings, strings_len);
	names->list = g_new0(struct name, entries_len / 8 + 1);
	while (am_cursor_left(&c) >= 8) {
		struct name *name = &names->list[names->n];
		name->number = am_get_le32(&c);
		uint16_t which = am_get_le16(&c);
		uint32_t index = am_get_le16(&c);
		name->guid = which >> 1;
		name->is_string = which & 1;
		if (index >= 0x8000)
			continue;
		name->id = (uint16_t)(0x8000 + index);
		names->n++;
	}
	return names;
}

void am_mapi_names_free(struct am_mapi_names **names)
{
	if (!*names)
		return;
	g_bytes_unref((*names)->guids);
	g_bytes_unref((*names)->strings);
	g_free((*names)->list);
	g_free(*names);
	*names = NULL;
}

/* "xxxxxxxx-0000-0000-C000-000000000046" and its like, as bytes lie. */
static void set_guid(uint32_t set, uint8_t out[16])
{
	static const uint8_t tail[12] = {0, 0, 0, 0, 0xc0, 0,
	                                 0, 0, 0, 0, 0,    0x46};
	static const uint8_t meeting[12] = {0x0b, 0x45, 0x1b, 0x10, 0x98, 0xda,
	                                    0x00, 0xaa, 0x00, 0x3f, 0x13, 0x05};

	am_put_le32(out, set);
	memcpy(out + 4, set == AM_PSETID_MEETING ? meeting : tail, 12);
}

static bool guid_of(const struct am_mapi_names *names, const struct name *name,
                    uint8_t out[16])
{
	gsize len;
	const uint8_t *guids = g_bytes_get_data(names->guids, &len);
	size_t at = ((size_t)name->guid - 3) * 16;

	memset(out, 0, 16);
	if (name->guid == 1 || name->guid == 2) {
		set_guid(name->guid == 1 ? AM_PS_MAPI : AM_PS_PUBLIC_STRINGS,
		         out);
		return true;
	}
	if (name->guid < 3 || at + 16 > len)
		return false;
	memcpy(out, guids + at, 16);
	return true;
}

/* The name as UTF-8, g_free() it; NULL: the stream does not have it. */
static char *string_of(const struct am_mapi_names *names,
                       const struct name *name)
{
	gsize len;
	const uint8_t *strings = g_bytes_get_data(names->strings, &len);
	struct am_cursor c = am_cursor(strings, len);

	if (!am_get_bytes(&c, name->number))
		return NULL;
	uint32_t size = am_get_le32(&c);
	const uint8_t *units = am_get_bytes(&c, size);
	if (!units || c.bad || size % 2)
		return NULL;
	GString *text = g_string_new(NULL);
	for (uint32_t i = 0; i < size; i += 2) {
		gunichar ch = (gunichar)(units[i] | units[i + 1] << 8);
		g_string_append_unichar(
			text, ch && (ch < 0xd800 || ch > 0xdfff) ? ch : 0xfffd);
	}
	return g_string_free(text, FALSE);
}

static bool of_set(const struct am_mapi_names *names, const struct name *name,
                   enum am_mapi_set set)
{
	uint8_t want[16], have[16];

	set_guid(set, want);
	return guid_of(names, name, have) && !memcmp(want, have, 16);
}

unsigned am_mapi_named(const struct am_mapi_names *names, enum am_mapi_set set,
                       uint32_t number)
{
	for (size_t i = 0; i < names->n; i++) {
		const struct name *name = &names->list[i];
		if (!name->is_string && name->number == number &&
		    of_set(names, name, set))
			return name->id;
	}
	return 0;
}

unsigned am_mapi_named_string(const struct am_mapi_names *names,
                              enum am_mapi_set set, const char *name)
{
	unsigned id = 0;

	for (size_t i = 0; !id && i < names->n; i++) {
		const struct name *one = &names->list[i];
		if (!one->is_string || !of_set(names, one, set))
			continue;
		char *text = string_of(names, one);
		if (text && !g_ascii_strcasecmp(text, name))
			id = one->id;
		g_free(text);
	}
	return id;
}

unsigned am_mapi_name_id(const struct am_mapi_names *names,
                         const struct am_mapi_name *name)
{
	unsigned id = 0;

	for (size_t i = 0; !id && i < names->n; i++) {
		const struct name *one = &names->list[i];
		uint8_t set[16];
		if (one->is_string != (name->string != NULL) ||
		    !guid_of(names, one, set) || memcmp(set, name->set, 16))
			continue;
		if (!name->string) {
			id = one->number == name->number ? one->id : 0;
			continue;
		}
		char *text = string_of(names, one);
		if (text && !g_ascii_strcasecmp(text, name->string))
			id = one->id;
		g_free(text);
	}
	return id;
}

bool am_mapi_name_print(const struct am_mapi_names *names, unsigned id,
                        char out[AM_MAPI_NAME_ROOM])
{
	const struct name *name = NULL;
	uint8_t g[16];

	/* Nearly always they are numbered in order. */
	if (id >= 0x8000 && id - 0x8000 < names->n &&
	    names->list[id - 0x8000].id == id)
		name = &names->list[id - 0x8000];
	for (size_t i = 0; !name && i < names->n; i++)
		if (names->list[i].id == id)
			name = &names->list[i];
	if (!name || !guid_of(names, name, g))
		return false;
	int n = g_snprintf(out, AM_MAPI_NAME_ROOM,
	                   "%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-"
	                   "%02X%02X%02X%02X%02X%02X ",
	                   g[3], g[2], g[1], g[0], g[5], g[4], g[7], g[6], g[8],
	                   g[9], g[10], g[11], g[12], g[13], g[14], g[15]);
	if (!name->is_string) {
		g_snprintf(out + n, (gulong)(AM_MAPI_NAME_ROOM - n), "0x%04x",
		           name->number);
		return true;
	}
	char *text = string_of(names, name);
	if (text)
		g_strlcpy(out + n, text, (gsize)(AM_MAPI_NAME_ROOM - n));
	/* A name cut in a character would be no text. */
	const char *end;
	if (!g_utf8_validate(out, -1, &end))
		out[end - out] = '\0';
	g_free(text);
	return text != NULL;
}
