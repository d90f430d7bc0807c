/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAPI_TNEF_EXPAND_H
#define AM_FORMATS_MAPI_TNEF_EXPAND_H

#include "base/error.h"

struct am_blob;
struct am_ctx;
struct am_message;

/*
 * A mail with what its winmail.dat holds as parts of its own.  Not a byte of
 * the mail goes: behind each TNEF part comes another with what was in it, of
 * which the bodies are left out that the mail has already.  A mail that is TNEF
 * and nothing else becomes a multipart.  Under a signature nothing is changed.
 *
 * *out stays NULL when there is nothing to be done.  What is wrong with a TNEF
 * part is told as a note, and the mail stays as it is.
 */
AM_MUST_USE int am_tnef_expand(const struct am_message *msg, struct am_ctx *ctx,
                               struct am_blob **out, struct am_error *err);

#endif
