/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_BUILD_H
#define AM_INDEX_BUILD_H

#include "index/state.h"

#include <glib.h>

struct am_archive;
struct am_ctx;
struct am_extractor;
struct am_invert;

/*
 * Making and joining shards, for update.c and its workers.  Nothing here is
 * seen by a reader: that takes a new state.
 */

/*
 * How far one shard of a worker goes: the more it holds, the less there is to
 * join later, which also leaves posting lists in the pieces they came in.
 */
#define AM_BATCH_DOCUMENTS    16384
#define AM_BATCH_MEMORY_LEAST (4u << 20) /* of am_invert_bytes() */

/* Documents in the making, of one worker. */
struct am_reading;
struct am_reading *am_reading_new(void);
void am_reading_free(struct am_reading **reading);

struct am_batch {
	const char *dir;
	const uint32_t *ids; /* ascending */
	size_t n, memory;
	struct am_ctx *ctx;
	struct am_extractor *extractor; /* NULL: files are not read */
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
                               struct am_reading *reading,
                               struct am_invert *invert, struct am_error *err);
/* Several into one that covers their ids; the old ones stay. */
AM_MUST_USE int am_build_merge(struct am_shard *out, const char *dir,
                               const struct am_shard *from, size_t n,
                               struct am_error *err);
/* Its files on the disk for good. */
AM_MUST_USE int am_build_sync(const char *dir, const struct am_shard *shard,
                              struct am_error *err);
void am_build_remove(const char *dir, const struct am_shard *shard);

#endif
