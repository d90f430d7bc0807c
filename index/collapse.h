/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_COLLAPSE_H
#define AM_INDEX_COLLAPSE_H

#include "base/error.h"

struct am_result;

/*
 * Copies within a result set.
 *
 * exact  One mail that came by several roads: sender, bare subject and body
 *        are the same, the rest of the header may differ.
 * near   Also mails that say nearly the same: at least six of eight samples of
 *        their words in a row agree, which takes about three quarters of all
 *        of them.  Newsletters, reminders, cron's daily letter.
 *
 * Groups are those of the whole result set, so which message stands for its
 * group is up to the order in which they are shown: the first one.
 */
enum am_collapse_by { AM_COLLAPSE_EXACT, AM_COLLAPSE_NEAR };
struct am_collapse;

AM_MUST_USE int am_collapse_find(struct am_collapse **out,
                                 const struct am_result *result,
                                 enum am_collapse_by by, struct am_error *err);
void am_collapse_free(struct am_collapse **collapse);
/* Messages less groups: how many are not shown in all. */
uint64_t am_collapse_hidden(const struct am_collapse *collapse);
/* The group of a message, and how many are in it.  false: no such message. */
bool am_collapse_group(const struct am_collapse *collapse, int64_t id,
                       uint32_t *group, uint32_t *size);

#endif
