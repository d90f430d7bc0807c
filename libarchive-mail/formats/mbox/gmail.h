/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_GMAIL_H
#define AM_FORMATS_MBOX_GMAIL_H

#include "base/compiler.h"

struct am_message;

/* The value of X-Gmail-Labels: comma-separated, RFC 2047 where not ASCII, and
 * its states ("Unread", "Starred") in the account's language.  States become
 * flags, the rest labels. */
void am_mbox_gmail_labels(struct am_message *msg, const char *value,
                          size_t len);

#endif
