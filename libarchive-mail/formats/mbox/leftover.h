/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_LEFTOVER_H
#define AM_FORMATS_MBOX_LEFTOVER_H

#include "base/compiler.h"

struct am_ctx;

/*
 * What a run of ours left that was killed while it wrote to the mbox at path,
 * or to those in the tree there: half a message at an mbox's end goes, with all
 * that was put behind the last commit, and so do files that never got their
 * names.  By its lock (lock.h) such a run is known, and what it was doing;
 * where anything does not agree with that, nothing is touched.  Before the
 * target is read or written to.
 */
void am_mbox_leftover_clear(const char *path, bool tree, struct am_ctx *ctx);

#endif
