/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/mapi/entryid.h"

#include "base/arena.h"
#include "base/bytes.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static const uint8_t head[24] = {0,    0,    0,    0,    0x81, 0x2b, 0x1f, 0xa4,
                                 0xbe, 0xa3, 0x10, 0x19, 0x9d, 0x6e, 0x00, 0xdd,
                                 0x01, 0x0f, 0x54, 0x02, 0,    0,    0,    0};

static GByteArray *make(const char *name, const char *address, bool wide)
{
	GByteArray *id = g_byte_array_new();
	const char *const texts[] = {name, "SMTP", address};
	g_byte_array_append(id, head, sizeof(head));
	if (wide)
		id->data[23] = 0x80;
	for (size_t i = 0; i < 3; i++)
		for (const char *p = texts[i];; p++) {
			uint8_t unit[2] = {(uint8_t)*p, 0};
			g_byte_array_append(id, unit, wide ? 2 : 1);
			if (!*p)
				break;
		}
	return id;
}

Test(entryid, one_off_ids_of_both_widths_and_cut_off_anywhere)
{
	struct am_arena *arena = am_arena_new();
	struct am_mapi_props props;
	am_mapi_props_init(&props, arena);
	for (unsigned wide = 0; wide < 2; wide++) {
		struct am_mapi_person who;
		GByteArray *id = make("Zo\xeb", "zoe@z.example", wide);
		cr_assert(am_mapi_one_off(&props, id->data, id->len, &who));
		cr_expect_str_eq(who.name, "Zoë");
		cr_expect_str_eq(who.type, "SMTP");
		cr_expect_str_eq(who.address, "zoe@z.example");
		for (guint len = 0; len < id->len; len++) {
			uint8_t *cut = g_memdup2(id->data, len ? len : 1);
			cr_expect(!am_mapi_one_off(&props, cut, len, &who));
			g_free(cut);
		}
		id->data[5] ^= 1;
		cr_expect(!am_mapi_one_off(&props, id->data, id->len, &who));
		g_byte_array_free(id, TRUE);
	}
	am_arena_free(&arena);
}

Test(entryid, lists_of_ids)
{
	static const uint8_t list[] = {2, 0, 0, 0, 16,  0,   0,   0,
	                               3, 0, 0, 0, 'a', 'b', 'c', 0,
	                               2, 0, 0, 0, 'd', 'e'};
	static const uint8_t lies[] = {255, 255, 255, 255, 0,   0,
	                               0,   0,   255, 255, 255, 255};
	const uint8_t *id;
	size_t len;
	cr_assert(am_mapi_entry_at(list, sizeof(list), 0, &id, &len));
	cr_expect(len == 3 && !memcmp(id, "abc", 3));
	cr_assert(am_mapi_entry_at(list, sizeof(list), 1, &id, &len));
	cr_expect(len == 2 && !memcmp(id, "de", 2));
	cr_expect(!am_mapi_entry_at(list, sizeof(list), 2, &id, &len));
	cr_expect(!am_mapi_entry_at(list, sizeof(list) - 1, 1, &id, &len));
	cr_expect(!am_mapi_entry_at(lies, sizeof(lies), 0, &id, &len));
	cr_expect(!am_mapi_entry_at(NULL, 0, 0, &id, &len));
}
