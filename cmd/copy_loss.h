/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_COPY_LOSS_H
#define MAILARK_COPY_LOSS_H

#include "base/compiler.h"

struct am_format;
struct am_place;
struct am_report;
struct am_source;
struct session;

/* What of a copy the target cannot hold, told: with the counts the source has
 * before it starts, the rest behind it (transfer/loss.h). */
struct copy_loss;

struct copy_loss *copy_loss_new(struct session *s,
                                const struct am_place *target);
void copy_loss_free(struct copy_loss **losses);
/* src NULL: only a part of it is copied, of which nothing is counted. `aloud`:
 * it was not told of a source of that format yet. */
void copy_loss_before(struct copy_loss *losses, const struct am_format *from,
                      const struct am_source *src, bool aloud);
void copy_loss_after(struct copy_loss *losses, const struct am_report *report);

#endif
