/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_SEARCH_RETURN_H
#define AM_SERVE_SEARCH_RETURN_H

#include "serve/session_impl.h"

/* "-1:-100": a part of what was found, from its end (RFC 9394). */
struct am_partial {
	bool backwards;
	uint64_t first, last;
};
bool am_partial_read(struct am_partial *out, const struct am_imap_value *v);
/* Of n, those from *from on and before *to. */
void am_partial_cut(const struct am_partial *partial, size_t n, size_t *from,
                    size_t *to);

/* How a SEARCH or SORT is to be answered. */
struct am_search_return {
	bool extended; /* ESEARCH */
	bool min, max, count, all, save, partial, relevancy;
	struct am_partial part;
};
bool am_search_return_read(struct am_search_return *out,
                           const struct am_imap_value *list);
/* rows: places in the session's view.  sorted: their order means something.
 * highest 0: not asked; scores: of each, NULL: not asked. */
void am_search_answer(struct am_session *s, const struct am_search_return *r,
                      const char *word, const uint32_t *rows, size_t n,
                      bool uid, bool sorted, uint64_t highest,
                      const GArray *scores);

#endif
