/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_SHOW_TEXT_H
#define MAILARK_SHOW_TEXT_H

#include "base/compiler.h"

#include <glib.h>

struct am_blob;
struct am_error;
struct am_scan;

/*
 * All a message says, for reading: of alternatives the best, and a blank line
 * between one part and the next.  marked: where the text of an attachment
 * begins stands "[attachment 2]", by the number --part wants.
 *
 * At most 4 MiB; *cut: there is more.  Whatever came is in *out, which is the
 * caller's, also when it fails.  It may hold NULs.
 */
AM_MUST_USE int show_text_read(GString **out, const struct am_blob *raw,
                               const struct am_scan *scan, bool marked,
                               bool *cut, struct am_error *err);

#endif
