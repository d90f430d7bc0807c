/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_LONE_H
#define AM_FORMATS_MBOX_LONE_H

#include "base/error.h"

struct am_ctx;
struct am_folder;
struct am_mbox_looks;
struct am_message;

/*
 * A file in a tree of mailboxes that is no mailbox but a mail: no separator,
 * its header begins at once.  Collections of single mails are full of them,
 * and passing one over would be losing it.
 *
 * AM_END: it does not look like a mail either.  Its folder is the directory it
 * lies in.
 */
AM_MUST_USE int am_mbox_lone_read(struct am_message **out,
                                  const struct am_folder *folder,
                                  const char *path, const char *name,
                                  struct am_ctx *ctx, struct am_error *err);

/* Is it, in a tree of several formats, another source's to read? */
bool am_mbox_lone_others(const char *path);
/* Tell what is neither a mailbox nor a mail; leave: other sources read the same
 * tree, and Outlook's files in it. */
void am_mbox_lone_pass_over(struct am_ctx *ctx, const char *name,
                            const struct am_mbox_looks *looks, bool leave);

#endif
