/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAPI_MAPI_HEADERS_H
#define AM_FORMATS_MAPI_MAPI_HEADERS_H

#include "formats/mapi/mail_out.h"
#include "outlook/mapi/props.h"

/*
 * The header of a mail from the properties of a message: its transport headers
 * as they came but for those that describe the MIME structure, and what is
 * missing there (all of it, for mail that was never sent) made from properties.
 */
void am_mapi_headers(struct am_mail_out *out, const struct am_mapi_props *msg,
                     const struct am_mapi_props *recipients, size_t n);

/* The subject without the two characters that say how long its prefix is; NULL:
 * none. */
const char *am_mapi_subject(const struct am_mapi_props *msg);
/* The same, or, where an item has none (TNEF leaves it to the mail around it),
 * what it was made from. */
const char *am_mapi_subject_or_topic(const struct am_mapi_props *msg);
/* The mail address of a sender, recipient …: `smtp` when it is one, else
 * `address`, made into something with an @ when it is Exchange's (EX). */
const char *am_mapi_address(const struct am_mapi_props *props, unsigned smtp,
                            unsigned address, unsigned type);
/* The same of a row of the recipient table. */
const char *am_mapi_recipient_address(const struct am_mapi_props *row);
/* Whom it is from. */
const char *am_mapi_from(const struct am_mapi_props *msg,
                         const struct am_mapi_props *recipients, size_t n);
/* When it was sent, or came into being. */
bool am_mapi_date(const struct am_mapi_props *msg, struct am_when *out);

#endif
