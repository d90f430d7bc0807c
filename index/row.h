/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_ROW_H
#define AM_INDEX_ROW_H

#include "index/columns.h"
#include "index/content.h"

struct am_arena;
struct am_blob;
struct am_overview;

/*
 * A message's row of the columns.  What is alike in it:
 *
 * exact  The hash of the sender, the bare subject and the bytes of the body,
 *        line ends aside: one mail that came by several roads, whatever they
 *        wrote into its header.
 * near   Eight minima over the runs of three words in its text (MinHash, 16
 *        bits each): two mails agree in so many of the eight as their texts
 *        have runs in common.  All 0 when there are too few words to tell.
 */
#define AM_NEAR_WORDS 16 /* fewer words are only alike when they are equal */

/* Everything but id and near.  Texts live in the arena. */
AM_MUST_USE int am_row_read(struct am_row *out, const struct am_blob *raw,
                            const struct am_facts *facts,
                            struct am_arena *arena, struct am_error *err);
/* near, of the words in order. */
void am_row_near(struct am_row *row, const uint64_t *hashes, size_t n_hashes,
                 const uint32_t *words, size_t n_words);

/* The subject without Re:, Fwd: and [list], folded: what sorting and threads
 * by subject compare.  The arena's. */
char *am_row_subject(struct am_arena *arena, const char *subject);
/* The sender's address, else what stands there, folded.  The arena's. */
const char *am_row_sender(struct am_arena *arena, const char *from);
/* The hash by which Message-IDs are known; 0 for NULL and "". */
uint64_t am_row_id(const char *message_id);

#endif
