/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_LISTS_H
#define AM_INDEX_LISTS_H

#include "base/bytes.h"
#include "index/glass.h"

#include <glib.h>

struct am_vocabulary_writer;

/*
 * Posting lists as they stand in a shard's table.  A list is for each document
 * the distance from the one before less 1, and the term's weight in it, both as
 * varints; the first distance is left out.  It is cut into chunks:
 *
 *   key    term                first chunk
 *          term 0 id           others, by the first id in it
 *   value  varint              documents in all   } first chunk only
 *          varint              weight in all      }
 *          varint              first id - 1       }
 *          '1' or '0'          is this the last chunk?
 *          varint              last id - first id
 *                              weight, then distance and weight, …
 *
 * The lengths of all documents are such a list too, the first one, of a term
 * with the key 0 0xe0, whose sums stay 0 and which has no 0 before the id.
 */
struct am_posting {
	uint32_t document, weight;
};

/* A document's number as it stands in a key: at most six bytes. */
size_t am_list_put_id(uint8_t *to, uint32_t id);
uint32_t am_list_get_id(struct am_cursor *c);

/* Ascending documents of whatever stood in a row. */
void am_postings_sort(struct am_posting *postings, size_t n);

struct am_list_writer {
	struct am_glass *glass;
	struct am_glass_stats stats;        /* of what was written so far */
	struct am_vocabulary_writer *words; /* of it all */
};
/* Into a directory that is there. */
AM_MUST_USE int am_list_writer_open(struct am_list_writer *w, const char *dir,
                                    struct am_error *err);
AM_MUST_USE int am_list_writer_finish(struct am_list_writer *w,
                                      struct am_error *err);
void am_list_writer_clear(struct am_list_writer *w);
/* Ascending documents, n > 0; of the lengths first, then terms as memcmp() has
 * it. */
AM_MUST_USE int am_list_lengths(struct am_list_writer *w,
                                const struct am_posting *postings, size_t n,
                                struct am_error *err);
AM_MUST_USE int am_list_term(struct am_list_writer *w, const uint8_t *term,
                             size_t len, const struct am_posting *postings,
                             size_t n, struct am_error *err);

/* A table's lists, one after the other. */
struct am_list_reader;
AM_MUST_USE int am_list_reader_open(struct am_list_reader **out,
                                    const char *dir, struct am_error *err);
void am_list_reader_close(struct am_list_reader **reader);
/* AM_END: that was all.  The name is the reader's, until the next call; the
 * lengths have the name {0, 0xe0}.  read() once for each, or not at all. */
AM_MUST_USE int am_list_next(struct am_list_reader *reader,
                             const uint8_t **name, size_t *len,
                             struct am_error *err);
/* Behind what is in `to` (of struct am_posting). */
AM_MUST_USE int am_list_read(struct am_list_reader *reader, GArray *to,
                             struct am_error *err);

#endif
