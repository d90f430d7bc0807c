/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_TRIM_H
#define AM_FORMATS_MBOX_TRIM_H

#include "formats/mbox/boundary.h"
#include "formats/mbox/dialect.h"
#include "formats/mbox/state_headers.h"

/*
 * How much of [start, end) is the message; what is behind belongs to the
 * mbox.  Where separators come after an empty line, that line is the mbox's;
 * a separator without one means that the writer had to end the message's last
 * line.  Elsewhere every byte is the message's.  NULs that a crash left go in
 * any case, and so does a line end that our own mark says was added.
 */
uint64_t am_mbox_trim(const struct am_mbox_scan *scan,
                      const struct am_mbox_dialect *dialect,
                      const struct am_mbox_state *state);

/* Does the last message of a file look cut short?  NULL, or where. */
const char *am_mbox_cut_short(const struct am_mbox_cut *cut);

#endif
