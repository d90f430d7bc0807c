/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_FILE_BASE64_H
#define AM_FORMATS_FILE_BASE64_H

#include "base/error.h"

struct am_ctx;
struct am_file;
struct am_spool;

/* All of a file as base64: lines of `width`, a multiple of 4, with `eol`
 * between them and none behind the last. */
AM_MUST_USE int am_file_base64(struct am_spool *to, struct am_file *file,
                               unsigned width, const char *eol,
                               struct am_ctx *ctx, struct am_error *err);

#endif
