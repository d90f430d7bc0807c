/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_OUTLOOK_MSG_H
#define AM_FORMATS_OUTLOOK_MSG_H

#include "formats/files/files.h"

/* Outlook's items as files of their own: .msg, and templates (.oft). */
extern const struct am_format am_format_msg;
extern const struct am_option am_msg_options[];

AM_MUST_USE int am_msg_source_open(struct am_source **out,
                                   const struct am_location *where,
                                   struct am_ctx *ctx, struct am_error *err);
AM_MUST_USE int am_msg_sink_open(struct am_sink **out,
                                 const struct am_location *where,
                                 struct am_ctx *ctx, struct am_error *err);

#endif
