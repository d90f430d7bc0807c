/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_VOCABULARY_H
#define AM_INDEX_VOCABULARY_H

#include "base/error.h"

/*
 * The words of a shard, one behind the other: a few megabytes in which "*foo*"
 * and "foo~" are found in milliseconds, where going through the terms of the
 * table takes a third of a second.  Beside each word its newest document: who
 * wants the newest page need not look up the words that are in older ones only,
 * and most are.  Words of one document only, which is most of all, need not be
 * looked up at all.
 *
 *   0   8  "amwords\0"
 *   8   4  version 1
 *   12  4  CRC-32 of the header with this field 0
 *   16  8  words
 *   24  8  offset of the table
 *   32  16 reserved, 0
 *   48     the words as their terms are, the letter of a region in front, each
 *          followed by its first document: the digits of its number to the
 *          base of 16, the lowest first, as bytes 0x10 to 0x1f; a 0 more at
 *          the end: it is the only one
 *   table  for each AM_VOCABULARY_STEP-th word where it begins, 8 bytes,
 *          counted from the first
 * All little-endian.
 */
#define AM_VOCABULARY_STEP 128

/* Writing; terms ascend.  What is no word is passed over. */
struct am_vocabulary_writer;
AM_MUST_USE int am_vocabulary_create(struct am_vocabulary_writer **out,
                                     const char *dir, struct am_error *err);
AM_MUST_USE int am_vocabulary_add(struct am_vocabulary_writer *writer,
                                  const uint8_t *term, size_t len,
                                  uint32_t document, bool only,
                                  struct am_error *err);
AM_MUST_USE int am_vocabulary_finish(struct am_vocabulary_writer **writer,
                                     struct am_error *err);
void am_vocabulary_abandon(struct am_vocabulary_writer **writer);

/* Reading.  One handle, one thread. */
struct am_vocabulary;
AM_MUST_USE int am_vocabulary_open(struct am_vocabulary **out, const char *dir,
                                   struct am_error *err);
void am_vocabulary_close(struct am_vocabulary **vocabulary);
uint64_t am_vocabulary_words(const struct am_vocabulary *vocabulary);

/* fn returning other than AM_OK ends it and is handed back. */
typedef int am_vocabulary_fn(void *user, const char *word, size_t len,
                             uint32_t first, bool only, struct am_error *err);
struct am_vocabulary_part {
	char letter;           /* of a region; 0: words as they are */
	const char *beginning; /* all words that begin so */
	size_t beginning_len;
	const char *piece; /* NULL, or what is in each of them */
	size_t piece_len;
};
/* Ascending, without the letter. */
AM_MUST_USE int am_vocabulary_each(struct am_vocabulary *vocabulary,
                                   const struct am_vocabulary_part *part,
                                   am_vocabulary_fn *fn, void *user,
                                   struct am_error *err);

#endif
