/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_FACT_TABLE_H
#define AM_STORE_FACT_TABLE_H

#include "base/error.h"

struct am_arena;

/*
 * What is asked of messages again and again and takes reading them, in a small
 * database beside the catalog (imap.sqlite).  Deleting it costs time only.  Any
 * thread may call.
 */
struct am_fact {
	uint64_t size;                    /* with CRLF line ends */
	const char *envelope, *structure; /* as IMAP has them */
	size_t envelope_len, structure_len;
	const char
		*fields; /* header fields that lists of messages are made of */
	size_t fields_len;
	const char *references; /* Message-IDs, oldest first, '\n' between */
};
struct am_fact_table;

/* dir: the archive's cache; where nothing can be written it is in memory. */
struct am_fact_table *am_fact_table_open(const char *dir, uint64_t archive);
void am_fact_table_close(struct am_fact_table **table);
/* Strings live in the arena; NULL: only the size is wanted. */
bool am_fact_table_find(struct am_fact_table *table, int64_t message,
                        struct am_arena *arena, struct am_fact *out);
/* Sizes and references of a range of messages, as far as they are there; by
 * id.  fn may not use the table. */
typedef void am_brief_fn(void *user, int64_t message, uint64_t size,
                         const char *references);
void am_fact_table_each(struct am_fact_table *table, int64_t first,
                        int64_t last, am_brief_fn *fn, void *user);
void am_fact_table_keep(struct am_fact_table *table, int64_t message,
                        const struct am_fact *fact);
/* What is not on disk yet goes there; about once a second. */
void am_fact_table_tick(struct am_fact_table *table);

#endif
