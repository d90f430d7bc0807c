/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_QUERY_RUN_H
#define AM_INDEX_QUERY_RUN_H

#include "index/index_impl.h"
#include "index/order.h"
#include "index/query_tree.h"
#include "index/xapian_door.h"

/*
 * One query being answered.  What Xapian cannot answer are sources, answered
 * from the places and from sets of ids; they live as long as the run.
 */
struct am_sources; /* sources.c: all sources of a run */

/* Trouble within a source, where no status can be returned: the answer is then
 * worth nothing, and the status says so afterwards. */
struct am_sources *am_sources_new(struct am_index *index, bool ranking);
/* Terms made from now on weigh, if there is a ranking; gives back how it was.
 */
bool am_sources_weigh(struct am_sources *sources, bool weigh);
struct am_xquery *am_source_term(struct am_sources *sources, const char *term,
                                 size_t len);
/* Never weighs. */
struct am_xquery *am_source_fact(struct am_sources *sources, const char *term,
                                 size_t len);
/*
 * Ranking, a document that is too light for the page need not be looked at: the
 * order of its words, where it must hold for any hit, is checked at the end.
 * While this is on, the sources of an order give NULL and are checked so. Gives
 * back how it was.
 */
bool am_sources_check_last(struct am_sources *sources, bool on);
/* Must documents be looked at one by one? */
bool am_sources_look(const struct am_sources *sources);
bool am_sources_has_checks(const struct am_sources *sources);
/* Do all of those hold? */
bool am_sources_check(void *sources, size_t shard, uint32_t document);
void am_sources_free(struct am_sources **sources);
int am_sources_status(const struct am_sources *sources, struct am_error *err);

/* Words in a row, or one, within the regions; to be joined by AND with their
 * terms. */
struct am_xquery *am_source_order(struct am_sources *sources,
                                  const uint64_t *hashes, size_t n,
                                  uint32_t regions);
/* Rows that are close together: n[i] of the hashes each. */
struct am_xquery *am_source_near(struct am_sources *sources,
                                 const uint64_t *hashes, const uint8_t *n,
                                 size_t rows, uint32_t distance, bool in_order,
                                 uint32_t regions);
struct am_xquery *am_source_dates(struct am_sources *sources, int64_t from,
                                  int64_t to);
struct am_xquery *am_source_sizes(struct am_sources *sources, uint64_t least,
                                  uint64_t most);
/* Messages, ids ascending. */
struct am_xquery *am_source_ids(struct am_sources *sources, const uint32_t *ids,
                                size_t n);

/* A set of documents of one shard, a bit each. */
struct am_bits {
	size_t n;
	uint64_t *words;
};
void am_bits_set(struct am_bits *bits, uint32_t document);
bool am_bits_has(const struct am_bits *bits, uint32_t document);
/* The first from `from` on; 0: none. */
uint32_t am_bits_next(const struct am_bits *bits, uint32_t from);
/* One for each shard, empty; takes part in the run when given to source_bits,
 * which takes it. */
struct am_bits *am_bits_new(const struct am_index *index);
void am_bits_free(const struct am_index *index, struct am_bits **bits);
/* The documents of these messages, ids ascending. */
AM_MUST_USE int am_bits_mark(struct am_bits *bits, struct am_index *index,
                             const uint32_t *ids, size_t n,
                             struct am_error *err);
struct am_xquery *am_source_bits(struct am_sources *sources,
                                 struct am_bits *bits);
/* Of somebody else's that outlive the run. */
struct am_xquery *am_source_lent_bits(struct am_sources *sources,
                                      struct am_bits *bits);

/* Does a document hold these words in a row?  They are in it, that is known. */
AM_MUST_USE int am_place_has(struct am_index *index, size_t shard,
                             uint32_t document, const uint64_t *hashes,
                             size_t n, uint32_t regions, bool *out,
                             struct am_error *err);

/* What answering a query has at hand. */
struct am_run_query {
	struct am_index *index;
	struct am_archive *archive;
	struct am_sources *sources;
	struct am_error *err;
};

/* query_filed.c: folders, flags, keywords. */
struct am_filing;
AM_MUST_USE int am_run_filed(struct am_run_query *run,
                             const struct am_node *node,
                             struct am_xquery **out);
/* Takes its folders and the bits (NULL: none): of the documents in `changed`
 * those in `fits`, of the others what the copy of the catalog says. */
struct am_xquery *am_source_filed(struct am_sources *sources,
                                  const struct am_filing *filing,
                                  struct am_bits *changed,
                                  struct am_bits *fits);

/* run_pattern.c: fields that match a pattern; whole threads of what a query
 * finds. */
AM_MUST_USE int am_run_regex(struct am_run_query *run,
                             const struct am_node *node,
                             struct am_xquery **out);
AM_MUST_USE int am_run_threads(struct am_run_query *run,
                               const struct am_xquery *seed,
                               struct am_xquery **out);

/* run_expand.c: a word that stands for many. */
AM_MUST_USE int am_run_expand(struct am_xquery **out, struct am_index *index,
                              struct am_sources *sources,
                              const struct am_node *node, char letter,
                              uint32_t regions, struct am_error *err);

/* query_pages.c: one page of the answer, from hits that are there on. */
struct am_page {
	struct am_sources *sources; /* of the query */
	enum am_sort sort;
	size_t skip, room;
	struct am_hit *hits; /* room for `room` */
	size_t got;
	uint64_t total;
	bool exact; /* the total is no estimate */
};
AM_MUST_USE int am_page_fill(struct am_page *page, struct am_index *index,
                             const struct am_xquery *query,
                             struct am_error *err);

/* Every document that matches, shard by shard, ascending within each. */
typedef void am_match_fn(void *user, size_t shard, uint32_t document);
AM_MUST_USE int am_index_each(struct am_index *index,
                              struct am_archive *archive,
                              const struct am_query *query, am_match_fn *fn,
                              void *user, struct am_error *err);

/* run_words.c: words, phrases and beginnings of words. */
AM_MUST_USE int am_run_words(struct am_xquery **out, struct am_index *index,
                             struct am_sources *sources,
                             const struct am_node *node, struct am_error *err);
struct am_xquery *am_run_near(struct am_sources *sources,
                              const struct am_node *node);

#endif
