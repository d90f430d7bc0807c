/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mapi/item_props.h"

#include "base/arena.h"
#include "base/hash.h"
#include "formats/mapi/own_names.h"
#include "model/message.h"
#include "outlook/mapi/tags.h"

#include <glib.h>

#include <string.h>

enum { GUID_CHARS = 36, NAMED = 0x8000 };

static const char prefix[] = "mapi.";

/* "0x820d0040" behind the prefix; 0: it is no tag. */
static uint32_t tag_of(const char *name)
{
	uint32_t tag = 0;

	if (strncmp(name, prefix, sizeof(prefix) - 1) != 0)
		return 0;
	name += sizeof(prefix) - 1;
	if (name[0] != '0' || name[1] != 'x')
		return 0;
	name += 2;
	for (size_t i = 0; i < 8; i++) {
		int digit = g_ascii_xdigit_value(name[i]);
		if (digit < 0)
			return 0;
		tag = tag << 4 | (uint32_t)digit;
	}
	return name[8] ? 0 : tag;
}

/* ---- names ---- */

/* "mapi.0x820d0040", or "mapi.", the name, ":001f": for each property of each
 * message, so without a call of printf. */
static const char *print_tag(struct am_arena *arena, uint32_t tag)
{
	static const char hex[] = "0123456789abcdef";
	char *out = am_arena_room(arena, sizeof("mapi.0x00000000"));

	memcpy(out, "mapi.0x00000000", sizeof("mapi.0x00000000"));
	for (unsigned i = 0; i < 8; i++)
		out[7 + i] = hex[tag >> (28 - 4 * i) & 15];
	return out;
}

static const char *print_named(struct am_arena *arena, const char *text,
                               unsigned type)
{
	static const char hex[] = "0123456789abcdef";
	const size_t front = sizeof(prefix) - 1, len = strlen(text);
	char *out = am_arena_room(arena, front + len + 6);

	memcpy(out, prefix, front);
	memcpy(out + front, text, len);
	out[front + len] = ':';
	for (unsigned i = 0; i < 4; i++)
		out[front + len + 1 + i] = hex[type >> (12 - 4 * i) & 15];
	out[front + len + 5] = '\0';
	return out;
}

/* In the mail itself, or too long. */
static bool stays(const struct am_mapi_prop *p)
{
	enum { VALUE_MAX = 32 * 1024 };
	unsigned id = p->tag >> 16;

	return !p->data || p->len > VALUE_MAX || id == AM_PR_BODY ||
	       id == AM_PR_HTML || id == AM_PR_RTF_COMPRESSED ||
	       id == AM_PR_TRANSPORT_HEADERS;
}

void am_item_props_ride(struct am_message *msg,
                        const struct am_mapi_props *props,
                        const struct am_mapi_container *in)
{
	static const struct am_mapi_name *const own[] = {&am_own_original,
	                                                 &am_own_meta};
	unsigned ours[AM_COUNT(own)] = {0};
	size_t n = msg->n_props;
	struct am_prop *list =
		am_arena_room(msg->arena, (n + props->n) * sizeof(*list) + 1);

	if (n)
		memcpy(list, msg->props, n * sizeof(*list));
	for (size_t k = 0; in->names && k < AM_COUNT(own); k++)
		ours[k] = am_mapi_name_id(in->names, own[k]);
	for (size_t i = 0; i < props->n; i++) {
		const struct am_mapi_prop *p = &props->list[i];
		unsigned id = p->tag >> 16;
		bool named = id >= NAMED && in->names;
		if (stays(p) || (named && (id == ours[0] || id == ours[1])))
			continue;
		const char *text =
			named ? am_mapi_name_text(in->names, id) : NULL;
		list[n++] = (struct am_prop){
			.name = text ? print_named(msg->arena, text,
		                                   p->tag & 0xffff)
		                     : print_tag(msg->arena, p->tag),
			.value = am_arena_strndup(
				msg->arena, (const char *)p->data, p->len),
			.len = p->len,
		};
	}
	msg->props = list;
	msg->n_props = n;
}

static bool parse_guid(const char *text, uint8_t out[16])
{
	/* As it is printed: three numbers, then bytes. */
	static const uint8_t order[16] = {3, 2, 1,  0,  5,  4,  7,  6,
	                                  8, 9, 10, 11, 12, 13, 14, 15};
	char hex[33];
	uint8_t bytes[16];
	size_t n = 0;

	for (size_t i = 0; i < GUID_CHARS; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash != (text[i] == '-'))
			return false;
		if (!dash)
			hex[n++] = text[i];
	}
	hex[n] = '\0';
	if (!am_unhex(hex, bytes, sizeof(bytes)))
		return false;
	for (size_t i = 0; i < sizeof(bytes); i++)
		out[order[i]] = bytes[i];
	return true;
}

/* The name and the type of one by name; NULL: it is none. */
static const struct am_mapi_name *name_of(struct am_arena *arena,
                                          const char *text, uint32_t *type)
{
	const char *at = text + sizeof(prefix) - 1;
	const char *colon = strrchr(text, ':');
	struct am_mapi_name name = {.string = NULL};
	guint64 number;

	if (strncmp(text, prefix, sizeof(prefix) - 1) != 0 || !colon ||
	    strlen(at) < GUID_CHARS + 3 || at[GUID_CHARS] != ' ' ||
	    !parse_guid(at, name.set) ||
	    !g_ascii_string_to_unsigned(colon + 1, 16, 1, 0xffff, &number,
	                                NULL))
		return NULL;
	*type = (uint32_t)number;
	at += GUID_CHARS + 1;
	if (colon <= at)
		return NULL;
	char *word = am_arena_strndup(arena, at, (size_t)(colon - at));
	if (!strncmp(word, "0x", 2) &&
	    g_ascii_string_to_unsigned(word + 2, 16, 0, UINT32_MAX, &number,
	                               NULL))
		name.number = (uint32_t)number;
	else
		name.string = word;
	struct am_mapi_name *copy = am_arena_alloc(arena, sizeof(*copy));
	*copy = name;
	return copy;
}

/* ---- back ---- */

static bool is_type(unsigned type, size_t len)
{
	switch (type) {
	case AM_MAPI_I2:
		return len == 2;
	case AM_MAPI_I4:
	case AM_MAPI_R4:
		return len == 4;
	case AM_MAPI_BOOL:
		return len == 1 || len == 2;
	case AM_MAPI_R8:
	case AM_MAPI_CURRENCY:
	case AM_MAPI_APPTIME:
	case AM_MAPI_I8:
	case AM_MAPI_TIME:
		return len == 8;
	case AM_MAPI_GUID:
		return len == 16;
	case AM_MAPI_STRING:
		return len % 2 == 0;
	case AM_MAPI_BINARY:
		return true;
	case AM_MAPI_MULTI | AM_MAPI_I4:
		return len % 4 == 0;
	case AM_MAPI_MULTI | AM_MAPI_STRING:
	case AM_MAPI_MULTI | AM_MAPI_BINARY:
		return len >= 4;
	default:
		return false;
	}
}

/* About the item: its envelope, its contents, what a contact or a task is.  Not
 * the ids, sizes and keys of the store it lay in. */
static bool is_about_item(unsigned id)
{
	static const uint16_t not [] = {
		AM_PR_MESSAGE_FLAGS,
		AM_PR_RECORD_KEY,
		AM_PR_BODY,
		AM_PR_HTML,
		AM_PR_RTF_COMPRESSED,
		AM_PR_TRANSPORT_HEADERS,
		0x0e1f, /* the rich text and the others agree */
		0x1016, /* which of them is the true one */
		0x300b};

	for (size_t i = 0; i < AM_COUNT(not ); i++)
		if (not [i] == id)
			return false;
	return (id > 0 && id < 0x0c00) || (id >= 0x0c00 && id < 0x0e00) ||
	       (id >= 0x1000 && id < 0x3000) || id == AM_PR_DISPLAY_NAME ||
	       (id >= 0x3003 && id < 0x300b) || (id >= 0x3a00 && id < 0x3c00) ||
	       (id >= 0x5d00 && id < 0x6000);
}

bool am_item_props_takes(const struct am_prop *prop)
{
	uint32_t tag = tag_of(prop->name), type;

	if (tag)
		return tag >> 16 < NAMED && is_about_item(tag >> 16) &&
		       is_type(tag & 0xffff, prop->len);
	struct am_arena *arena = am_arena_new();
	bool yes =
		name_of(arena, prop->name, &type) && is_type(type, prop->len);
	am_arena_free(&arena);
	return yes;
}

static bool is_mail(const char *class)
{
	return !g_ascii_strcasecmp(class, "IPM.Note") ||
	       !g_ascii_strncasecmp(class, "IPM.Note.", 9) ||
	       !g_ascii_strncasecmp(class, "REPORT.", 7);
}

/* What a contact, a meeting, a task was, it is again. */
static void take_class(struct am_mapi_props *props, const struct am_prop *prop)
{
	char *class = am_mapi_utf16(props->arena, (const uint8_t *)prop->value,
	                            prop->len, NULL);

	if (is_mail(class))
		return;
	for (size_t i = 0; i < props->n; i++) {
		struct am_mapi_prop *p = &props->list[i];
		if (p->tag >> 16 != AM_PR_MESSAGE_CLASS)
			continue;
		p->data = (const uint8_t *)prop->value;
		p->len = prop->len;
	}
}

static bool has(const struct am_mapi_props *props,
                const struct am_mapi_prop *prop)
{
	for (size_t i = 0; i < props->n; i++) {
		const struct am_mapi_prop *p = &props->list[i];
		if (!prop->name && p->tag >> 16 == prop->tag >> 16 && !p->name)
			return true;
		if (prop->name && p->name &&
		    !memcmp(prop->name->set, p->name->set, 16) &&
		    prop->name->number == p->name->number &&
		    !g_strcmp0(prop->name->string, p->name->string))
			return true;
	}
	return false;
}

void am_item_props_put(struct am_mapi_item *item, const struct am_message *msg)
{
	struct am_mapi_props *props = &item->props;

	for (size_t i = 0; i < msg->n_props; i++) {
		const struct am_prop *p = &msg->props[i];
		struct am_mapi_prop prop = {.tag = tag_of(p->name),
		                            .len = p->len};
		uint32_t type = 0;
		if (strncmp(p->name, prefix, sizeof(prefix) - 1) != 0 ||
		    !am_item_props_takes(p))
			continue;
		if (prop.tag >> 16 == AM_PR_MESSAGE_CLASS)
			take_class(props, p);
		if (!prop.tag) {
			prop.name = name_of(props->arena, p->name, &type);
			prop.tag = type;
		}
		if (has(props, &prop))
			continue;
		uint8_t *data = am_arena_alloc(props->arena, p->len + 1);
		memcpy(data, p->value, p->len);
		/* One byte in a store, two in a file. */
		if ((prop.tag & 0xffff) == AM_MAPI_BOOL)
			prop.len = 1;
		prop.data = data;
		am_mapi_props_add(props, &prop);
	}
}
