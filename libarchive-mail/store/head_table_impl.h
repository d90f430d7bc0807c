/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_HEAD_TABLE_IMPL_H
#define AM_STORE_HEAD_TABLE_IMPL_H

#include "store/cache_db.h"
#include "store/head_table.h"

#include <glib.h>

struct am_head_piece {
	uint8_t *ids; /* g_free() both */
	char *text;
	size_t n_ids, len;
};
/* As it lies in the database. */
struct am_head_packed {
	uint8_t *ids, *text; /* g_free() both */
	size_t n_ids, len, packed_len;
};

struct am_head_table {
	GMutex lock;
	sqlite3 *db;
	sqlite3_stmt *add, *set, *get, *last, *loose, *chunk;
	char *dir;
	const char *file;
	size_t most; /* texts of a piece */
	struct am_cache_db_kind kind;
	uint64_t archive;
	struct am_coder *coder;
	GArray *known; /* uint64_t: a bit a message */
	size_t n_known;
	GHashTable *kept;  /* int64_t -> struct am_head_piece */
	GPtrArray *parts;  /* struct am_head_part: the first ones, in order */
	size_t kept_bytes; /* of both */
	GMutex making;     /* of parts, one at a time; before the other lock */
};

int64_t am_head_id_at(const uint8_t *ids, size_t i);
/* With the lock: what is known is let go where it is damaged.  Returns r. */
int am_head_table_mind(struct am_head_table *table, int r,
                       const struct am_error *own, struct am_error *err);
/* With the lock: a piece that must be there. */
AM_MUST_USE int am_head_packed_get(struct am_head_table *table, int64_t number,
                                   struct am_head_packed *out,
                                   struct am_error *err);
void am_head_packed_clear(struct am_head_packed *packed);
/* Takes the ids over. */
AM_MUST_USE int am_head_piece_unpack(struct am_head_packed *from,
                                     struct am_coder *coder,
                                     struct am_head_piece **out,
                                     struct am_error *err);
void am_head_piece_free(void *piece);
static inline size_t am_head_piece_bytes(const struct am_head_piece *piece)
{
	return piece->len + 8 * piece->n_ids;
}

#endif
