/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_HEAD_TABLE_H
#define AM_STORE_HEAD_TABLE_H

#include "base/error.h"

/*
 * Some text of each message, compressed, many in one piece, in a database
 * beside the catalog: what is looked for in all header fields is looked for
 * here, a thousand times quicker than in the messages.  A full-text index would
 * do worse: most words of headers are numbers that occur once.  What no index
 * takes of the messages' bodies lies in another one, for the same reason.
 *
 * Deleting it costs time only.  Any thread may call.
 */
struct am_head_table;

/* A file of dir, the archive's cache, of texts in this layout; where nothing
 * can be written it is in memory.  Pieces grow up to `most` texts.  `file` is
 * kept. */
struct am_head_table *am_head_table_open(const char *dir, const char *file,
                                         unsigned layout, size_t most,
                                         uint64_t archive);
void am_head_table_close(struct am_head_table **table);
bool am_head_table_has(struct am_head_table *table, int64_t message);
size_t am_head_table_count(struct am_head_table *table);
/* So many texts as one piece, or with others. */
AM_MUST_USE int am_head_table_add(struct am_head_table *table,
                                  const int64_t *messages,
                                  const char *const *texts, size_t n,
                                  struct am_error *err);

/* A bit for each message, from 0 on. */
struct am_heads {
	size_t n;        /* words of both */
	uint64_t *has;   /* its text holds one of them */
	uint64_t *known; /* its text was there to look at */
};
AM_MUST_USE int am_head_table_find(struct am_head_table *table,
                                   const char *const *texts, size_t n,
                                   struct am_heads *out, struct am_error *err);
void am_heads_clear(struct am_heads *heads);
/* AM_OK: it holds it; AM_END: it does not; AM_RETRY: that is not known. */
int am_heads_ask(const struct am_heads *heads, int64_t message);

#endif
