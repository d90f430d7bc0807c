/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_UTF8_H
#define AM_BASE_UTF8_H

#include "base/compiler.h"

/* The well-formed character at s, len > 0: how many bytes it has, 1 to 4; 0
 * when the first byte does not begin one (Unicode table 3-7). */
size_t am_utf8_step(const char *s, size_t len);
/* How many bytes of ASCII stand at the front. */
size_t am_utf8_ascii(const char *s, size_t len);

#endif
