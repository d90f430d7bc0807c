/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_BUILD_H
#define AM_INDEX_BUILD_H

#include "index/state.h"

#include <glib.h>

struct am_archive;
struct am_ctx;
struct am_document;

/*
 * Making and joining shards, for update.c and its workers.  Nothing here is
 * seen by a reader: that takes a new state.
 */

/*
 * How far one shard of a worker goes.  Xapian sorts what it is given in a tree
 * that outgrows the processor's cache: 6,000 list messages take 4.0 s in shards
 * of 200, 4.2 s of 500, 6.0 s of 2,000, 8.7 s in one.  But joining keeps each
 * shard's pieces of a posting list as they are: 10.9, 8.8, 6.9 and 6.3 MB.
 */
#define AM_BATCH_DOCUMENTS 500
#define AM_BATCH_TEXT      (3u * 1024 * 1024)

struct am_batch {
	const char *dir;
	const uint32_t *ids; /* ascending */
	size_t n;
	struct am_ctx *ctx;
	/* Counts what was done, from the worker's thread. */
	void (*did)(void *user, uint64_t bytes, bool failed);
	void *user;
};
/*
 * Index messages from the first on until the shard is large enough, into a
 * directory named by the ids it covers.  *took says how many of n;
 * out->documents may be less, for what cannot be read is told as a note and
 * passed over, and 0 makes no directory at all.  Ends early when the job is
 * cancelled.
 */
AM_MUST_USE int am_build_shard(struct am_shard *out, size_t *took,
                               const struct am_batch *batch,
                               struct am_archive *archive,
                               struct am_document *doc, struct am_error *err);
/* Several into one that covers their ids; the old ones stay. */
AM_MUST_USE int am_build_merge(struct am_shard *out, const char *dir,
                               const struct am_shard *from, size_t n,
                               struct am_error *err);
/* Its files on the disk for good. */
AM_MUST_USE int am_build_sync(const char *dir, const struct am_shard *shard,
                              struct am_error *err);
void am_build_remove(const char *dir, const struct am_shard *shard);

#endif
