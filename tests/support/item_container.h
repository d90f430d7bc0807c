/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_SUPPORT_ITEM_CONTAINER_H
#define AM_TESTS_SUPPORT_ITEM_CONTAINER_H

#include "outlook/mapi/item.h"
#include "outlook/mapi/reading.h"

/* An item in memory as something to read from, without a file between. */
extern struct am_mapi_container test_item_container;
struct am_mapi_message test_item_message(const struct am_mapi_item *item);

#endif
