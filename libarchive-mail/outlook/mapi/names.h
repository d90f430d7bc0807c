/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_MAPI_NAMES_H
#define AM_OUTLOOK_MAPI_NAMES_H

#include "base/compiler.h"

struct am_mapi_name;

/*
 * Named properties: ids from 0x8000 on mean something only through a map in
 * the store.  The map is three streams ([MS-PST] 2.4.7, in .msg files alike).
 */
struct am_mapi_names;

/* The sets we ask for, by the first 4 bytes of their GUID; the rest is the same
 * but for the last two. */
enum am_mapi_set {
	AM_PS_MAPI = 0x00020328,
	AM_PS_PUBLIC_STRINGS = 0x00020329,
	AM_PSETID_APPOINTMENT = 0x00062002,
	AM_PSETID_TASK = 0x00062003,
	AM_PSETID_ADDRESS = 0x00062004,
	AM_PSETID_COMMON = 0x00062008,
	AM_PSETID_NOTE = 0x0006200e,
	AM_PSETID_LOG = 0x0006200a,
	AM_PS_INTERNET_HEADERS = 0x00020386,
	AM_PSETID_MEETING = 0x6ed8da90
};

/* Copies what it needs; streams may be NULL with length 0. */
struct am_mapi_names *am_mapi_names_new(const uint8_t *guids, size_t guids_len,
                                        const uint8_t *entries,
                                        size_t entries_len,
                                        const uint8_t *strings,
                                        size_t strings_len);
void am_mapi_names_free(struct am_mapi_names **names); /* becomes NULL */

/* The property id of a number in a set, or of a name; 0: the store has none. */
unsigned am_mapi_named(const struct am_mapi_names *names, enum am_mapi_set set,
                       uint32_t number);
unsigned am_mapi_named_string(const struct am_mapi_names *names,
                              enum am_mapi_set set, const char *name);

/* Any set, by number or string. */
unsigned am_mapi_name_id(const struct am_mapi_names *names,
                         const struct am_mapi_name *name);

#define AM_MAPI_NAME_ROOM 160
/* "00062002-0000-0000-C000-000000000046 0x820d" or "… Keywords", shorter than
 * that; NULL when the id has no name.  As good as the names. */
const char *am_mapi_name_text(const struct am_mapi_names *names, unsigned id);

#endif
