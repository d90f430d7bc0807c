/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAPI_ORIGINAL_TEXT_H
#define AM_FORMATS_MAPI_ORIGINAL_TEXT_H

#include "base/error.h"

struct am_reader;

/* UTF-16LE to UTF-8 as it streams by; half surrogates become U+FFFD.  Takes
 * over inner, and closes it at once when it fails. */
AM_MUST_USE int am_original_text(struct am_reader **out,
                                 struct am_reader *inner, struct am_error *err);

#endif
