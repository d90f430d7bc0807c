/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAPI_MAPI_META_H
#define AM_FORMATS_MAPI_MAPI_META_H

#include "model/message.h"
#include "outlook/mapi/names.h"
#include "outlook/mapi/props.h"

/*
 * What travels beside the bytes: flags, categories as keywords, the received
 * date; the properties themselves are item_props.h's.  keywords: the id that
 * categories have in this store, which is looked for once; 0: none.
 */
unsigned am_mapi_meta_keywords(const struct am_mapi_names *names);
void am_mapi_meta(struct am_message *to, const struct am_mapi_props *from,
                  unsigned keywords);

#endif
