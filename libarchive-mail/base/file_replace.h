/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_FILE_REPLACE_H
#define AM_BASE_FILE_REPLACE_H

#include "base/error.h"

/*
 * A file written beside its final name, which it takes only when it is whole
 * and on the disk.  For files written piece by piece; am_file_replace() is the
 * same for bytes that are all there.
 *
 *   open   a new file "PATH.xxxxxxxx.tmp" in the folder of path; its mode is
 *          that of an existing path, else 0666 less umask.  *temp is freed by
 *          the other two.
 *   commit sync, rename, sync of the folder; when that fails, the temporary
 *          file goes.
 *   place  the rename alone: of many files whose bytes one syncfs(2) has
 *          brought to disk, and whose names another one will.
 *   drop   the temporary file goes, path is as it was.
 *
 *   clear  temporary files of that path that a killed process left go: those
 *          that nobody holds open, by the lock (flock(2)) that open takes.
 *
 * After commit, place or drop *fd is -1 and *temp NULL, and either does nothing
 * more.
 */
AM_MUST_USE int am_file_replace_open(int *out, char **temp, const char *path,
                                     struct am_error *err);
AM_MUST_USE int am_file_replace_commit(int *fd, char **temp, const char *path,
                                       struct am_error *err);
AM_MUST_USE int am_file_replace_place(int *fd, char **temp, const char *path,
                                      struct am_error *err);
void am_file_replace_drop(int *fd, char **temp);
void am_file_replace_clear(const char *path);

#endif
