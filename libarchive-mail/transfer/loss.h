/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TRANSFER_LOSS_H
#define AM_TRANSFER_LOSS_H

#include "model/format.h"

struct am_report;

/*
 * What the target cannot hold of what the source has, in words and with counts:
 * "mbox: 412 messages with several labels will be written once per label".
 * What the source has counted is said before a copy starts, the rest after it,
 * from what was counted on the way; a loss that nothing has is not said.  One
 * call of `say` for each; the codes ("loss.keywords") are those that
 * am_loss_count() counts by.  `options` (may be NULL) are those the target is
 * opened with: what becomes of labels is theirs to say.
 */
typedef void am_loss_fn(void *user, const char *code, const char *sentence);
void am_loss_explain(const struct am_format *from, const struct am_source *src,
                     const struct am_format *to,
                     const struct am_location *options, am_loss_fn *say,
                     void *user);
/* After it: the losses of the messages stored, as the report counted them,
 * but for those whose codes were said before. */
void am_loss_sum_up(const struct am_format *to,
                    const struct am_location *options,
                    const struct am_report *report,
                    const char *const *said_before, am_loss_fn *say,
                    void *user);
/* What a target opened there keeps; where may be NULL. */
uint32_t am_loss_keeps(const struct am_format *to,
                       const struct am_location *where);
/* "bytes, folders, flags, …": for the table of formats. */
char *am_keeps_words(uint32_t keeps); /* g_free() */
/* Count what this one message loses in a format that keeps `keeps`, as notes
 * "loss.keywords" …. */
void am_loss_count(struct am_ctx *ctx, uint32_t keeps,
                   const struct am_message *msg);

#endif
