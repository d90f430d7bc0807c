/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_APPEND_FILE_H
#define AM_FORMATS_APPEND_FILE_H

#include "base/error.h"

/*
 * A file that grows at its end: what was committed stays, whatever happens;
 * what was written since goes again with am_append_close(), and what a killed
 * process left behind the last line end is written over by the next one.
 * Nothing is changed before the first write or commit.  Locked (flock(2)) while
 * it is open.
 *
 * What is no regular file (a pipe, /dev/stdout) is written to as it is:
 * nothing in it can be taken back.
 */
struct am_append;

/* AM_E_BUSY when another process has it. */
AM_MUST_USE int am_append_open(struct am_append **out, const char *path,
                               struct am_error *err);
/* Bytes so far, the written ones among them; where the next go. */
uint64_t am_append_size(const struct am_append *file);
/* Of what was there when it was opened: bytes behind its last line end that
 * will go, 0: none. */
uint64_t am_append_torn(const struct am_append *file);
AM_MUST_USE int am_append_write(struct am_append *file, const void *data,
                                size_t len, struct am_error *err);
/* Forget what was written from there on (am_append_size() before). */
AM_MUST_USE int am_append_cut(struct am_append *file, uint64_t size,
                              struct am_error *err);
AM_MUST_USE int am_append_commit(struct am_append *file, struct am_error *err);
/* A file that was made here and never committed is no file. */
void am_append_close(struct am_append **file);

#endif
