/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_CATALOG_KEYS_H
#define AM_STORE_CATALOG_KEYS_H

#include "base/compiler.h"
#include "base/error.h"

struct am_catalog;

/*
 * Which messages, or placements, may have this key?  Many keys are hashes, so a
 * B-tree would be changed all over by every import, and to make one at the end
 * of a large import takes longer than all the rest of that end.  Instead:
 * sorted runs.  What a transaction adds is gathered in memory, sorted, and put
 * down page by page: behind the last run where it goes on from there, else as a
 * run of its own.  A run that is not less than half of the one before is merged
 * with it, so that there are only ever a few.
 *
 *   run   kind, run, n                  n entries in it; a later one is newer
 *   keys  kind, run, first, data        a page: up to 192 entries in order,
 *                                       and the first of them once more
 *
 * An entry is 5 bytes of key and 5 of id, big-endian.  None is ever taken out.
 * So what is found are candidates, to be compared with the row of that id.
 */
enum am_keys_kind {
	AM_KEYS_FORM,   /* hash of the LF form; the message */
	AM_KEYS_RAW,    /* of the raw bytes, only where that is another */
	AM_KEYS_MID,    /* hash of the Message-ID; the message */
	AM_KEYS_PLACES, /* a message; its placement */
	AM_KEYS_FOLDER, /* a folder; a placement that is or was in it */
	AM_KEYS_SEQ,    /* a sequence number; the placement that had it */
	AM_KEYS_COUNT
};

/* Of a hash the first 5 bytes are the key. */
static inline uint64_t am_keys_hash(uint64_t hash)
{
	return hash >> 24;
}

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

/* Every entry with a key from low to high, run by run, in order within a run;
 * AM_END from fn ends it.  fn may not look for keys itself. */
typedef int am_keys_fn(void *user, uint64_t key, uint64_t id,
                       struct am_error *err);
AM_MUST_USE int am_keys_find(struct am_catalog *catalog, enum am_keys_kind kind,
                             uint64_t low, uint64_t high, am_keys_fn *fn,
                             void *user, struct am_error *err);

/* Is this very entry there? */
AM_MUST_USE int am_keys_has(struct am_catalog *catalog, enum am_keys_kind kind,
                            uint64_t key, uint64_t id, bool *out,
                            struct am_error *err);

/* All entries of a kind in one number, whatever runs they lie in, to compare
 * with another catalog's; AM_E_CORRUPT where a run is out of order. */
struct am_keys_sum {
	uint64_t n, sum;
};
AM_MUST_USE int am_keys_sums(struct am_catalog *catalog,
                             struct am_keys_sum out[AM_KEYS_COUNT],
                             struct am_error *err);

#endif
