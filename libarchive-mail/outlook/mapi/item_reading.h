/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_MAPI_ITEM_READING_H
#define AM_OUTLOOK_MAPI_ITEM_READING_H

#include "outlook/mapi/item.h"
#include "outlook/mapi/reading.h"

/*
 * An item that is whole in memory (of TNEF, or one made to be written), opened
 * through the door of reading.h.  The item must outlive it.
 */
struct am_mapi_item_reading;

/* format: what the codes of notes begin with; size: of what it came from. */
struct am_mapi_item_reading *
am_mapi_item_reading_new(const struct am_mapi_item *item, const char *format,
                         uint64_t size, struct am_arena *arena,
                         struct am_mapi_message *out);
void am_mapi_item_reading_free(struct am_mapi_item_reading **reading);

#endif
