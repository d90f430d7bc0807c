/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_PST_BUILDER_H
#define AM_TESTS_PST_BUILDER_H

#include "outlook/pst/ltp_layout.h"
#include "outlook/pst/ndb_layout.h"

#include <glib.h>

/*
 * A PST for tests, put together from the encoders of the library: blocks, lists
 * of blocks, the two trees, heaps, property and table contexts.  It is as much
 * of a PST as readers ask for; there is no allocation map, so Outlook would
 * not take it.
 */
struct am_test_pst;

struct am_test_pst *am_test_pst_new(enum am_pst_kind kind,
                                    enum am_pst_crypt crypt);
/* Deflate blocks of the 4 KiB layout (default yes). */
void am_test_pst_deflate(struct am_test_pst *pst, bool yes);
/* The file's bytes; the builder is gone. */
GByteArray *am_test_pst_finish(struct am_test_pst *pst);

const struct am_pst_geometry *am_test_pst_geometry(const struct am_test_pst *p);
/* How many bytes there are by now. */
uint64_t am_test_pst_size(const struct am_test_pst *pst);
/* Data of any length: a block, or blocks under an XBLOCK or XXBLOCK.  Of no
 * length: 0. */
am_pst_bid am_test_pst_data(struct am_test_pst *pst, const void *data,
                            size_t len);
/* A block as it is; internal ones are not obscured. */
am_pst_bid am_test_pst_block(struct am_test_pst *pst, const void *data,
                             size_t len, bool internal);
/* Subnodes, in any order; none: 0. */
am_pst_bid am_test_pst_sub(struct am_test_pst *pst, GArray *entries);
void am_test_pst_node(struct am_test_pst *pst, am_pst_nid nid,
                      am_pst_nid parent, am_pst_bid data, am_pst_bid sub);

/* The block that comes next. */
am_pst_bid am_test_pst_next(const struct am_test_pst *pst);
/* Delete it as Outlook does: a page of the node tree that still names it stays
 * in the file; the node, and blocks from this one on, no tree names any more.
 */
void am_test_pst_forget(struct am_test_pst *pst, am_pst_nid nid,
                        am_pst_bid from);

/* ---- heaps ---- */

struct am_test_heap;

struct am_test_heap *am_test_heap_new(struct am_test_pst *pst);
uint32_t am_test_heap_add(struct am_test_heap *heap, const void *data,
                          size_t len);
/* A tree of n sorted records; its header's id. */
uint32_t am_test_heap_bth(struct am_test_heap *heap, unsigned key,
                          unsigned entry, const uint8_t *records, size_t n);
/* The data of the node; the heap is gone. */
am_pst_bid am_test_heap_finish(struct am_test_heap *heap, uint8_t client,
                               uint32_t root);

/* ---- contexts ---- */

/* A property: a number, or bytes (of a STRING: UTF-8, converted). */
struct am_test_prop {
	uint32_t tag;
	int64_t number;
	const void *bytes;
	size_t len; /* SIZE_MAX: as long as the string */
};
#define AM_TEST_TEXT(id, text)                                 \
	{                                                      \
		(uint32_t)(id) << 16 | 0x1f, 0, text, SIZE_MAX \
	}
#define AM_TEST_NUM(tag, n)     \
	{                       \
		tag, n, NULL, 0 \
	}
#define AM_TEST_BYTES(id, data, n)                       \
	{                                                \
		(uint32_t)(id) << 16 | 0x102, 0, data, n \
	}

/* In any order.  Values that the heap has no room for become entries of sub. */
am_pst_bid am_test_pst_pc(struct am_test_pst *pst,
                          const struct am_test_prop *props, size_t n,
                          GArray *sub);
/* n_rows rows of n_columns properties each, in the columns' order; ids are the
 * row ids.  A property of tag 0 is not there. */
am_pst_bid am_test_pst_tc(struct am_test_pst *pst, const uint32_t *columns,
                          size_t n_columns, const uint32_t *ids, size_t n_rows,
                          const struct am_test_prop *cells, GArray *sub);

#endif
