/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_MAPI_ENTRYID_H
#define AM_OUTLOOK_MAPI_ENTRYID_H

#include "outlook/mapi/props.h"

#include <glib.h>

/*
 * Entry ids that name a person without a directory: one-off ids ([MS-OXCDATA]
 * 2.2.5.1), alone or in a list of them (2.3.3).
 */
struct am_mapi_person {
	const char *name, *type, *address; /* UTF-8, in the arena */
};

/* false: an id of another kind, or cut off. */
bool am_mapi_one_off(const struct am_mapi_props *props, const uint8_t *data,
                     size_t len, struct am_mapi_person *out);
/* The i-th id of a list in place; false behind the last. */
bool am_mapi_entry_at(const uint8_t *list, size_t len, size_t i,
                      const uint8_t **out, size_t *out_len);

/* And made: an id of somebody with an SMTP address, in the arena; a list of
 * them, g_byte_array_free() it. */
uint8_t *am_mapi_one_off_of(struct am_arena *arena, const char *name,
                            const char *address, size_t *len);
GByteArray *am_mapi_entry_list_new(void);
void am_mapi_entry_list_add(GByteArray *list, const uint8_t *id, size_t len);

#endif
