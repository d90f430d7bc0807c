/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_POSTINGS_H
#define AM_INDEX_POSTINGS_H

#include "base/error.h"

/*
 * One term's documents, straight from a shard's table (index/lists.h).
 *
 * A word that stands for thousands needs all their lists, and Xapian gives them
 * document by document, through a list of blocks and objects of its own: forty
 * nanoseconds each, and microseconds before the first.  Here it is three, and
 * of a long list only the chunks that are asked for are looked at.
 *
 * One handle, one thread.
 */
struct am_postings;
AM_MUST_USE int am_postings_open(struct am_postings **out, const char *dir,
                                 struct am_error *err);
void am_postings_close(struct am_postings **postings);
/* The table has become shorter since, and what was given may be wrong. */
bool am_postings_torn(const struct am_postings *postings);

/* Ascending. */
typedef void am_postings_fn(void *user, const uint32_t *documents, size_t n);
/* Those of [from, to], piece by piece; none when there is no such term.  Cheap
 * for terms near the one before. */
AM_MUST_USE int am_postings_each(struct am_postings *postings, const char *term,
                                 size_t len, uint32_t from, uint32_t to,
                                 am_postings_fn *fn, void *user,
                                 struct am_error *err);
/* From now on only those whose bit is set, the lowest for document `first`; it
 * lasts as long as the postings use it.  NULL: all of them. */
void am_postings_mask(struct am_postings *postings, const uint64_t *mask,
                      uint32_t first);
/* The same of one chunk, the one that `from` is in or the one behind that: so
 * who asks sees how long the list is, and how to go on. */
struct am_postings_chunk {
	uint32_t first, last; /* documents of it */
	bool more;            /* there are others, with documents up to `to` */
	bool end;             /* nothing is behind `to` at all */
};
AM_MUST_USE int am_postings_some(struct am_postings *postings, const char *term,
                                 size_t len, uint32_t from, uint32_t to,
                                 am_postings_fn *fn, void *user,
                                 struct am_postings_chunk *out,
                                 struct am_error *err);
/* Those that are among n documents, ascending: of the list only the chunks that
 * these may be in are read. */
AM_MUST_USE int am_postings_among(struct am_postings *postings,
                                  const char *term, size_t len,
                                  const uint32_t *documents, size_t n,
                                  am_postings_fn *fn, void *user,
                                  struct am_error *err);

#endif
