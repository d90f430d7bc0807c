/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_BLOB_H
#define AM_BASE_BLOB_H

#include "base/error.h"

struct am_file;   /* a shared, read-only, open file */
struct am_reader; /* a one-way stream of bytes, see base/reader.h */

/*
 * A blob is a finite run of bytes that never changes.  It may live in memory,
 * in a slice of an open file (an mbox is one file and many slices, no copy), or
 * in an unlinked spool file.  Nobody but blob.c knows which.
 *
 * Blobs are counted: ref before keeping, unref when done.  Any thread may read
 * any blob it holds, from any offset, as often as it likes.
 */
struct am_blob;

AM_MUST_USE int am_blob_copy(struct am_blob **out, const void *data, size_t len,
                             struct am_error *err);
AM_MUST_USE int am_blob_slice(struct am_blob **out, struct am_file *file,
                              uint64_t offset, uint64_t len,
                              struct am_error *err);
/* Takes `data`, which came from g_malloc(); it goes with the blob. */
AM_MUST_USE int am_blob_take(struct am_blob **out, void *data, size_t len,
                             struct am_error *err);
/* A piece of another blob, without a copy; holds a reference on it. */
AM_MUST_USE int am_blob_range(struct am_blob **out, struct am_blob *of,
                              uint64_t offset, uint64_t len,
                              struct am_error *err);
struct am_blob *am_blob_ref(struct am_blob *blob);
void am_blob_unref(struct am_blob **blob); /* *blob becomes NULL */

/* All its bytes when they lie in memory anyway, else NULL: a shortcut for the
 * common small message, never a reason to read a large one in. */
const uint8_t *am_blob_bytes(const struct am_blob *blob);
uint64_t am_blob_size(const struct am_blob *blob);
/* Read at offset, like pread(2); *got < want only at the end. */
AM_MUST_USE int am_blob_read(const struct am_blob *blob, uint64_t offset,
                             void *buf, size_t want, size_t *got,
                             struct am_error *err);
/* A reader over the whole blob; it holds its own reference. */
AM_MUST_USE int am_blob_open(const struct am_blob *blob, struct am_reader **out,
                             struct am_error *err);

/*
 * A spool turns a stream into a blob.  It keeps up to `memory` bytes on the
 * heap, then moves to an unlinked file in tmpdir.
 * seal() ends it; drop() throws it away.  Either way *spool becomes NULL.
 */
struct am_spool;

AM_MUST_USE int am_spool_open(struct am_spool **out, size_t memory,
                              const char *tmpdir, struct am_error *err);
AM_MUST_USE int am_spool_write(struct am_spool *spool, const void *data,
                               size_t len, struct am_error *err);
AM_MUST_USE int am_spool_seal(struct am_spool **spool, struct am_blob **out,
                              struct am_error *err);
void am_spool_drop(struct am_spool **spool);

#endif
