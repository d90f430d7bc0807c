/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_INVERT_H
#define AM_INDEX_INVERT_H

#include "index/xapian_door.h"

#include <stddef.h>

/*
 * Documents in, posting lists out: what makes an index of messages.
 *
 * Each term has its list already as it will stand in the database, in pieces
 * that double in size; a term that is in one document only, as most are, has
 * none yet.  A few bytes a posting, so a shard of ten thousand messages is
 * turned round in memory and written in one go.
 */
struct am_invert;

struct am_invert *am_invert_new(void);
void am_invert_free(struct am_invert **invert);
/* Ids ascending from 1; terms each once, in any order. */
void am_invert_add(struct am_invert *invert, uint32_t id,
                   const struct am_term *terms, size_t n);
/* Memory that its documents take. */
size_t am_invert_bytes(const struct am_invert *invert);
/* A shard of all documents, into a directory that is there; number, if not
 * NULL, says what the documents 1, 2 … are called there.  What was added is
 * forgotten, whether it went well or not. */
AM_MUST_USE int am_invert_write(struct am_invert *invert, const char *dir,
                                const uint32_t *number, struct am_error *err);
/* Forget what was added. */
void am_invert_clear(struct am_invert *invert);

#endif
