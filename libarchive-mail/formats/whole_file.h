/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_WHOLE_FILE_H
#define AM_FORMATS_WHOLE_FILE_H

#include "base/error.h"

/*
 * A file that is written from front to back and is there only when it is whole:
 * for sinks that are whole at the end (am_sink.whole_at_end).  A file that is
 * there already is not written over; a pipe or /dev/stdout is written to as it
 * is.
 */
struct am_whole;

/* AM_E_EXISTS; AM_E_ARGUMENT for a directory.  What a killed process left of
 * one of that name goes. */
AM_MUST_USE int am_whole_open(struct am_whole **out, const char *path,
                              struct am_error *err);
/* The same for a file of one's own, which may be there and is then replaced. */
AM_MUST_USE int am_whole_open_over(struct am_whole **out, const char *path,
                                   struct am_error *err);
AM_MUST_USE int am_whole_write(struct am_whole *file, const void *data,
                               size_t len, struct am_error *err);
/* On disk and under its name; nothing can be written any more. */
AM_MUST_USE int am_whole_commit(struct am_whole *file, struct am_error *err);
/* Without a commit before it: nothing is left. */
void am_whole_close(struct am_whole **file);

#endif
