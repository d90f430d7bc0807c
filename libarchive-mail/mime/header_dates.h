/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_HEADER_DATES_H
#define AM_MIME_HEADER_DATES_H

#include "base/error.h"

struct am_arena;
struct am_blob;
struct am_date_candidate;
struct am_limits;

/*
 * What a message's own header says of when it was under way: the date of each
 * Received: from the top ("header.received"), then Date: ("header.date"); those
 * that can be read.  In the arena.
 */
AM_MUST_USE int am_header_dates_read(struct am_date_candidate **out, size_t *n,
                                     const struct am_blob *raw,
                                     const struct am_limits *limits,
                                     struct am_arena *arena,
                                     struct am_error *err);

#endif
