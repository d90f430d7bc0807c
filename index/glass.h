/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_GLASS_H
#define AM_INDEX_GLASS_H

#include "base/error.h"

/*
 * A Xapian database in one go, from keys that come sorted.
 *
 * Xapian takes documents; it turns them round in trees of small pieces, at two
 * microseconds for each word of each message, which was four fifths of the cost
 * of indexing.  We know all words of a shard before we write it, and a shard is
 * never changed: so its one table is laid down here block by block, in the
 * format of Xapian's own (Glass, unchanged since Xapian 1.4.0), and everything
 * else (searching, joining shards, checking them) stays Xapian's business.
 *
 * postlist.glass: a B-tree of blocks of 8 KiB; numbers big-endian.
 *
 *   0   4  revision, 1
 *   4   1  level; 0 is a leaf
 *   5   2  free bytes between directory and items
 *   7   2  free bytes in all, the same here
 *   9   2  end of the directory
 *   11     directory: offsets of the items (2), ascending by key
 *          … items, from the end of the block down
 *
 *   leaf item    2  flags (0x4000 last, 0x2000 first part of a value) + size -
 * 3 1  length of the key, key 2  number of the part, unless it is the first
 *                   value, or the part of it
 *   branch item  4  number of a block
 *                1  length of the key, key: nothing in the block is below it
 *                2  number of the part
 *
 * The first leaf begins with an item without key and value; the first key of a
 * branch is empty.
 *
 * iamglass: which blocks are the roots, and the statistics.  The other tables
 * of a database are not there, which Xapian takes for empty.
 */

#define AM_GLASS_KEY_MAX 255
#define AM_GLASS_BLOCK   8192
#define AM_GLASS_HEADER  11 /* of a block */
#define AM_GLASS_FIRST   0x2000
#define AM_GLASS_LAST    0x4000
#define AM_GLASS_LEVELS  10 /* that Xapian takes */

struct am_glass_stats {
	uint32_t documents, last; /* id */
	/* Lengths are sums of the weights of a document's terms; the least
	 * above 0. */
	uint32_t least, most, most_weight;
	uint64_t total;
};

struct am_glass;
/* In a directory that is there. */
AM_MUST_USE int am_glass_create(struct am_glass **out, const char *dir,
                                struct am_error *err);
/* Keys ascend as memcmp() has it, the shorter first. */
AM_MUST_USE int am_glass_add(struct am_glass *glass, const uint8_t *key,
                             size_t key_len, const uint8_t *value, size_t len,
                             struct am_error *err);
AM_MUST_USE int am_glass_finish(struct am_glass **glass,
                                const struct am_glass_stats *stats,
                                struct am_error *err);
void am_glass_abandon(struct am_glass **glass);

/* Reading one that was written here, from front to back or from a key on.  What
 * next() gives is the reader's, until the next call; AM_END: that was all. */
struct am_glass_reader;
AM_MUST_USE int am_glass_reader_open(struct am_glass_reader **out,
                                     const char *dir, struct am_error *err);
void am_glass_reader_close(struct am_glass_reader **reader);
/* Before the first is read: through the table in memory (base/map.h), where
 * that can be.  torn(): what was given may be wrong. */
void am_glass_reader_map(struct am_glass_reader *reader);
bool am_glass_reader_torn(const struct am_glass_reader *reader);
AM_MUST_USE int am_glass_next(struct am_glass_reader *reader,
                              const uint8_t **key, size_t *key_len,
                              const uint8_t **value, size_t *len,
                              struct am_error *err);
/* What next() gives from then on begins with the last key that is not behind
 * this one. */
AM_MUST_USE int am_glass_seek(struct am_glass_reader *reader,
                              const uint8_t *key, size_t len,
                              struct am_error *err);
/* AM_FAILED, AM_E_CORRUPT: what is in the table is not as we write it. */
int am_glass_damaged(const struct am_glass_reader *reader,
                     struct am_error *err);

#endif
