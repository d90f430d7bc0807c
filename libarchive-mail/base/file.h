/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_FILE_H
#define AM_BASE_FILE_H

#include "base/error.h"

/*
 * A shared, read-only, open file.  Counted; any thread may read it.  Only
 * regular files open: a FIFO, a device or a directory is AM_E_UNSUPPORTED at
 * once instead of a hang.
 *
 * pread(2) and not mmap: resident memory stays ours, and a file that shrinks
 * while it is read is an error code instead of SIGBUS.  (base/map.h is for
 * files that we made ourselves.)
 */
struct am_file;

AM_MUST_USE int am_file_open(struct am_file **out, const char *path,
                             struct am_error *err);
struct am_file *am_file_ref(struct am_file *file);
void am_file_unref(struct am_file **file); /* *file becomes NULL */

uint64_t am_file_size(const struct am_file *file); /* when it was opened */
const char *am_file_path(const struct am_file *file);
int am_file_fd(const struct am_file *file); /* the file's */

/* Does another process hold a lock for writing on it (fcntl(2), flock(2))?
 * Seen where the file system has such locks. */
bool am_file_write_locked(const struct am_file *file);
/* Like pread(2), but goes on after short reads; *got < want only at the end. */
AM_MUST_USE int am_file_read(const struct am_file *file, uint64_t offset,
                             void *buf, size_t want, size_t *got,
                             struct am_error *err);
/* All of it or AM_FAILED, AM_E_IO "file shrank while it was read". */
AM_MUST_USE int am_file_read_all(const struct am_file *file, uint64_t offset,
                                 void *buf, size_t want, struct am_error *err);

/* write(2) / pwrite(2) until all is written; AM_FATAL on an error. */
AM_MUST_USE int am_write_all(int fd, const void *data, size_t len,
                             const char *what, struct am_error *err);
/* fdatasync(2) of fd, or of the directory that holds path. */
AM_MUST_USE int am_sync_fd(int fd, const char *what, struct am_error *err);
AM_MUST_USE int am_sync_parent(const char *path, struct am_error *err);

/* Replace path by these bytes: temporary file, sync, rename, sync of the
 * directory.  Never leaves half a file under the name.  What is there and is no
 * file (/dev/stdout, a FIFO) is not replaced but written to. */
AM_MUST_USE int am_file_replace(const char *path, const void *data, size_t len,
                                struct am_error *err);

/* An unlinked file of this process alone, open for reading and writing, in
 * tmpdir (NULL: /tmp). */
AM_MUST_USE int am_file_temp(int *out, const char *tmpdir,
                             struct am_error *err);

/* mkdir -p, mode 0777 less umask; an existing directory is fine. */
AM_MUST_USE int am_make_dirs(const char *path, struct am_error *err);
/* rm -r of a directory we made ourselves; does not follow links.  AM_OK when
 * there is none. */
AM_MUST_USE int am_remove_tree(const char *path, struct am_error *err);

/*
 * A lock file with owner and age: `path` is created if missing, locked with
 * flock(2), and holds "pid host time command".  AM_FAILED with AM_E_BUSY names
 * that owner.  The lock goes with the process, so a stale file is no lock.
 */
struct am_lock;
AM_MUST_USE int am_lock_take(struct am_lock **out, const char *path,
                             const char *command, struct am_error *err);
void am_lock_release(struct am_lock **lock);

#endif
