/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_BASE64_GROUP_H
#define AM_MIME_BASE64_GROUP_H

#include "base/compiler.h"

/* Base64 by whole groups, four characters and three bytes each, as fast as the
 * processor at hand does it. */

/* false: something is no character of the alphabet ('=' is none here). */
bool am_base64_decode_groups(uint8_t *to, const uint8_t *text, size_t n);
void am_base64_encode_groups(uint8_t *to, const uint8_t *data, size_t n);

#endif
