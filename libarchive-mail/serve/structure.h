/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_STRUCTURE_H
#define AM_SERVE_STRUCTURE_H

#include "base/error.h"

#include <glib.h>

struct am_blob;
struct am_limits;
struct am_scan;

/* BODYSTRUCTURE; without the extension data it is BODY. */
AM_MUST_USE int am_structure_put(GString *out, const struct am_blob *raw,
                                 const struct am_scan *scan, bool extended,
                                 const struct am_limits *limits,
                                 struct am_error *err);

#endif
