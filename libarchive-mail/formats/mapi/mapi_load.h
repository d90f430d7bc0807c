/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAPI_MAPI_LOAD_H
#define AM_FORMATS_MAPI_MAPI_LOAD_H

#include "formats/mapi/mapi_to_mail.h"

struct am_message;

/*
 * The bytes of a message of Outlook's: those of the mail it was once made of,
 * where the item says so and their hash is right (original.h), else a mail that
 * is composed of what is there (mapi_to_mail.h), AM_SYNTHESISED.
 *
 * Of an item that somebody changed a note says so.
 */
AM_MUST_USE int am_mapi_load(const struct am_mapi_to_mail *job,
                             const struct am_mapi_message *from,
                             struct am_message *to, struct am_error *err);

#endif
