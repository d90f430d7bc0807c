/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_HEAP_H
#define AM_OUTLOOK_PST_HEAP_H

#include "outlook/pst/ltp_layout.h"
#include "outlook/pst/ndb.h"

/*
 * Reading a heap-on-node ([MS-PST] 2.3.1) and the trees of records on it
 * (2.3.2).  A heap id names a block of the node's data and an allocation in it.
 */
struct am_pst_heap {
	struct am_pst_data data;
	struct am_pst_heap_header header;
	struct am_pst_block *block; /* the one looked at last */
	size_t block_number;
};

AM_MUST_USE int am_pst_heap_open(struct am_pst_heap *out,
                                 struct am_pst_ndb *ndb, am_pst_bid data,
                                 struct am_error *err);
void am_pst_heap_close(struct am_pst_heap *heap);
/* The bytes of an allocation, until the next call; id 0: none. */
AM_MUST_USE int am_pst_heap_get(struct am_pst_heap *heap, uint32_t hid,
                                const uint8_t **out, size_t *len,
                                struct am_error *err);

/*
 * Every record of the tree that begins at hid, in order: `key` bytes of key,
 * then `entry` of data, which must be what the tree has.  The callback may not
 * use the heap; what it returns other than AM_OK ends it.
 */
AM_MUST_USE int am_pst_bth_each(struct am_pst_heap *heap, uint32_t hid,
                                unsigned key, unsigned entry,
                                int (*one)(void *user, const uint8_t *record,
                                           struct am_error *err),
                                void *user, struct am_error *err);

#endif
