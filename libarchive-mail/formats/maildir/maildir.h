/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAILDIR_MAILDIR_H
#define AM_FORMATS_MAILDIR_MAILDIR_H

#include "model/format.h"

/* Maildir (cr.yp.to/proto/maildir.html), Maildir++ and LAYOUT=fs trees, with
 * what Dovecot and Courier keep beside the messages. */
extern const struct am_format am_format_maildir;

/* The halves of it, in maildir_source.c and maildir_sink.c. */
extern const struct am_option am_maildir_options[];
AM_MUST_USE int am_maildir_source_open(struct am_source **out,
                                       const struct am_location *where,
                                       struct am_ctx *ctx,
                                       struct am_error *err);
AM_MUST_USE int am_maildir_sink_open(struct am_sink **out,
                                     const struct am_location *where,
                                     struct am_ctx *ctx, struct am_error *err);

#endif
