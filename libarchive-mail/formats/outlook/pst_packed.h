/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_OUTLOOK_PST_PACKED_H
#define AM_FORMATS_OUTLOOK_PST_PACKED_H

#include "model/ctx.h"

/*
 * A file that some compressor has packed, unpacked into an unlinked one in the
 * directory for temporary files: a PST is read from everywhere in it.  *fd is
 * the caller's to close; -1: the file is not packed.
 */
AM_MUST_USE int am_pst_unpack(int *fd, const char *path, struct am_ctx *ctx,
                              struct am_error *err);

#endif
