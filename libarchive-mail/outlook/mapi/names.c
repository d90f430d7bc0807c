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

#include <stdlib.h>
#include <string.h>

/* One of them, whose set is known. */
struct name {
	uint8_t set[16];
	uint32_t number;
	char *string; /* UTF-8; NULL: the number is the name */
	char *text;   /* as it is printed */
	uint16_t id;
};

struct am_mapi_names {
	struct name
		*list; /* by set, then number or string, then as they came */
	size_t n;
	const struct name **by_id; /* id - 0x8000; NULL: no name */
	size_t n_ids;
};

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

/* The GUID an entry means: 1 PS_MAPI, 2 PS_PUBLIC_STRINGS, 3 the first. */
static bool read_set(uint8_t out[16], unsigned which, const uint8_t *guids,
                     size_t len)
{
	size_t at = ((size_t)which - 3) * 16;

	if (which == 1 || which == 2) {
		set_guid(which == 1 ? AM_PS_MAPI : AM_PS_PUBLIC_STRINGS, out);
		return true;
	}
	if (which < 3 || at + 16 > len)
		return false;
	memcpy(out, guids + at, 16);
	return true;
}

/* A name as UTF-8, g_free() it; NULL: the stream does not have it. */
static char *read_string(uint32_t offset, const uint8_t *strings, size_t len)
{
	struct am_cursor c = am_cursor(strings, len);

	if (!am_get_bytes(&c, offset))
		return NULL;
	uint32_t size = am_get_le32(&c);
	const uint8_t *units = am_get_bytes(&c, size);
	/* Longer ones would not be told apart in print. */
	if (!units || c.bad || size % 2)
		return NULL;
	GString *text = g_string_new(NULL);
	for (uint32_t i = 0; i < size && text->len < AM_MAPI_NAME_ROOM;
	     i += 2) {
		gunichar ch = (gunichar)(units[i] | units[i + 1] << 8);
		g_string_append_unichar(
			text, ch && (ch < 0xd800 || ch > 0xdfff) ? ch : 0xfffd);
	}
	return g_string_free(text, FALSE);
}

static char *put_hex(char *to, const char *digits, uint32_t value, unsigned n)
{
	while (n--)
		*to++ = digits[value >> (4 * n) & 15];
	return to;
}

/* A file names thousands, and each is printed before a message is read:
 * without a call of printf. */
static char *print_name(const struct name *name)
{
	/* How the bytes of a GUID are printed; 16: the dash. */
	static const uint8_t order[] = {3,  2, 1, 0,  16, 5,  4,  16, 7,  6,
	                                16, 8, 9, 16, 10, 11, 12, 13, 14, 15};
	char out[AM_MAPI_NAME_ROOM], *at = out;
	unsigned digits = 4;
	const char *end;

	for (size_t i = 0; i < AM_COUNT(order); i++)
		if (order[i] < 16)
			at = put_hex(at, "0123456789ABCDEF",
			             name->set[order[i]], 2);
		else
			*at++ = '-';
	*at++ = ' ';
	if (name->string) {
		g_strlcpy(at, name->string, sizeof(out) - (gsize)(at - out));
	} else {
		while (digits < 8 && name->number >> (4 * digits))
			digits++;
		*at++ = '0';
		*at++ = 'x';
		at = put_hex(at, "0123456789abcdef", name->number, digits);
		*at = '\0';
	}
	/* A name cut in a character would be no text. */
	if (name->string && !g_utf8_validate(out, -1, &end))
		out[end - out] = '\0';
	return g_strdup(out);
}

/* Numbers before strings, strings whatever their case. */
static int compare(const struct name *a, const struct name *b)
{
	int order = memcmp(a->set, b->set, sizeof(a->set));

	if (order)
		return order;
	if (!a->string != !b->string)
		return a->string ? 1 : -1;
	if (a->string)
		return g_ascii_strcasecmp(a->string, b->string);
	return a->number < b->number ? -1 : a->number > b->number;
}

static int by_name(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	int order = compare(x, y);

	return order ? order : (x->id > y->id) - (x->id < y->id);
}

struct am_mapi_names *am_mapi_names_new(const uint8_t *guids, size_t guids_len,
                                        const uint8_t *entries,
                                        size_t entries_len,
                                        const uint8_t *strings,
                                        size_t strings_len)
{
	struct am_mapi_names *names = g_new0(struct am_mapi_names, 1);
	struct am_cursor c = am_cursor(entries, entries_len);

	names->list = g_new0(struct name, entries_len / 8 + 1);
	while (am_cursor_left(&c) >= 8) {
		struct name *name = &names->list[names->n];
		name->number = am_get_le32(&c);
		uint16_t which = am_get_le16(&c);
		uint32_t index = am_get_le16(&c);
		if (index >= 0x8000 ||
		    !read_set(name->set, which >> 1, guids, guids_len))
			continue;
		name->id = (uint16_t)(0x8000 + index);
		name->string = NULL;
		if (which & 1)
			name->string =
				read_string(name->number, strings, strings_len);
		if (which & 1 && !name->string)
			continue;
		name->text = print_name(name);
		names->n++;
	}
	qsort(names->list, names->n, sizeof(*names->list), by_name);
	for (size_t i = 0; i < names->n; i++)
		names->n_ids = MAX(names->n_ids, names->list[i].id - 0x7fffu);
	names->by_id = g_new0(const struct name *, names->n_ids + 1);
	for (size_t i = 0; i < names->n; i++)
		if (!names->by_id[names->list[i].id - 0x8000])
			names->by_id[names->list[i].id - 0x8000] =
				&names->list[i];
	return names;
}

void am_mapi_names_free(struct am_mapi_names **names)
{
	struct am_mapi_names *n = *names;

	*names = NULL;
	for (size_t i = 0; n && i < n->n; i++) {
		g_free(n->list[i].string);
		g_free(n->list[i].text);
	}
	if (n) {
		g_free(n->list);
		g_free(n->by_id);
	}
	g_free(n);
}

static unsigned find(const struct am_mapi_names *names, const struct name *want)
{
	size_t low = 0, high = names->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (compare(&names->list[mid], want) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < names->n && !compare(&names->list[low], want)
	               ? names->list[low].id
	               : 0;
}

unsigned am_mapi_named(const struct am_mapi_names *names, enum am_mapi_set set,
                       uint32_t number)
{
	struct name want = {.number = number};

	set_guid(set, want.set);
	return find(names, &want);
}

unsigned am_mapi_named_string(const struct am_mapi_names *names,
                              enum am_mapi_set set, const char *name)
{
	struct name want = {.string = (char *)(uintptr_t)name};

	set_guid(set, want.set);
	return find(names, &want);
}

unsigned am_mapi_name_id(const struct am_mapi_names *names,
                         const struct am_mapi_name *name)
{
	struct name want = {.number = name->number,
	                    .string = (char *)(uintptr_t)name->string};

	memcpy(want.set, name->set, sizeof(want.set));
	return find(names, &want);
}

const char *am_mapi_name_text(const struct am_mapi_names *names, unsigned id)
{
	const struct name *name = id >= 0x8000 && id - 0x8000 < names->n_ids
	                                  ? names->by_id[id - 0x8000]
	                                  : NULL;

	return name ? name->text : NULL;
}
