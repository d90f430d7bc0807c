/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_PLACES_H
#define AM_INDEX_PLACES_H

#include "base/error.h"

/*
 * What a shard keeps beside Xapian: for each document its date and size, to
 * sort and to select by, and the order of its words (index/order.h).  One flat
 * file; several are joined by copying.
 *
 *   0   8  "amplaces"
 *   8   4  version 1
 *   12  4  CRC-32 of the header with this field 0
 *   16  8  documents n
 *   24  8  offset of the table
 *   32  4  first id
 *   36  4  last id
 *   40  8  reserved, 0
 *   48     the orders, one behind the other
 *   table  n records by ascending id, 24 bytes each:
 *     0  4  id
 *     4  4  length of the order
 *     8  6  offset of the order
 *     14 5  date: seconds since 1970 + 2^38; 0: not known
 *     19 5  size of the message in bytes, at most 2^40 - 1
 * All little-endian.
 */

struct am_place {
	uint32_t id, len;
	uint64_t offset, size;
	int64_t date;
	bool dated;
};

/* Writing; ids ascending.  finish() makes it a file of places. */
struct am_places_writer;
AM_MUST_USE int am_places_create(struct am_places_writer **out,
                                 const char *path, struct am_error *err);
AM_MUST_USE int am_places_add(struct am_places_writer *writer,
                              const struct am_place *place,
                              const uint8_t *order, size_t len,
                              struct am_error *err);
AM_MUST_USE int am_places_finish(struct am_places_writer **writer,
                                 struct am_error *err);
void am_places_abandon(struct am_places_writer **writer);
/* Files of ascending, disjoint ids into a new one. */
AM_MUST_USE int am_places_merge(const char *const *paths, size_t n,
                                const char *to, struct am_error *err);

/* Reading, through small windows: neither table nor orders are held in memory.
 * Asking in ascending order is cheap.  One handle, one thread. */
struct am_places;
AM_MUST_USE int am_places_open(struct am_places **out, const char *path,
                               struct am_error *err);
void am_places_close(struct am_places **places);
uint64_t am_places_documents(const struct am_places *places);
/* The first document with an id of at least `from`; AM_END when none is left.
 */
AM_MUST_USE int am_places_next(struct am_places *places, uint32_t from,
                               struct am_place *out, struct am_error *err);
/* Its order, AM_ORDER_SLACK readable bytes behind it; until the next call. */
AM_MUST_USE int am_places_order(struct am_places *places,
                                const struct am_place *place,
                                const uint8_t **data, struct am_error *err);

#endif
