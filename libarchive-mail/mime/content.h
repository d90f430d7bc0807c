/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_CONTENT_H
#define AM_MIME_CONTENT_H

#include "mime/scan.h"

/* The two fields the scanner reads of every part. */

enum am_encoding am_content_encoding(const struct am_field *field);
/* "type/subtype" in lower case, or NULL when the field does not hold one. */
const char *am_content_type(struct am_arena *arena,
                            const struct am_field *field);
/* Of a multipart; NULL when there is none that could be used. */
const char *am_content_boundary(struct am_arena *arena,
                                const struct am_field *field);
/* RFC 2046 allows 70; what is longer than this opens nothing. */
#define AM_CONTENT_BOUNDARY_MAX 16000

#endif
