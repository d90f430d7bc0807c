/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAPI_ITEM_META_H
#define AM_FORMATS_MAPI_ITEM_META_H

#include "model/message.h"
#include "outlook/mapi/item.h"
#include "outlook/mapi/reading.h"

/*
 * What a message has beside its bytes, on an item: what Outlook knows, as it
 * knows it (read, flagged, answered …, categories, delivery time), and all of
 * it exactly in a property of ours.
 *
 * Reading, what was changed in Outlook since wins: the exact word holds for a
 * flag, a keyword, a date only while Outlook's own says what we made it say.
 *
 * The property is a run of facts: tag u8, length LEB128, value.  Unknown tags
 * are passed over.
 */
void am_item_meta_put(struct am_mapi_item *item, const struct am_message *msg,
                      const struct am_when *delivery);

/* Onto a message that has Outlook's own facts already (mapi_meta.h). */
void am_item_meta_read(struct am_message *to,
                       const struct am_mapi_container *in,
                       const struct am_mapi_props *props);

/* The flags that Outlook's properties say. */
uint32_t am_item_meta_flags(const struct am_mapi_props *props);

#endif
