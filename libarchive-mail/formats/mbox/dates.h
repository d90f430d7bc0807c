/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_DATES_H
#define AM_FORMATS_MBOX_DATES_H

#include "formats/mbox/boundary.h"

struct am_mbox_mailbox;
struct am_message;

/* Every date that tells when the message came, the best of them chosen, and
 * the envelope sender. */
void am_mbox_dates_add(struct am_message *msg,
                       const struct am_mbox_mailbox *box,
                       const struct am_mbox_cut *cut);

#endif
