/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TRANSFER_MIXED_H
#define AM_TRANSFER_MIXED_H

#include "model/format.h"

/*
 * A folder whose format nobody named: what it looked like comes first, then
 * what sources of the other kinds find in the same tree, so that a Maildir
 * beside mboxes, or an mbox in a Maildir, is not passed over.  Each source is
 * told (option "leave") what the others read.  Files of other formats that one
 * comes upon, as zips in a tree or mailboxes in a zip, are read in their places
 * (transfer/parcels.h); so a zip or tar alone is opened by this, too.
 */
bool am_mixed_wants(const struct am_format *format);
AM_MUST_USE int am_mixed_open(struct am_source **out,
                              const struct am_format *first,
                              const struct am_location *where,
                              struct am_ctx *ctx, struct am_error *err);

#endif
