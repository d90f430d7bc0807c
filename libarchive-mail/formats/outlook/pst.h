/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_OUTLOOK_PST_H
#define AM_FORMATS_OUTLOOK_PST_H

#include "model/format.h"

/* Outlook's data files, .pst and .ost, to be read. */
extern const struct am_format am_format_pst;
extern const struct am_option am_pst_options[];

AM_MUST_USE int am_pst_source_open(struct am_source **out,
                                   const struct am_location *where,
                                   struct am_ctx *ctx, struct am_error *err);

#endif
