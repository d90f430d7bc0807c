/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_SOURCE_H
#define AM_FORMATS_MBOX_SOURCE_H

#include "model/format.h"

/* The two opens of am_format_mbox, and what --from and --to take: one table,
 * as each option means something in one direction only. */
extern const struct am_option am_mbox_options[];

AM_MUST_USE int am_mbox_source_open(struct am_source **out,
                                    const struct am_location *where,
                                    struct am_ctx *ctx, struct am_error *err);
AM_MUST_USE int am_mbox_sink_open(struct am_sink **out,
                                  const struct am_location *where,
                                  struct am_ctx *ctx, struct am_error *err);

#endif
