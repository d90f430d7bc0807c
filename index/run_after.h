/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_RUN_AFTER_H
#define AM_INDEX_RUN_AFTER_H

#include "index/query_run.h"

/*
 * "annual rep*": the last word may be any of thousands, and each document has
 * several of them.  So of each document of a stretch that has the words in
 * front and one of the thousands it is found out once what follows on those in
 * front; then each of the thousands is only compared.
 */
#define AM_AFTER_MAX                                            \
	262144 /* documents of a stretch: 40 MB at most, mostly \
	        */

struct am_front {
	const struct am_word *words;
	size_t n;
	char letter; /* of their terms; 0: none */
};
struct am_after;
AM_MUST_USE int am_after_new(struct am_after **out, struct am_index *index,
                             size_t shard, uint32_t first, uint32_t last,
                             const struct am_front *front, uint32_t regions,
                             struct am_error *err);
void am_after_free(struct am_after **after);
/* Does this word, which is in the document, follow on those in front there? */
AM_MUST_USE int am_after_has(struct am_after *after, uint32_t document,
                             uint64_t hash, bool *out, struct am_error *err);
/* Which documents of the stretch have the words in front, a bit each; and how
 * many. */
const uint64_t *am_after_mask(const struct am_after *after);
bool am_after_fits(const struct am_after *after, uint32_t document);
uint32_t am_after_fronts(const struct am_after *after);
/* Documents (uint32_t), ascending, in which it may be this word that follows:
 * in those of them that have it, it does. */
AM_MUST_USE int am_after_may(struct am_after *after, uint64_t hash,
                             struct _GArray *documents, struct am_error *err);

#endif
