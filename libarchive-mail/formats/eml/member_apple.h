/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_EML_MEMBER_APPLE_H
#define AM_FORMATS_EML_MEMBER_APPLE_H

#include "base/error.h"

struct am_ctx;
struct am_file;

/*
 * Apple Mail's trees in a zip or tar.  A message whose attachments lie outside
 *
 *     …/Data/Messages/7.partial.emlx
 *     …/Data/Attachments/7/2/report.pdf     or  …/Messages/7.2.emlxpart
 *
 * needs them beside it, and they come before or behind it.  So when the first
 * of either comes, the container is gone through for them, and they lie in a
 * directory of their own for as long as this does; each such message is put
 * there to be read.
 */
struct am_member_apple;

/* allowed: more bytes than that are not laid out. */
struct am_member_apple *am_member_apple_new(struct am_file *file,
                                            uint64_t allowed);
void am_member_apple_free(struct am_member_apple **apple);
/* Is it a part of a message, which is no mail of its own? */
AM_MUST_USE int am_member_apple_part(struct am_member_apple *apple,
                                     const char *member, bool *yes,
                                     struct am_ctx *ctx, struct am_error *err);
/* Where such a message is to lie, g_free() it; NULL: anywhere. */
AM_MUST_USE int am_member_apple_place(struct am_member_apple *apple,
                                      const char *member, char **path,
                                      struct am_ctx *ctx, struct am_error *err);

#endif
