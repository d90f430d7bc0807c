/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_LOCK_H
#define AM_FORMATS_MBOX_LOCK_H

#include "base/error.h"

/*
 * Locks on a mailbox as mail programs take them: the file "PATH.lock" for
 * those that look for it (one left for ten minutes is stale), flock(2) and
 * fcntl(2) on the file itself for the others.  AM_E_BUSY when held elsewhere.
 */
AM_MUST_USE int am_mbox_lock_dot(const char *path, char **lock,
                                 struct am_error *err);
void am_mbox_unlock_dot(char **lock); /* *lock becomes NULL */
/*
 * What whoever has the lock is doing to the file, written into it before it is
 * done: up to `safe` it is as it is to stay, and it is being written to from
 * `from` to `to`.  `sync`: that is on disk then.
 */
struct am_mbox_work {
	uint64_t safe, from, to;
};
AM_MUST_USE int am_mbox_lock_work(const char *lock,
                                  const struct am_mbox_work *work, bool sync,
                                  struct am_error *err);
/* true: left by a run of ours on this machine that is no more; *work is what it
 * did (all zeros: nothing, or nobody knows). */
bool am_mbox_lock_left(const char *lock, struct am_mbox_work *work);
AM_MUST_USE int am_mbox_lock_fd(int fd, const char *path, struct am_error *err);

#endif
