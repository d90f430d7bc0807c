/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_OUTLOOK_OLM_H
#define AM_FORMATS_OUTLOOK_OLM_H

#include "model/format.h"

/* Outlook for Mac's archives: a zip of XML, attachments beside it. */
extern const struct am_format am_format_olm;
extern const struct am_option am_olm_options[];

AM_MUST_USE int am_olm_source_open(struct am_source **out,
                                   const struct am_location *where,
                                   struct am_ctx *ctx, struct am_error *err);

#endif
