/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_MAPI_NAME_TABLE_H
#define AM_OUTLOOK_MAPI_NAME_TABLE_H

#include "outlook/mapi/names.h"
#include "outlook/mapi/props.h"

/*
 * Names that get ids, from 0x8000 on in the order in which they are asked for:
 * of a file that is written, or of one whose properties bring their names along
 * (TNEF).  As bytes it is the three streams that names.h reads.
 */
struct am_mapi_name_table;

struct am_mapi_name_table *am_mapi_name_table_new(void);
void am_mapi_name_table_free(struct am_mapi_name_table **table);
/* 0: there are more than there are ids. */
unsigned am_mapi_name_table_id(struct am_mapi_name_table *table,
                               const struct am_mapi_name *name);

struct am_mapi_name_bytes {
	const uint8_t *sets, *entries, *strings; /* NULL where there is none */
	size_t sets_len, entries_len, strings_len;
};
/* Good until the next id is asked for. */
void am_mapi_name_table_bytes(const struct am_mapi_name_table *table,
                              struct am_mapi_name_bytes *out);
/* To be asked by number and string; am_mapi_names_free() it. */
struct am_mapi_names *
am_mapi_name_table_names(const struct am_mapi_name_table *table);

#endif
