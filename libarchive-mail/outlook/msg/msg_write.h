/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_MSG_MSG_WRITE_H
#define AM_OUTLOOK_MSG_MSG_WRITE_H

#include "base/error.h"
#include "outlook/mapi/item.h"

/*
 * An item as a .msg file ([MS-OXMSG]), Unicode, with all that is in it.  What
 * the file computes for itself is added: counts, sizes, PR_HASATTACH and its
 * flag, numbers of rows, PR_OBJECT_TYPE, that strings are Unicode.
 *
 * The same item gives the same bytes.  Of a large item little is in memory;
 * the file goes to a blob, on disk beyond `memory` bytes.
 */
AM_MUST_USE int am_msg_write(struct am_blob **out,
                             const struct am_mapi_item *item, size_t memory,
                             const char *tmpdir, struct am_error *err);

#endif
