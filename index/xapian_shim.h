/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_XAPIAN_SHIM_H
#define AM_INDEX_XAPIAN_SHIM_H

#ifdef __cplusplus
extern "C" {
#endif

#include "base/error.h"

/*
 * The plain C door to Xapian, in the one C++ file of the house.  No exception
 * leaves it: each comes out as a status with the class and message of what was
 * thrown, running out of memory included.
 *
 * A shard is one Xapian database in its own directory, written once (by
 * index/invert.h or join.h) and never changed.  Its documents are numbered from
 * 1, the newest first; index/places.h knows which message each is.  Every
 * handle belongs to one thread.
 */

#define AM_TERM_MAX 240 /* bytes: Xapian's own limit is 245 */

struct am_term {
	const char *text;
	uint64_t hash; /* the same whenever the text is */
	uint32_t len;
	uint32_t count; /* in this document; 0 for what has no weight */
};

/* Every block and list of a shard looked at by Xapian, or where that may not
 * write, every list read: AM_FAILED with AM_E_CORRUPT when something is
 * wrong. */
AM_MUST_USE int am_xapian_check(const char *dir, struct am_error *err);

/* Reading.  AM_FAILED with AM_E_NOTFOUND when a shard is not there. */
struct am_xapian;
AM_MUST_USE int am_xapian_open(struct am_xapian **out, const char *const *dirs,
                               size_t n, struct am_error *err);
void am_xapian_close(struct am_xapian **xapian);
uint64_t am_xapian_documents(const struct am_xapian *xapian);
AM_MUST_USE int am_xapian_shard_documents(struct am_xapian *xapian,
                                          size_t shard, uint64_t *out,
                                          struct am_error *err);
/* The distinct terms that begin with prefix, ascending; fn returning other than
 * AM_OK ends it and is handed back. */
typedef int am_xapian_term_fn(void *user, const char *term, size_t len,
                              uint64_t documents, struct am_error *err);
AM_MUST_USE int am_xapian_terms(struct am_xapian *xapian, const char *prefix,
                                size_t len, am_xapian_term_fn *fn, void *user,
                                struct am_error *err);
/* How many documents have it. */
AM_MUST_USE int am_xapian_frequency(struct am_xapian *xapian, const char *term,
                                    size_t len, uint64_t *out,
                                    struct am_error *err);
/*
 * Queries are built from the leaves up.  Whatever joins takes its children;
 * NULL comes out when memory ran out, and NULL children are understood.
 */
struct am_xquery;
enum am_xjoin {
	AM_XJOIN_AND,
	AM_XJOIN_OR,
	AM_XJOIN_SYNONYM, /* OR, weighed like one term */
	AM_XJOIN_NOT      /* the first, but not the second */
};
/* weighted: takes part in ranking.  Where there is no ranking and under NOT it
 * must be false: see xapian_shim.cc, class Term. */
struct am_xquery *am_xquery_term(const char *text, size_t len, bool weighted);
struct am_xquery *am_xquery_all(void);
struct am_xquery *am_xquery_none(void);
struct am_xquery *am_xquery_join(enum am_xjoin join, struct am_xquery **queries,
                                 size_t n);
void am_xquery_free(struct am_xquery **query);

/*
 * A leaf that is answered outside Xapian, shard by shard: words in a row,
 * ranges of dates, sets of ids.  The answers concern documents of that shard
 * only; next() gives none that does not exist.  self outlives the query.
 */
struct am_xsource_ops {
	void *(*start)(void *self, size_t shard); /* NULL: matches nothing */
	bool (*check)(void *state, uint32_t id);
	uint32_t (*next)(void *state, uint32_t from); /* 0: none left */
	void (*stop)(void *state);
};
struct am_xquery *am_xquery_source(const struct am_xsource_ops *ops,
                                   void *self);

/*
 * Stems of words, by Snowball.  The language by its name or code in lower case
 * ("de", "german"): the name under which it is known for good, or NULL.
 */
const char *am_stem_language(const char *name);
struct am_stem;
struct am_stem *am_stem_new(const char *language);
void am_stem_free(struct am_stem **stem);
/* The word itself when it has none, or the stem is too long. */
void am_stem_form(const struct am_stem *stem, const char *word, size_t len,
                  char *out, size_t room);

struct am_xhit {
	size_t shard;
	uint32_t document;
	double weight;
};
/* The best by weight and rarity of their words, from `skip` on; of equal ones
 * the newest.  *total: exact when `exact` asks for it, else possibly an
 * estimate; *is_exact tells. accept, if not NULL: asked about documents that
 * would come onto the page. */
typedef bool am_xapian_accept_fn(void *user, size_t shard, uint32_t document);
AM_MUST_USE int
am_xapian_rank(struct am_xapian *xapian, const struct am_xquery *query,
               am_xapian_accept_fn *accept, void *user, size_t skip,
               size_t room, bool exact, struct am_xhit *hits, size_t *got,
               uint64_t *total, bool *is_exact, struct am_error *err);
/* The first `room` matches of one shard, ascending: Xapian ends when it has
 * them and has counted to `count`.  *exact: *total is all there are, else an
 * estimate. */
AM_MUST_USE int am_xapian_first(struct am_xapian *xapian, size_t shard,
                                const struct am_xquery *query, size_t room,
                                uint32_t count, uint32_t *documents,
                                size_t *got, uint64_t *total, bool *exact,
                                struct am_error *err);
/* Every match, shard by shard, ascending within each. */
typedef void am_xapian_match_fn(void *user, size_t shard, uint32_t document);
AM_MUST_USE int am_xapian_each(struct am_xapian *xapian,
                               const struct am_xquery *query,
                               am_xapian_match_fn *fn, void *user,
                               struct am_error *err);
AM_MUST_USE int am_xapian_count(struct am_xapian *xapian,
                                const struct am_xquery *query, uint64_t *out,
                                struct am_error *err);

#ifdef __cplusplus
}
#endif

#endif
