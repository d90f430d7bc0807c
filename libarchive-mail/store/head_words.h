/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_HEAD_WORDS_H
#define AM_STORE_HEAD_WORDS_H

#include "base/error.h"

#include <sqlite3.h>

/*
 * The words of many texts, so that few of the texts are looked through
 * (head_table.h).  Not words as people have them: runs of letters, digits and
 * bytes that are no ASCII, and what separates them; so a piece of text without
 * a separator is in a text just when it is in one of its words.
 *
 *  - Words of two texts or more are listed, each with the texts that it is in,
 *    and so are very short ones.  They are few: what is found there is found
 *    without looking at a text.
 *  - Of all others, which are mostly numbers and keys and together longer than
 *    all the rest, there is a table with a row for each four bytes in a row,
 *    and each three, (their hash), and in it which pieces have these in such a
 *    word.
 *
 * The texts of at most 64 pieces are one part.
 */
#define AM_HEAD_PART 64

/* Tables of the database that has the pieces. */
#define AM_HEAD_WORDS_SCHEMA                              \
	"DROP TABLE IF EXISTS part;"                      \
	"DROP TABLE IF EXISTS chunk;"                     \
	"CREATE TABLE part(first INTEGER PRIMARY KEY,"    \
	" pieces INTEGER NOT NULL, len INTEGER NOT NULL," \
	" head BLOB NOT NULL);"                           \
	"CREATE TABLE chunk(at INTEGER PRIMARY KEY,"      \
	" bytes BLOB NOT NULL)"

/* ---- made ---- */

struct am_head_words;

struct am_head_words *am_head_words_new(void);
void am_head_words_free(struct am_head_words **words);
/* One more piece: n texts, each with a NUL behind it. */
void am_head_words_take(struct am_head_words *words, const uint8_t *ids,
                        size_t n, const char *text, size_t len);
/* No more, or it takes too much memory. */
bool am_head_words_full(const struct am_head_words *words);
/* Of the pieces from this one on. */
AM_MUST_USE int am_head_words_write(struct am_head_words *words, sqlite3 *db,
                                    int64_t first, struct am_error *err);

/* ---- asked ---- */

struct am_head_part {
	int64_t first; /* piece */
	uint32_t n_pieces, n_texts, n_words, rows;
	uint32_t *starts; /* of each piece: its first text, and the end */
	uint32_t *ids;
	uint32_t *words, *lists; /* where each begins, and the end */
	char *text; /* a line break before each word and behind the last */
	size_t text_len, bytes;
};

/* The part behind `last`: AM_END, there is none. */
AM_MUST_USE int am_head_part_read(struct am_head_part **out, sqlite3 *db,
                                  int64_t last, struct am_error *err);
void am_head_part_free(void *part);

/* A text as a question. */
struct am_head_question;

struct am_head_question *am_head_question_new(const char *text);
void am_head_question_free(struct am_head_question **question);
/*
 * Which texts of a part hold it for sure, a bit each in sure (n_texts of them);
 * and, a bit each, in which pieces it may be besides.  chunk: "SELECT bytes
 * FROM chunk WHERE at = ?1".
 */
AM_MUST_USE int am_head_part_ask(const struct am_head_part *part,
                                 const struct am_head_question *question,
                                 sqlite3_stmt *chunk, uint64_t *sure,
                                 uint64_t *pieces, struct am_error *err);

/* ---- of both ---- */

/* The next word of [at, end), or NULL; *len of it. */
const char *am_head_word_next(const char *at, const char *end, size_t *len);
#define AM_HEAD_GRAM 4
/* Which row of so many, a power of two; of AM_HEAD_GRAM bytes or one less. */
uint32_t am_head_gram_row(const char *gram, size_t len, uint32_t rows);
/* A chunk is one page of the database. */
#define AM_HEAD_CHUNK    3968
#define AM_HEAD_ROWS_KEY 0x800000 /* chunks of rows, behind those of lists */
static inline int64_t am_head_chunk_key(int64_t first, uint64_t chunk)
{
	return first << 24 | (int64_t)chunk;
}

#endif
