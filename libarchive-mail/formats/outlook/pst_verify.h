/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_OUTLOOK_PST_VERIFY_H
#define AM_FORMATS_OUTLOOK_PST_VERIFY_H

#include "formats/outlook/pst_known.h"
#include "model/ctx.h"

/*
 * A file just written, looked at as if it were a stranger's: its structure
 * (outlook/pst_check/check.h), then every mail in it, which must be in the
 * folder it was put in and give its bytes.  `stored` are those, n of them; they
 * are taken. AM_FATAL for any finding.
 */
AM_MUST_USE int am_pst_verify(const char *path, struct am_pst_known *stored,
                              uint64_t n, struct am_ctx *ctx,
                              struct am_error *err);

#endif
