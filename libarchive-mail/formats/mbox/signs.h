/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_SIGNS_H
#define AM_FORMATS_MBOX_SIGNS_H

#include "formats/mbox/boundary.h"
#include "formats/mbox/follow.h"

/*
 * What speaks for a separator at one place of the file, and the verdict:
 * boundary.h says the rules.  `msg` is the message that would end there, NULL
 * before the first.  Looking ahead moves the window: pointers into it are void
 * afterwards.
 */

/* Bytes before the place looked at that stay in the window: a run of '>', an
 * empty line, the NULs of a small hole. */
#define AM_MBOX_HISTORY 4096

/* The lowest offset that must stay in the window. */
uint64_t am_mbox_keep_from(const struct am_mbox_scan *scan,
                           const struct am_mbox_cut *msg, uint64_t at);
/* Have `want` bytes from `at` in the window, or all there are. */
void am_mbox_look_ahead(struct am_mbox_scan *scan, struct am_mbox_cut *msg,
                        uint64_t at, size_t want);

/* The line at `at` is a From_ line: does a message begin there?  blank: an
 * empty line stands before it. */
bool am_mbox_separates(struct am_mbox_scan *scan, struct am_mbox_cut *msg,
                       uint64_t at, bool blank);

/* Is there an empty line before `at`, which is the start of a line? */
bool am_mbox_blank_before(const struct am_mbox_scan *scan, uint64_t at);
/* "From " behind a run of NULs (a hole that a crash left) that begins a line:
 * where the run starts, or UINT64_MAX. */
uint64_t am_mbox_hole_before(const struct am_mbox_scan *scan, uint64_t at,
                             uint64_t floor);
/* Does the message say that NULs before the word at `at` are its own? */
bool am_mbox_owns_nuls(const struct am_mbox_scan *scan, struct am_mbox_cut *msg,
                       uint64_t at);
/* Length of the line at `at` without its end; *ended when that end is there. */
size_t am_mbox_line_length(struct am_mbox_scan *scan, uint64_t at, bool *ended);
/* What follows a separator line, which begins at `at`. */
enum am_mbox_follow am_mbox_follow_at(struct am_mbox_scan *scan,
                                      struct am_mbox_cut *msg, uint64_t at,
                                      size_t *passed);
void am_mbox_doubted(struct am_mbox_scan *scan, enum am_mbox_doubt what,
                     uint64_t offset);

#endif
