/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_BATCH_LEFT_H
#define AM_FORMATS_BATCH_LEFT_H

#include "base/compiler.h"

/*
 * Temporary files of a batch (batch.h) that was killed.  Each process has its
 * start and id in the names of its files, "mailark.START.PID.N", and as long as
 * it runs a file "mailark.START.PID.lock" beside them with flock(2) on it,
 * which goes with the process.
 */
#define AM_BATCH_PREFIX "mailark."

struct am_batch_lock {
	int fd; /* -1: none */
	char *name;
};

/* Those of processes that are no more go, and what nobody has touched for 36
 * hours; how many. */
unsigned am_batch_left_clear(int tmp_fd);
/* *start may be moved on so that the name is free.  Where locks cannot be had,
 * there is none. */
void am_batch_left_lock(struct am_batch_lock *out, int tmp_fd, int64_t *start,
                        int64_t pid);
void am_batch_left_unlock(struct am_batch_lock *lock, int tmp_fd);

#endif
