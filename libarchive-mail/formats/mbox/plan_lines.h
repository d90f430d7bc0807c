/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_PLAN_LINES_H
#define AM_FORMATS_MBOX_PLAN_LINES_H

#include "formats/mbox/compose.h"

/* The lines that carry flags, keywords, labels and, in the dialects that have
 * it, Content-Length; with what cannot be said noted as a loss. */
AM_MUST_USE int am_mbox_plan_lines(struct am_mbox_plan *plan,
                                   const struct am_message *msg,
                                   const struct am_mbox_style *style,
                                   const struct am_mbox_header *header,
                                   struct am_ctx *ctx, struct am_error *err);
/* Can Content-Length be given, so that it is the only one and true? */
bool am_mbox_plan_has_length(const struct am_mbox_plan *plan,
                             const struct am_mbox_style *style,
                             const struct am_mbox_header *header);

#endif
