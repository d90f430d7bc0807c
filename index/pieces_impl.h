/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_PIECES_IMPL_H
#define AM_INDEX_PIECES_IMPL_H

#include "index/index_impl.h"
#include "index/places.h"
#include "index/vocabulary.h"

#include <glib.h>

/* What index/pieces.c and index/piece_rows.c have in common. */

/* A set of documents, those of a shard behind those of the shards before. */
struct am_piece_bits {
	uint64_t *words;
	size_t n, first; /* of the shard that is looked at */
};
struct am_piece_bits am_piece_bits_new(const struct am_index *index);

static inline bool am_piece_has(const struct am_piece_bits *b, size_t at)
{
	return at < b->n && (b->words[at / 64] >> (at % 64) & 1);
}

static inline void am_piece_set(struct am_piece_bits *b, size_t at)
{
	if (at < b->n)
		b->words[at / 64] |= UINT64_C(1) << (at % 64);
}

/* Bits of a shard: documents are numbered from 1. */
static inline size_t am_piece_room(const struct am_index *index, size_t shard)
{
	return (size_t)am_places_documents(index->places[shard]) + 1;
}

/*
 * A piece is one word of what is sought, '\n' at an end that is the word's own;
 * at the other more letters may follow.
 */
bool am_piece_fits(const GString *piece, const char *word, size_t len);
/* Words that it may fit. */
struct am_vocabulary_part am_piece_part(const GString *piece);

/* Of `all`, leaves what may have the pieces in a row. */
AM_MUST_USE int am_piece_rows(struct am_index *index, const GPtrArray *pieces,
                              struct am_piece_bits *all, struct am_error *err);

#endif
