/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_TEXT_WHOLE_H
#define AM_MIME_TEXT_WHOLE_H

#include "base/error.h"

#include <glib.h>

struct am_blob;
struct am_limits;
struct am_scan;

/*
 * All a message says, for reading: of alternatives the best, and a blank line
 * between one part and the next.  marked: where the text of an attachment
 * begins stands "[attachment 2]", by the number --part wants.
 *
 * At most 4 MiB; *cut: there is more.  Whatever came is in *out, which is the
 * caller's, also when it fails.  It may hold NULs.
 */
AM_MUST_USE int am_text_whole(GString **out, const struct am_blob *raw,
                              const struct am_scan *scan,
                              const struct am_limits *limits, bool marked,
                              bool *cut, struct am_error *err);

#endif
