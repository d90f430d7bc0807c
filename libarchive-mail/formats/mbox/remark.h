/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_REMARK_H
#define AM_FORMATS_MBOX_REMARK_H

#include "formats/mbox/boundary.h"
#include "model/ctx.h"

struct am_mbox_mailbox;

/*
 * What there is to say about a mailbox while it is read.  A remark on a
 * message names it as people look for it, by its number in the file, from 1
 * and with those that are left out, and by the offset of its From_ line:
 *
 *     message 17 at offset 48211: Content-Length leads to no separator
 */
void am_mbox_remark(struct am_ctx *ctx, const struct am_mbox_mailbox *box,
                    enum am_note_level level, const char *code, uint64_t number,
                    uint64_t offset, const char *text);
/* am_mbox_rules.doubt of the message that is being cut out. */
void am_mbox_remark_doubt(struct am_ctx *ctx, const struct am_mbox_mailbox *box,
                          enum am_mbox_doubt doubt, uint64_t offset);
/* What the sample showed. */
void am_mbox_remark_dialect(struct am_ctx *ctx,
                            const struct am_mbox_mailbox *box);
/* When the first separator is found: what stands before it. */
void am_mbox_remark_junk(struct am_ctx *ctx, const struct am_mbox_mailbox *box,
                         const struct am_mbox_scan *scan);
/* How the message that was delivered last ends, when the file ends there. */
void am_mbox_remark_ending(struct am_ctx *ctx,
                           const struct am_mbox_mailbox *box,
                           const struct am_mbox_scan *scan);
/* When the file is through: how many had been deleted in it. */
void am_mbox_remark_expunged(struct am_ctx *ctx,
                             const struct am_mbox_mailbox *box);

#endif
