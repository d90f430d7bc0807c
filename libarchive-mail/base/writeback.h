/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_WRITEBACK_H
#define AM_BASE_WRITEBACK_H

#include "base/compiler.h"

/*
 * What was written lies in the system's memory until somebody syncs it, who
 * then waits for all of it.  Here the disk may begin now and nobody waits.  A
 * hint and no promise: only am_sync_fd() says that it is there.
 */
/* The range of the file; len 0: from there to its end. */
void am_write_back(int fd, uint64_t at, uint64_t len);
/* All of the file of that name. */
void am_write_back_path(const char *path);

#endif
