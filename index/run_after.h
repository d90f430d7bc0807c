/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_RUN_AFTER_H
#define AM_INDEX_RUN_AFTER_H

#include "index/query_run.h"

/*
 * "annual rep*": the last word may be any of thousands, and each document has
 * several of them.  So of each document of a stretch that has the words in
 * front and a word that begins so it is found out once what follows on those in
 * front; then each of the thousands is only compared.
 *
 * A document's order knows how its words begin, by and large (am_word_head):
 * mostly that leaves a handful of documents, and for a single letter nothing is
 * left to compare.
 */
#define AM_AFTER_MAX                                            \
	262144 /* documents of a stretch: 40 MB at most, mostly \
	        */

struct am_front {
	const struct am_word *words;
	size_t n;
	char letter;          /* of their terms; 0: none */
	char beginning[16];   /* of the last, as a term; */
	size_t beginning_len; /* 0: of several */
	uint8_t head, mask;   /* what all of the last have in common */
	bool all;             /* and nothing else has */
};
/* They all begin so; `any`: and any word that does is one of them. */
void am_front_begins(struct am_front *front, const char *text, size_t len,
                     bool any);
/* Documents of a stretch, a bit each; fits am_postings_each. */
struct am_marks {
	uint32_t first; /* the lowest bit */
	size_t n;       /* of the words */
	uint64_t *words;
};
struct am_marks am_marks_new(uint32_t first, uint32_t last);
void am_marks_add(void *marks, const uint32_t *documents, size_t n);

struct am_after;
/* Finds the documents that have the words in front.  The front stays the
 * caller's, and where it is. */
AM_MUST_USE int am_after_new(struct am_after **out, struct am_places *places,
                             struct am_postings *postings, uint32_t first,
                             uint32_t last, const struct am_front *front,
                             uint32_t regions, struct am_error *err);
void am_after_free(struct am_after **after);
/* Is it known sooner which documents have any of this many words than what is
 * behind the words in front? */
bool am_after_narrows(const struct am_after *after, size_t words);
/* Leaves of them those that are marked. */
void am_after_only(struct am_after *after, const struct am_marks *marks);
/* Leaves those that may have one of the words behind: looks at each.  Before
 * anything of the following. */
AM_MUST_USE int am_after_sift(struct am_after *after, struct am_error *err);
/* Those that are left, and how many. */
const struct am_marks *am_after_marks(const struct am_after *after);
bool am_after_fits(const struct am_after *after, uint32_t document);
uint32_t am_after_fronts(const struct am_after *after);
/* Does this word, which is in the document, follow on those in front there? */
bool am_after_has(const struct am_after *after, uint32_t document,
                  uint64_t hash);
/* Documents (uint32_t), ascending, in which it may be this word that follows:
 * in those of them that have it, it does.  Not those in front of `from`. */
void am_after_may(struct am_after *after, uint64_t hash, uint32_t from,
                  struct _GArray *documents);

#endif
