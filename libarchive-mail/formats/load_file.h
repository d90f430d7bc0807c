/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_LOAD_FILE_H
#define AM_FORMATS_LOAD_FILE_H

#include "base/error.h"

struct am_blob;
struct am_ctx;

/* What was found in a file. */
struct am_loaded_file {
	struct am_blob *blob; /* yours to unref */
	int64_t mtime;
	uint64_t stored; /* bytes on disk */
	bool packed;     /* they were compressed, the blob is not */
};

/*
 * The bytes of one message that is a file.  A small file is read at once; of a
 * large one the blob is a slice.  Files compressed by Dovecot's zlib plugin (a
 * mail does not begin with a compressor's magic) are unpacked.
 *
 * name is relative to dir_fd, path the same from where the program stands.
 * Not a regular file: AM_FAILED at once, never a hang.  AM_E_NOTFOUND when it
 * is not there (any more).
 */
AM_MUST_USE int am_load_file(struct am_loaded_file *out, int dir_fd,
                             const char *name, const char *path,
                             struct am_ctx *ctx, struct am_error *err);

#endif
