/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_EML_GYB_H
#define AM_FORMATS_EML_GYB_H

#include "base/compiler.h"

struct am_message;

/*
 * Got Your Back keeps a Gmail account as YEAR/MONTH/DAY/ID.eml, and what Gmail
 * knows of them in msg-db.sqlite above:
 *
 *     messages (message_num, message_filename, …)   labels (message_num, label)
 *
 * Labels that are states (UNREAD, STARRED, DRAFT, SPAM) become flags.
 */
#define AM_GYB_FILE "msg-db.sqlite"

struct am_gyb;

struct am_gyb *am_gyb_new(const char *root);
void am_gyb_free(void *gyb);
/* What the list of the tree says of the mail at this path below the root. */
void am_gyb_apply(struct am_gyb *gyb, const char *path, struct am_message *msg);

#endif
