/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_CONTENT_H
#define AM_STORE_CONTENT_H

#include "store/log.h"
#include "store/split.h"

/*
 * Message bytes into the log and out of it: blocks of skeletons, frames of
 * attachments.  Knows no catalog: where a block or blob lies is asked through
 * struct am_content_index.
 */
struct am_content_index {
	void *user;
	/* AM_OK and *pos, or AM_END when it is not in the archive. */
	int (*find_block)(void *user, uint64_t block, uint64_t *pos,
	                  struct am_error *err);
	int (*find_blob)(void *user, const uint8_t hash[AM_SHA256_LEN],
	                 uint64_t *pos, struct am_error *err);
	/* Writing: one more is in the log (a blob: all its frames are; pos is
	 * that of the first).  Called on the writer's thread.  What was told
	 * here, find_* must find. */
	int (*add_block)(void *user, uint64_t block, uint64_t pos,
	                 struct am_error *err);
	int (*add_blob)(void *user, const uint8_t hash[AM_SHA256_LEN],
	                uint64_t size, uint64_t pos, struct am_error *err);
	/* A block is full and under way: what was put before the present
	 * message lies in this block and earlier ones, so now is the time for
	 * am_content_items().  May be NULL. */
	int (*full)(void *user, struct am_error *err);
};

/*
 * Writing.  Full blocks and frames are packed by `workers` threads and appended
 * in order; at most a few are under way, so memory stays bounded.
 *
 * After AM_FATAL the run is over: what was appended is not committed.  After
 * AM_FAILED (the message cannot be read) the next may be put.
 */
struct am_content_writer;
AM_MUST_USE int am_content_writer_new(struct am_content_writer **out,
                                      struct am_log *log,
                                      const struct am_content_index *index,
                                      uint64_t next_block, unsigned workers,
                                      struct am_error *err);
/* Puts the bytes and fills split->recipe.extents (in the split's arena). Blobs
 * already there are not written again. */
AM_MUST_USE int am_content_put(struct am_content_writer *writer,
                               const struct am_blob *raw,
                               struct am_split *split, struct am_error *err);
/* A run of items behind all that is under way; what they name must not lie in
 * the open block.  Copied. */
AM_MUST_USE int am_content_items(struct am_content_writer *writer,
                                 const uint8_t *items, size_t len,
                                 struct am_error *err);
/* Close the open block.  Then only am_content_flush() is missing. */
AM_MUST_USE int am_content_close_block(struct am_content_writer *writer,
                                       struct am_error *err);
/* Close the open block and append all that is under way; before each commit. */
AM_MUST_USE int am_content_flush(struct am_content_writer *writer,
                                 struct am_error *err);
/* Size of the blocks begun from now on, up to AM_BLOCK_MOST; larger ones pack
 * better and take longer to reach into.  From the start: AM_BLOCK_MAX, or much
 * less with zlib, whose window is too small to gain by more. */
#define AM_BLOCK_MOST (8u << 20)
void am_content_block_size(struct am_content_writer *writer, size_t size);
uint64_t am_content_next_block(const struct am_content_writer *writer);
void am_content_writer_free(struct am_content_writer **writer);

/*
 * Reading.  Keeps a few unpacked blocks, so messages read in stored order cost
 * one unpacking a block.  One thread per reader; several readers may share a
 * log that is opened read-only by each.
 */
struct am_content_reader;
AM_MUST_USE int am_content_reader_new(struct am_content_reader **out,
                                      struct am_log *log,
                                      const struct am_content_index *index,
                                      const struct am_limits *limits,
                                      const char *tmpdir, struct am_error *err);
void am_content_reader_free(struct am_content_reader **reader);
/* The raw bytes again; their hash is always checked: AM_FAILED with
 * AM_E_CORRUPT when they are not the message any more.  Small ones in memory,
 * large ones spooled. */
AM_MUST_USE int am_content_get(struct am_content_reader *reader,
                               const struct am_recipe *recipe,
                               enum am_eol_class eol, uint64_t size,
                               const uint8_t hash[AM_SHA256_LEN],
                               struct am_blob **out, struct am_error *err);
/* All frames of one blob unpacked and hashed: for verify. */
AM_MUST_USE int am_content_check_blob(struct am_content_reader *reader,
                                      const uint8_t hash[AM_SHA256_LEN],
                                      uint64_t pos, struct am_error *err);

#endif
