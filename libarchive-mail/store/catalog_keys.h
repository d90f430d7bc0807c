/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_CATALOG_KEYS_H
#define AM_STORE_CATALOG_KEYS_H

#include "base/compiler.h"
#include "base/error.h"

struct am_catalog;

/*
 * Which messages may have this key?  Keys are hashes, so a B-tree would be
 * changed all over by every import, and to make one at the end of a large
 * import takes longer than all the rest of that end.  Instead: sorted runs.
 * What a transaction adds is gathered in memory, sorted, and put down as a run
 * of its own, page by page; a run that is not less than half of the one before
 * is merged with it, so that there are only ever a few.
 *
 *   run   kind, run, n                  n entries in it; a later one is newer
 *   keys  kind, run, first, data        a page: up to 192 entries in order,
 *                                       and the first of them once more
 *
 * An entry is 5 bytes of key and 5 of message id, big-endian.  So what is found
 * are candidates, to be compared in the message's row.
 */
enum am_keys_kind {
	AM_KEYS_FORM, /* hash of the LF form */
	AM_KEYS_RAW,  /* hash of the raw bytes, only where that is another */
	AM_KEYS_MID,  /* Message-ID */
	AM_KEYS_COUNT
};

#define AM_SCHEMA_KEYS                                                    \
	"CREATE TABLE run(kind INTEGER, run INTEGER, n INTEGER NOT NULL," \
	" PRIMARY KEY(kind, run)) WITHOUT ROWID;"                         \
	"CREATE TABLE keys(kind INTEGER, run INTEGER, first BLOB,"        \
	" data BLOB NOT NULL, PRIMARY KEY(kind, run, first)) WITHOUT ROWID;"

/* What is not put down yet; one to a catalog. */
struct am_keys;
struct am_keys *am_keys_new(void);
void am_keys_free(struct am_keys **keys);
void am_keys_forget(struct am_keys *keys);

AM_MUST_USE int am_keys_add(struct am_catalog *catalog, enum am_keys_kind kind,
                            uint64_t key, uint64_t id, struct am_error *err);
/* Before a transaction ends: puts down what was gathered. */
AM_MUST_USE int am_keys_flush(struct am_catalog *catalog, struct am_error *err);

/* Every id with a key from low to high, run by run; AM_END from fn ends it. */
typedef int am_keys_fn(void *user, uint64_t id, struct am_error *err);
AM_MUST_USE int am_keys_find(struct am_catalog *catalog, enum am_keys_kind kind,
                             uint64_t low, uint64_t high, am_keys_fn *fn,
                             void *user, struct am_error *err);

/* All entries of a kind in one number, whatever runs they lie in, to compare
 * with another catalog's; AM_E_CORRUPT where a run is out of order. */
struct am_keys_sum {
	uint64_t n, sum;
};
AM_MUST_USE int am_keys_sums(struct am_catalog *catalog,
                             struct am_keys_sum out[AM_KEYS_COUNT],
                             struct am_error *err);

#endif
