/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_COLUMNS_H
#define AM_INDEX_COLUMNS_H

#include "base/error.h"

/*
 * What a shard knows of each document beside its words: a few numbers, kept
 * column by column, so that counting one thing over a million documents reads
 * that thing alone.  Facets, threads and the search for copies live on it.
 *
 * Texts (sender, list, types, subject) are numbered by a dictionary that is
 * sorted: the number of a text is its rank among the shard's, so sorting by a
 * column sorts by its text.
 *
 *   0   8  "amcolumn"
 *   8   4  version 1
 *   12  4  CRC-32 of the header with this field 0
 *   16  8  documents n
 *   24  8  offset of the table
 *   32  4  first id
 *   36  4  last id
 *   40  8  reserved, 0
 *   48     the sections, one behind the other
 *   table  offset and length of each section, 8 bytes each; the sections
 *          may lie in any order
 * Sections: the columns in the order of enum am_column, then for each
 * dictionary where its texts begin (n + 1 offsets of 4 bytes) and the texts.
 * All little-endian.
 */
enum am_column {
	AM_COLUMN_ID,      /* u32, ascending */
	AM_COLUMN_DAY,     /* i32, since 1970 in UTC; AM_DAY_NONE */
	AM_COLUMN_SIZE,    /* u32, bytes; UINT32_MAX: as much or more */
	AM_COLUMN_FROM,    /* u32, into the dictionary: as all texts */
	AM_COLUMN_LIST,    /* "" when it came through none */
	AM_COLUMN_TYPES,   /* of attachments: "pdf png", sorted */
	AM_COLUMN_SUBJECT, /* folded, without Re: and the like */
	AM_COLUMN_MID,     /* u64, hash of the Message-ID; 0: none */
	AM_COLUMN_THREAD,  /* u64, of the oldest reference, or of its own */
	AM_COLUMN_PARENT,  /* u64, of the newest reference; 0: none */
	AM_COLUMN_EXACT,   /* u64: equal for the same body, sender, subject */
	AM_COLUMN_NEAR,    /* AM_NEAR_HASHES u16: see index/row.h */
	AM_COLUMN_COUNT
};
enum am_dictionary {
	AM_DICTIONARY_FROM,
	AM_DICTIONARY_LIST,
	AM_DICTIONARY_TYPES,
	AM_DICTIONARY_SUBJECT,
	AM_DICTIONARY_COUNT
};
#define AM_DAY_NONE    INT32_MIN
#define AM_NEAR_HASHES 8

/* One document. */
struct am_row {
	uint32_t id;
	int32_t day;
	uint64_t size;
	const char *texts[AM_DICTIONARY_COUNT]; /* none NULL */
	uint64_t mid, thread, parent, exact;
	uint16_t near[AM_NEAR_HASHES];
};

/* Writing; ids ascending. */
struct am_columns_writer;
AM_MUST_USE int am_columns_create(struct am_columns_writer **out,
                                  const char *path, struct am_error *err);
void am_columns_add(struct am_columns_writer *writer, const struct am_row *row);
AM_MUST_USE int am_columns_finish(struct am_columns_writer **writer,
                                  struct am_error *err);
void am_columns_abandon(struct am_columns_writer **writer);
/* Files of ascending, disjoint ids into a new one.  Memory: the dictionaries.
 */
AM_MUST_USE int am_columns_merge(const char *const *paths, size_t n,
                                 const char *to, struct am_error *err);

/* Reading.  One handle, one thread. */
struct am_columns;
AM_MUST_USE int am_columns_open(struct am_columns **out, const char *path,
                                struct am_error *err);
void am_columns_close(struct am_columns **columns);
uint64_t am_columns_documents(const struct am_columns *columns);
/* Bytes of one value. */
size_t am_column_width(enum am_column column);
/* Values [at, at + n) into out, in this machine's byte order. */
AM_MUST_USE int am_columns_read(struct am_columns *columns,
                                enum am_column column, uint64_t at, size_t n,
                                void *out, struct am_error *err);
/* The row with this id; AM_END: none. */
AM_MUST_USE int am_columns_find(struct am_columns *columns, uint32_t id,
                                uint64_t *row, struct am_error *err);
/* How many texts a dictionary has; it is in memory from then on. */
AM_MUST_USE int am_columns_texts(struct am_columns *columns,
                                 enum am_dictionary dictionary, uint32_t *n,
                                 struct am_error *err);
/* Text i of one that is in memory, NUL-terminated; "" behind the last. */
const char *am_columns_text(const struct am_columns *columns,
                            enum am_dictionary dictionary, uint32_t i);

#endif
