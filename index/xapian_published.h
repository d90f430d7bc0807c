/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_XAPIAN_PUBLISHED_H
#define AM_INDEX_XAPIAN_PUBLISHED_H

#ifdef __cplusplus
extern "C" {
#endif

#include "base/error.h"
#include "index/xapian_shim.h"

/*
 * The C door to databases as anybody's Xapian reads them: positions, values
 * and data are in them, so that a server that knows nothing of us
 * (xapian-tcpsrv) can answer.  See index/published.h for what is in them.
 */

/* ---- writing ---------------------------------------------------------------
 */
struct am_xwriter;
/* A new database in a directory that is not there yet. */
AM_MUST_USE int am_xwriter_open(struct am_xwriter **out, const char *dir,
                                struct am_error *err);
/* The document that is made: words with their place, other terms, values. */
AM_MUST_USE int am_xwriter_word(struct am_xwriter *writer, const char *term,
                                size_t len, uint32_t position, uint32_t weight,
                                struct am_error *err);
AM_MUST_USE int am_xwriter_term(struct am_xwriter *writer, const char *term,
                                size_t len, struct am_error *err);
AM_MUST_USE int am_xwriter_value(struct am_xwriter *writer, unsigned slot,
                                 double value, struct am_error *err);
/* It is done: filed behind those before. */
AM_MUST_USE int am_xwriter_add(struct am_xwriter *writer, const void *data,
                               size_t len, struct am_error *err);
AM_MUST_USE int am_xwriter_metadata(struct am_xwriter *writer, const char *key,
                                    const char *value, struct am_error *err);
AM_MUST_USE int am_xwriter_commit(struct am_xwriter *writer,
                                  struct am_error *err);
void am_xwriter_close(struct am_xwriter **writer);
/* The database in dir, compacted, as one file. */
AM_MUST_USE int am_xwriter_pack(const char *dir, const char *file,
                                struct am_error *err);

/* ---- reading ---------------------------------------------------------------
 */

enum am_xplace_kind { AM_XPLACE_LOCAL, AM_XPLACE_TCP, AM_XPLACE_PROGRAM };
struct am_xplace {
	enum am_xplace_kind kind;
	const char *name; /* path, host, program */
	const char *arguments;
	unsigned port;
};
/* AM_E_IO: a server is not there, or did not answer in time. */
struct am_xreader;
AM_MUST_USE int am_xreader_open(struct am_xreader **out,
                                const struct am_xplace *place,
                                unsigned timeout_ms, struct am_error *err);
void am_xreader_close(struct am_xreader **reader);
/* g_free(*out), "" when there is none. */
AM_MUST_USE int am_xreader_metadata(struct am_xreader *reader, const char *key,
                                    char **out, struct am_error *err);
AM_MUST_USE int am_xreader_terms(struct am_xreader *reader, const char *prefix,
                                 size_t len, am_xapian_term_fn *fn, void *user,
                                 struct am_error *err);

/* Queries, besides am_xquery_term (weighted), _all, _none, _join. */
struct am_xterm {
	const char *text;
	size_t len;
};
struct am_xquery *am_xquery_phrase(const struct am_xterm *terms, size_t n);
/* Within so many words, in any order or in this one. */
struct am_xquery *am_xquery_near(const struct am_xterm *terms, size_t n,
                                 unsigned window, bool in_order);
/* Terms that begin so; at most the 1000 most frequent. */
struct am_xquery *am_xquery_beginning(const char *text, size_t len);
struct am_xquery *am_xquery_range(unsigned slot, double least, double most);

enum am_xorder {
	AM_XORDER_RELEVANCE,
	AM_XORDER_FILED, /* the first that was filed first */
	AM_XORDER_FILED_LAST,
	AM_XORDER_VALUE /* the largest of the slot first */
};
/* Data is valid during the call. */
typedef int am_xreader_hit_fn(void *user, double weight, const char *data,
                              size_t len, struct am_error *err);
AM_MUST_USE int
am_xreader_search(struct am_xreader *reader, const struct am_xquery *query,
                  enum am_xorder order, unsigned slot, size_t room, bool exact,
                  am_xreader_hit_fn *fn, void *user, uint64_t *total,
                  bool *is_exact, struct am_error *err);

#ifdef __cplusplus
}
#endif

#endif
