/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_TARGET_H
#define AM_FORMATS_MBOX_TARGET_H

#include "formats/mbox/compose.h"

#include <sys/types.h>

/*
 * One mbox file that is written.  A new one grows under another name beside
 * its own and is renamed at its first commit.  One that is there is only ever
 * appended to, under a lock that other mail programs know (dotlock, flock and
 * fcntl), and cut back to the last commit when the work is broken off.
 */
struct am_mbox_target;

/* Nothing is opened yet. */
struct am_mbox_target *am_mbox_target_new(const char *path, bool mmdf,
                                          struct am_ctx *ctx);
/* Undoes what was not committed. */
void am_mbox_target_free(struct am_mbox_target **target);

/* Make it exist, if only as an empty file. */
AM_MUST_USE int am_mbox_target_touch(struct am_mbox_target *target,
                                     struct am_error *err);
AM_MUST_USE int am_mbox_target_put(struct am_mbox_target *target,
                                   const struct am_mbox_plan *plan,
                                   const struct am_message *msg,
                                   const struct am_mbox_style *style,
                                   struct am_error *err);
/* What commit() is to bring to disk is in the file; false: nothing is. */
AM_MUST_USE int am_mbox_target_flush(struct am_mbox_target *target, bool *dirty,
                                     struct am_error *err);
/* synced: the caller has brought what was flushed to disk, and brings the name
 * there too, with that of other files. */
AM_MUST_USE int am_mbox_target_commit(struct am_mbox_target *target,
                                      bool synced, struct am_error *err);
/* On the file system of this device? */
bool am_mbox_target_is_on(const struct am_mbox_target *target, dev_t device);
/* Give back the descriptor and the buffer until the next put; what was put
 * stays uncommitted. */
AM_MUST_USE int am_mbox_target_rest(struct am_mbox_target *target,
                                    struct am_error *err);
bool am_mbox_target_resting(const struct am_mbox_target *target);

#endif
