/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_PATTERN_H
#define AM_SERVE_PATTERN_H

#include "base/compiler.h"

/* LIST's wildcards: '*' is anything, '%' anything but '/'.  In time of the
 * product of the lengths, whatever the pattern (CVE-2026-33607). */
bool am_pattern_matches(const char *pattern, const char *name);

#endif
