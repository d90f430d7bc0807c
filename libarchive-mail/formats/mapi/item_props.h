/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAPI_ITEM_PROPS_H
#define AM_FORMATS_MAPI_ITEM_PROPS_H

#include "outlook/mapi/item.h"
#include "outlook/mapi/reading.h"

struct am_message;
struct am_prop;

/*
 * Properties of an item as they ride along with a message, and back:
 *
 *   mapi.0x00600040                                        by tag
 *   mapi.00062002-0000-0000-C000-000000000046 0x820d:0040  by name and type
 *   mapi.00020329-0000-0000-C000-000000000046 Words:101f
 *
 * An id from 0x8000 on means nothing outside of its store, its name does.
 */

/*
 * Let an item's properties ride along with a message, but for bodies and the
 * header, which are in the mail, single values of more than 32 KiB, and ours.
 */
void am_item_props_ride(struct am_message *msg,
                        const struct am_mapi_props *props,
                        const struct am_mapi_container *in);

/*
 * Put on an item what the message brings of another, as far as it is about what
 * the item is (not where it lay, nor what its mail says anyway).  The class
 * goes along where the mail is one that was composed of an item that was none.
 */
void am_item_props_put(struct am_mapi_item *item, const struct am_message *msg);
/* Is it one of those that am_item_props_put() takes? */
bool am_item_props_takes(const struct am_prop *prop);

#endif
