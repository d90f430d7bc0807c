/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_PLACES_H
#define AM_INDEX_PLACES_H

#include "base/error.h"

/*
 * What a shard keeps beside Xapian: for each document its message, date and
 * size, to sort and to select by, and the order of its words (index/order.h).
 * One flat file; several are joined.
 *
 * Documents of a shard are numbered from 1 without gaps, the newest first:
 * ranges of dates are ranges of numbers, and Xapian, which goes through numbers
 * upwards, has the newest page when it has enough.  What has no date comes
 * last; of one date, the message that was stored later comes first.
 *
 *   0   8  "amplaces"
 *   8   4  version 3
 *   12  4  CRC-32 of the header with this field 0
 *   16  8  documents n
 *   24  8  offset of the table
 *   32  4  first message id
 *   36  4  last message id
 *   40  8  reserved, 0
 *   48     the orders, one behind the other, by message id
 *   table  n records, document by document, 24 bytes each:
 *     0  4  message id
 *     4  4  length of the order
 *     8  6  offset of the order
 *     14 5  date: seconds since 1970 + 2^38; 0: not known
 *     19 5  size of the message in bytes, at most 2^40 - 1
 *   then   for each id from first to last, 4 bytes: its document, 0 for none
 * All little-endian.
 */
#define AM_PLACES_RECORD    24
#define AM_PLACES_VERSION   3
#define AM_PLACES_DATE_BIAS (INT64_C(1) << 38)

struct am_place {
	uint32_t id, len; /* of the message; of its order */
	uint64_t offset, size;
	int64_t date;
	bool dated;
};

/* Writing; message ids ascending. */
struct am_places_writer;
AM_MUST_USE int am_places_create(struct am_places_writer **out,
                                 const char *path, struct am_error *err);
AM_MUST_USE int am_places_add(struct am_places_writer *writer,
                              const struct am_place *place,
                              const uint8_t *order, size_t len,
                              struct am_error *err);
/* All are added: the document that each has become, in the order in which they
 * were added.  The writer's. */
const uint32_t *am_places_number(struct am_places_writer *writer);
/* Makes it a file of places. */
AM_MUST_USE int am_places_finish(struct am_places_writer **writer,
                                 struct am_error *err);
void am_places_abandon(struct am_places_writer **writer);
/*
 * Files of ascending, disjoint message ids into a new one.  moved[i][d - 1] is
 * then what document d of file i has become; documents[i]: how many it must
 * have, and moved[i] has room for.
 */
AM_MUST_USE int am_places_merge(const char *const *paths, size_t n,
                                const char *to, uint32_t *const *moved,
                                const uint32_t *documents,
                                struct am_error *err);

/* Reading, through small windows: neither table nor orders are held in memory.
 * Asking in ascending order is cheap.  One handle, one thread. */
struct am_places;
AM_MUST_USE int am_places_open(struct am_places **out, const char *path,
                               struct am_error *err);
void am_places_close(struct am_places **places);
/* From now on through the file in memory (base/map.h), where that can be: for
 * who asks here and there.  torn(): what was given since may be wrong.  Where
 * it is mapped, many threads may ask one handle. */
void am_places_map(struct am_places *places);
bool am_places_mapped(const struct am_places *places);
bool am_places_torn(const struct am_places *places);
/* A mapped document will be asked for soon, and so will its order, when the
 * first was said a while ago. */
void am_places_ahead(const struct am_places *places, uint32_t document);
void am_places_order_ahead(const struct am_places *places, uint32_t document);
uint32_t am_places_documents(const struct am_places *places);
/* AM_END: there is no such document. */
AM_MUST_USE int am_places_get(struct am_places *places, uint32_t document,
                              struct am_place *out, struct am_error *err);
/* The document of a message; 0 for none. */
AM_MUST_USE int am_places_find(struct am_places *places, uint32_t id,
                               uint32_t *document, struct am_error *err);
/* The documents first … last have dates from `from` to `to`; none when first
 * is above last. */
AM_MUST_USE int am_places_dates(struct am_places *places, int64_t from,
                                int64_t to, uint32_t *first, uint32_t *last,
                                struct am_error *err);
/* Does a stand before b? */
bool am_place_before(const struct am_place *a, const struct am_place *b);
/* Its order, AM_ORDER_SLACK readable bytes behind it; until the next call. */
AM_MUST_USE int am_places_order(struct am_places *places,
                                const struct am_place *place,
                                const uint8_t **data, struct am_error *err);

/* For the files of places only. */
struct am_file;
/* Message ids; false: there are none. */
bool am_places_range(const struct am_places *places, uint32_t *first,
                     uint32_t *last);
struct am_file *am_places_file(const struct am_places *places);
uint64_t am_places_table(const struct am_places *places);
void am_place_encode(uint8_t to[AM_PLACES_RECORD], const struct am_place *p);
void am_places_header(uint8_t to[48], uint64_t n, uint64_t table,
                      uint32_t first, uint32_t last);

#endif
