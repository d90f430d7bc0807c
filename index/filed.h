/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_FILED_H
#define AM_INDEX_FILED_H

#include "base/error.h"

/*
 * Where messages are filed and how they are marked, document by document.  That
 * changes, and the catalog is its authority; but reading a million rows takes a
 * fifth of a second, and a page of unread mail should not.  So the catalog is
 * copied when the index is updated, as of a sequence number; what changed after
 * that is asked of the catalog (query_filed.c).
 *
 *   0   8  "amfiled\0"
 *   8   4  version 1
 *   12  4  CRC-32 of the header with this field 0
 *   16  8  the archive's id
 *   24  8  its sequence number
 *   32  4  documents n
 *   36  4  others m
 *   40  4  CRC-32 of the shards that the documents are of
 *   44  4  reserved, 0
 *   48     for each document of each shard, 6 bytes:
 *     0  4  folder; 0xffffffff: in none
 *     4  2  flags; 0x8000: it is in several places, all of them others
 *   then   m others, by document, 10 bytes each:
 *     0  4  document, counted through all shards from 0
 *     4  4  folder
 *     8  2  flags
 * All little-endian.  Keywords are not here.
 */
struct am_archive;
struct am_state;
struct am_filed;

/* What a placement must be like, all of it. */
struct am_filing {
	uint32_t flags_set, flags_unset;
	/* A bit for each folder's id; NULL: any folder. */
	const uint8_t *folders;
	size_t n_folders;
};

/* As the archive stands now, for these shards, which are at `dir`. */
AM_MUST_USE int am_filed_write(const char *dir, const struct am_state *state,
                               struct am_archive *archive,
                               struct am_error *err);
/* AM_END: there is none, or it is of other shards. */
AM_MUST_USE int am_filed_open(struct am_filed **out, const char *dir,
                              const struct am_state *state,
                              struct am_error *err);
void am_filed_close(struct am_filed **filed);
uint64_t am_filed_seq(const struct am_filed *filed);
AM_MUST_USE int am_filed_has(struct am_filed *filed, size_t shard,
                             uint32_t document, const struct am_filing *filing,
                             bool *out, struct am_error *err);
/* The folders it is in, each once; ascending documents are cheap. */
typedef void am_filed_folder_fn(void *user, uint32_t folder);
AM_MUST_USE int am_filed_folders(struct am_filed *filed, size_t shard,
                                 uint32_t document, am_filed_folder_fn *fn,
                                 void *user, struct am_error *err);

#endif
