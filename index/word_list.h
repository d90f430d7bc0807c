/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_WORD_LIST_H
#define AM_INDEX_WORD_LIST_H

#include "index/query_run.h"

/*
 * The words of an index that a word with stars, or one that is not spelled out,
 * stands for: a hundred thousand of them, when one types "com".
 *
 * Who types asks again with each letter, so the memory for them goes back to
 * the index and is the next list's: pages that the kernel has to give anew take
 * as long as all else.
 */
struct am_listed {
	uint32_t at; /* of its term: where in the list's text */
	uint16_t len;
	bool only;      /* it is in one document */
	uint32_t first; /* its newest document; AM_LISTED_DONE: no more of it */
};
#define AM_LISTED_DONE UINT32_MAX

struct am_word_list;
/* No words; freed before the index. */
struct am_word_list *am_word_list_new(struct am_index *index);
void am_word_list_free(struct am_word_list **list);
/* Those of each shard that the matcher takes, with the letter of a region in
 * front, or without (0). */
AM_MUST_USE int am_word_list_fill(struct am_word_list *list,
                                  struct am_matcher *matcher, char letter,
                                  struct am_error *err);
/* Ascending. */
struct am_listed *am_word_list_of(struct am_word_list *list, size_t shard,
                                  size_t *n);
const char *am_word_list_text(const struct am_word_list *list,
                              const struct am_listed *listed);

void am_word_room_clear(struct am_word_room *room);

#endif
