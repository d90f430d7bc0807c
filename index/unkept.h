/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_UNKEPT_H
#define AM_INDEX_UNKEPT_H

#include "base/error.h"

struct _GString;
struct am_blob;
struct am_limits;

/*
 * What of a message's own text no word of the index holds whole: lines of data,
 * runs without an end, words that are too long (tokens.h).  Appended to `out`
 * as it stands, a line each; any word of the text is whole in the index, or
 * whole in here.
 */
AM_MUST_USE int am_index_unkept(const struct am_blob *raw,
                                const struct am_limits *limits,
                                struct _GString *out, struct am_error *err);

#endif
