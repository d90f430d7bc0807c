/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_HTML_HTML_H
#define AM_FORMATS_HTML_HTML_H

#include "model/format.h"

/* A static site to look around in an archive with a browser. */
extern const struct am_format am_format_html;
extern const struct am_option am_html_options[];
AM_MUST_USE int am_html_sink_open(struct am_sink **out,
                                  const struct am_location *where,
                                  struct am_ctx *ctx, struct am_error *err);

#endif
