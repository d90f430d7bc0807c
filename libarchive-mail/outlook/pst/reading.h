/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_READING_H
#define AM_OUTLOOK_PST_READING_H

#include "outlook/mapi/reading.h"
#include "outlook/pst/store.h"

/* A message of a store as what makes mail takes it; *out lives as long as the
 * store, and its properties as long as msg's. */
void am_pst_reading(struct am_pst_store *store,
                    const struct am_pst_message *msg,
                    struct am_mapi_message *out);

#endif
