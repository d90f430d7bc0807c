/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_EXTRACT_CACHE_H
#define AM_EXTRACT_CACHE_H

#include "base/error.h"
#include "base/hash.h"
#include "extract/hint.h"

/*
 * What was taken out of documents before, by the hash of their bytes: SQLite,
 * beside the index, so that an index that is made anew does not read them all
 * again.  Deleting it costs time only; one that cannot be read is made anew.
 *
 * Any thread may use it; several programs at once may, too.
 */
struct am_extract_cache;

/* A document: the bytes, and what they were taken for. */
struct am_extract_key {
	uint8_t hash[AM_SHA256_LEN];
	uint8_t hint;
};

/* writable: made when it is not there.  AM_END: it is not, or cannot be read.
 */
AM_MUST_USE int am_extract_cache_open(struct am_extract_cache **out,
                                      const char *path, bool writable,
                                      struct am_error *err);
void am_extract_cache_close(struct am_extract_cache **cache);

struct am_extract_cached {
	unsigned status;
	unsigned tries;  /* how often it failed */
	uint8_t *pieces; /* g_free(); NULL: none */
	size_t len;
};
/* AM_END: not known, or by an older reader.  What is damaged is not known. */
AM_MUST_USE int am_extract_cache_get(struct am_extract_cache *cache,
                                     const struct am_extract_key *key,
                                     struct am_extract_cached *out);
/* A cache that cannot be written is no error: it is one no more. */
void am_extract_cache_put(struct am_extract_cache *cache,
                          const struct am_extract_key *key,
                          const struct am_extract_cached *what);
/* How many documents have each status. */
void am_extract_cache_count(struct am_extract_cache *cache, uint64_t *counts);

#endif
