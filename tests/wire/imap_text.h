/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_WIRE_IMAP_TEXT_H
#define AM_TESTS_WIRE_IMAP_TEXT_H

#include "wire/imap.h"

#include <glib.h>

struct am_reader;

/* A reader that gives `step` bytes a time (0: all at once), then `ending`. */
struct am_reader *imap_drip(const void *data, size_t len, size_t step,
                            int ending);
/*
 * A parsed line as text: values as they are, "quoted", {literal}, ~{literal8},
 * <12> for 12 streamed bytes, NIL, [code], ":human" and "!damage".  Bytes that
 * are not printable ASCII as \xNN.
 */
void imap_text_line(GString *to, const struct am_imap_line *line);
/* All lines of data, each with a LF; a failing one begins with "FAILED: why",
 * and the last line tells of a failure of all. */
GString *imap_text_all(const void *data, size_t len, size_t step,
                       enum am_imap_side side,
                       const struct am_imap_hooks *hooks,
                       const struct am_imap_limits *limits);
/* Whole, by one byte and by seven: the same, and equal to want. */
void imap_text_check(const void *data, size_t len, enum am_imap_side side,
                     const struct am_imap_hooks *hooks,
                     const struct am_imap_limits *limits, const char *want);

#endif
