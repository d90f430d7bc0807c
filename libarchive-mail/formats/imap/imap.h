/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_IMAP_H
#define AM_FORMATS_IMAP_IMAP_H

#include "model/format.h"

/*
 * An account on an IMAP server as a place mail comes from:
 *
 *   imap_format.c  the options
 *   imap_source.c  the source: what next() yields, and when
 *   sync.c, …      what is new since the target last took from it
 *   walk.c         what there is in a folder
 *   fetch.c, …     the bytes
 *   session.c, …   a connection logged in; the sink uses it too
 */
extern const struct am_option am_imap_options[];

AM_MUST_USE int am_imap_source_open(struct am_source **out,
                                    const struct am_location *where,
                                    struct am_ctx *ctx, struct am_error *err);

#endif
