/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_TEXTS_H
#define AM_INDEX_TEXTS_H

#include "base/error.h"

/*
 * The beginning of each message's text, so that the line around what was found
 * can be shown without unpacking a block of the archive, which takes as long as
 * searching does.  One flat file a shard; several are joined by copying.
 *
 *   0   8  "amtexts\0"
 *   8   4  version 2
 *   12  4  CRC-32 of the header with this field 0
 *   16  8  documents n
 *   24  8  offset of the table
 *   32  16 reserved, 0
 *   48     groups of texts, each
 *     0  4  bytes packed
 *     4  4  bytes unpacked
 *     8     a zstd frame
 *   table  n records by ascending id, 16 bytes each:
 *     0  4  id
 *     4  6  offset of the group
 *     10 3  where in the unpacked group the text begins
 *     13 2  its length
 *     15 1  1: there is more of it in the message
 * All little-endian.
 *
 * A text is a row of pieces as index/content.h gives them, each behind the byte
 * of its region and its length as a varint; AM_REGION_SOURCE names the file
 * that the pieces behind it come from.
 */

#define AM_TEXT_MAX 32768 /* of one message */

/* Writing; ids ascending. */
struct am_texts_writer;
AM_MUST_USE int am_texts_create(struct am_texts_writer **out, const char *path,
                                struct am_error *err);
AM_MUST_USE int am_texts_add(struct am_texts_writer *writer, uint32_t id,
                             const uint8_t *text, size_t len, bool more,
                             struct am_error *err);
AM_MUST_USE int am_texts_finish(struct am_texts_writer **writer,
                                struct am_error *err);
void am_texts_abandon(struct am_texts_writer **writer);
/* Files of ascending, disjoint ids into a new one. */
AM_MUST_USE int am_texts_merge(const char *const *paths, size_t n,
                               const char *to, struct am_error *err);

/* Reading; ids that ascend share what was unpacked.  One handle, one thread. */
struct am_texts;
AM_MUST_USE int am_texts_open(struct am_texts **out, const char *path,
                              struct am_error *err);
void am_texts_close(struct am_texts **texts);
uint64_t am_texts_documents(const struct am_texts *texts);
/* AM_END: no such document.  The text is the handle's, until the next call. */
AM_MUST_USE int am_texts_find(struct am_texts *texts, uint32_t id,
                              const uint8_t **text, size_t *len, bool *more,
                              struct am_error *err);

#endif
