/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_BEHIND_H
#define AM_INDEX_BEHIND_H

#include "base/error.h"
#include "index/order.h"

/*
 * What stands behind a row of words in each of many documents, found out once:
 * then each of thousands of words is only compared with it.
 *
 * Tens of thousands of documents are looked at by as many threads as there are
 * processors; what is found is the same.
 */
struct am_places;

struct am_behind_row {
	struct am_places *places;
	uint64_t hashes[AM_PHRASE_MAX]; /* of the row's words */
	size_t n;
	uint32_t regions;
	uint8_t head, mask; /* only what begins so (am_order_begins) */
};

struct am_behind;
/* The row stays the caller's, and where it is. */
struct am_behind *am_behind_new(const struct am_behind_row *row);
void am_behind_free(struct am_behind **behind);
/* Looks at these, ascending, instead of those looked at before. */
AM_MUST_USE int am_behind_look_at(struct am_behind *behind,
                                  const uint32_t *documents, size_t n,
                                  struct am_error *err);
/* Documents with something behind the row, in the order of looking. */
size_t am_behind_documents(const struct am_behind *behind);
uint32_t am_behind_document(const struct am_behind *behind, size_t i);
/* Of which word am_behind_has is asked from now on. */
void am_behind_word(struct am_behind *behind, uint64_t hash);
/* Does it stand behind the row in document i, which has it somewhere? */
bool am_behind_has(const struct am_behind *behind, size_t i);

#endif
