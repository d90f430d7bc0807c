/* SPDX-License-Identifier: GPL-3.0-or-later */
/* People without a directory: one-off entry ids ([MS-OXCDATA] 2.2.5.1) and the
 * keys that Outlook looks them up by. */
#include "formats/outlook/mail_to_mapi_impl.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "mime/address.h"

#include <string.h>

static const uint8_t provider[16] = {0x81, 0x2b, 0x1f, 0xa4, 0xbe, 0xa3,
                                     0x10, 0x19, 0x9d, 0x6e, 0x00, 0xdd,
                                     0x01, 0x0f, 0x54, 0x02};

static uint8_t *put_wide(uint8_t *to, struct am_arena *arena, const char *text)
{
	size_t len;
	const uint8_t *wide = am_mapi_utf16_of(arena, text, strlen(text), &len);

	if (len)
		memcpy(to, wide, len);
	return to + len + 2; /* its NUL: the arena is zeroed */
}

uint8_t *am_making_one_off(struct am_arena *arena, const char *name,
                           const char *address, size_t *len)
{
	size_t room = 24 + 2 * (strlen(name) + strlen(address) + 7);
	uint8_t *id = am_arena_alloc(arena, room), *to = id + 24;

	memcpy(id + 4, provider, sizeof(provider));
	am_put_le16(id + 22, 0x8001); /* UTF-16, plain text not wished */
	to = put_wide(to, arena, name);
	to = put_wide(to, arena, "SMTP");
	to = put_wide(to, arena, address);
	*len = (size_t)(to - id);
	return id;
}

void am_making_person(struct am_mapi_props *props,
                      const struct am_person_ids *ids,
                      const struct am_address *who)
{
	const char *address = who->address ? who->address : "";
	const char *name = who->name && *who->name ? who->name : address;
	size_t len;

	am_mapi_put_text(props, ids->name, name);
	am_mapi_put_text(props, ids->type, "SMTP");
	am_mapi_put_text(props, ids->address, address);
	if (ids->smtp)
		am_mapi_put_text(props, ids->smtp, address);
	if (ids->id) {
		uint8_t *id =
			am_making_one_off(props->arena, name, address, &len);
		am_mapi_put_binary(props, ids->id, id, len);
	}
	if (ids->key) {
		char *key = g_ascii_strup(address, -1);
		char *all = am_arena_printf(props->arena, "SMTP:%s", key);
		am_mapi_put_binary(props, ids->key, all, strlen(all) + 1);
		g_free(key);
	}
}
