/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAPI_MAPI_META_H
#define AM_FORMATS_MAPI_MAPI_META_H

#include "model/message.h"
#include "outlook/mapi/names.h"
#include "outlook/mapi/props.h"

/*
 * What travels beside the bytes: flags, categories as keywords, the received
 * date, and every property as "mapi.0x0037001f" with the bytes it has
 * (`properties`; bodies and the header, which are in the mail, are left out, as
 * is a single value of more than 32 KiB).  keywords: the id that categories
 * have in this store, which is looked for once; 0: none.
 */
unsigned am_mapi_meta_keywords(const struct am_mapi_names *names);
void am_mapi_meta(struct am_message *to, const struct am_mapi_props *from,
                  unsigned keywords, bool properties);

#endif
