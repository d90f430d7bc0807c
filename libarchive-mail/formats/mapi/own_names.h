/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAPI_OWN_NAMES_H
#define AM_FORMATS_MAPI_OWN_NAMES_H

#include "outlook/mapi/reading.h"

/* Properties that have names: those of ours, in a set of our own, which Outlook
 * carries along and does not look at, and that of categories. */
extern const struct am_mapi_name am_own_original; /* original.h */
extern const struct am_mapi_name am_own_meta;     /* item_meta.h */
extern const struct am_mapi_name am_own_aside;    /* aside.h */
extern const struct am_mapi_name am_own_keywords; /* Outlook's categories */

/* In a container, or in a bag that is not in one yet; NULL: it has none. */
const struct am_mapi_prop *am_own_find(const struct am_mapi_container *in,
                                       const struct am_mapi_props *props,
                                       const struct am_mapi_name *name);

#endif
