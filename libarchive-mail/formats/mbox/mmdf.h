/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_MMDF_H
#define AM_FORMATS_MBOX_MMDF_H

#include "formats/mbox/boundary.h"

struct am_blob;

/*
 * MMDF: each message stands between two lines of four bytes 1, and nothing is
 * quoted.  mutt and others put a From_ line behind the first of the two.  What
 * else an mbox has (Status and its kin) is as there.
 *
 *     ^A^A^A^A
 *     From somebody@example.org Mon Jan  1 00:00:00 2001
 *     Subject: …
 *
 *     text
 *     ^A^A^A^A
 *
 * In terms of boundary.h: the separator is the first line and the From_ line,
 * the message ends with the second line, which trim takes off it.
 */
#define AM_MBOX_MMDF_LINE "\1\1\1\1"
#define AM_MBOX_MMDF_LEN  4

/* Does a file begin so?  A byte-order mark or empty lines may come first. */
bool am_mbox_mmdf_head(const uint8_t *head, size_t len);
/* The bytes 1 at `at`: do they end msg, so that *at is where the next message
 * begins?  msg NULL: they begin the first. */
bool am_mbox_mmdf_ends(struct am_mbox_scan *scan, struct am_mbox_cut *msg,
                       uint64_t *at);
/* Where the message behind the separator at msg->line begins. */
uint64_t am_mbox_mmdf_start(struct am_mbox_scan *scan, struct am_mbox_cut *msg);
/* The From_ line in a separator: its length, and where it is. */
size_t am_mbox_mmdf_from(const uint8_t *sep, size_t len, const uint8_t **line);
/* Length of the lines of bytes 1 that end these: at the end of the file another
 * message may have been begun. */
size_t am_mbox_mmdf_closing(const uint8_t *tail, size_t len);
/* AM_FAILED when there is such a line in a message, which no MMDF can hold. */
AM_MUST_USE int am_mbox_mmdf_check(const struct am_blob *raw,
                                   struct am_error *err);

#endif
