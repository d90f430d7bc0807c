/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_SEARCH_H
#define AM_SERVE_SEARCH_H

#include "serve/session_impl.h"

/*
 * A search as a tree of criteria, and whether a message meets it.  Criteria are
 * tried cheapest first: what a row says, what the catalog knows, and only then
 * the message.
 */
struct am_search;

/* From args[*at] on, to their end; charset NULL: UTF-8.  NULL: BAD or NO was
 * said. */
struct am_search *am_search_parse(struct am_session *s, am_args args, size_t n,
                                  const char *charset);
void am_search_free(struct am_search **search);
/* How far down it looks, a UID, where it is too many to look at all it may be
 * about (limit.h); 0: at all. */
uint32_t am_search_lowest(const struct am_session *s,
                          const struct am_search *search);
/* Rows (uint32_t: places in the session's view) that meet it, ascending; false:
 * NO was said. */
bool am_search_run(struct am_session *s, struct am_search *search, GArray *rows,
                   uint64_t *highest);
/* FUZZY was among the criteria (RFC 6203). */
bool am_search_is_fuzzy(const struct am_search *search);
/* How well each fits: uint8_t, 1 to 100, one for each UID. */
GArray *am_search_scores(const struct am_search *search);
/* MODSEQ was among the criteria. */
bool am_search_asks_modseq(const struct am_search *search);

#endif
