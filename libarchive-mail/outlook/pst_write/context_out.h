/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_WRITE_CONTEXT_OUT_H
#define AM_OUTLOOK_PST_WRITE_CONTEXT_OUT_H

#include "outlook/pst_write/columns.h"
#include "outlook/pst_write/heap_out.h"

struct am_blob;

/*
 * Making property contexts ([MS-PST] 2.3.3) and tables (2.3.4).
 */

/* A property on its way.  Of a type that fits into 8 bytes: its value; else
 * its bytes, or the subnode where they are. */
struct am_pst_field {
	uint32_t tag;
	uint64_t value;
	const uint8_t *data;
	uint64_t len;
	const struct am_blob *blob; /* instead of data, until it is settled */
	am_pst_nid nid;             /* of the subnode; 0: data */
	am_pst_bid bid;             /* and its block */
};

/* A node in the making: its properties, and what lies in it besides.  Used
 * over and over. */
struct am_pst_bag {
	GArray *fields; /* struct am_pst_field */
	GArray *subs;   /* struct am_pst_sl_entry */
	uint64_t below; /* bytes of data in all subnodes */
};
void am_pst_bag_init(struct am_pst_bag *bag);
void am_pst_bag_free(struct am_pst_bag *bag);
void am_pst_bag_reset(struct am_pst_bag *bag);
void am_pst_bag_sort(struct am_pst_bag *bag);
/* Once sorted; by the whole tag. */
const struct am_pst_field *am_pst_bag_find(const struct am_pst_bag *bag,
                                           uint32_t tag);
/* Of one that is there, sorted or not. */
void am_pst_bag_set(struct am_pst_bag *bag, uint32_t tag, uint64_t value);
void am_pst_bag_sub(struct am_pst_bag *bag, am_pst_nid nid, am_pst_bid data,
                    am_pst_bid sub);

/* data stays the caller's until the bag is written. */
void am_pst_bag_bytes(struct am_pst_bag *bag, uint32_t tag, const void *data,
                      size_t len);
void am_pst_bag_number(struct am_pst_bag *bag, uint32_t tag, uint64_t value);

/* How many bytes a value of this type has where it stands in the record or the
 * cell itself; 0: it has none there, or the type is none. */
size_t am_pst_inline_pc(unsigned type);
size_t am_pst_inline_tc(unsigned type);
/* All of a bag's values, as PR_ATTACH_SIZE counts them. */
uint64_t am_pst_bag_values(const struct am_pst_bag *bag);

/* What makes them; one for a whole file. */
struct am_pst_context_out {
	struct am_pst_out *out;
	struct am_pst_heap_out heap;
	struct am_pst_bth_out bth;
	/* A table. */
	const struct am_pst_columns *columns;
	uint32_t head, info; /* allocations */
	uint32_t n_rows;
	uint32_t version; /* of rows, rising through the file */
	size_t rows_len;
	uint8_t rows[AM_PST_BLOCK_MAX];
	uint64_t rows_total;
	struct am_pst_out_list *list;
	GArray *subs;
	uint64_t below;
};
void am_pst_context_out_init(struct am_pst_context_out *c,
                             struct am_pst_out *out);
void am_pst_context_out_clear(struct am_pst_context_out *c);

/* Values that are too long for the heap become subnodes now; which is when it
 * is known how many bytes the context will have. */
AM_MUST_USE int am_pst_pc_settle(struct am_pst_context_out *c,
                                 struct am_pst_bag *bag, struct am_error *err);
/* Of a settled and sorted bag, without its subnodes. */
uint64_t am_pst_pc_size(const struct am_pst_bag *bag);
AM_MUST_USE int am_pst_pc_put(struct am_pst_context_out *c,
                              struct am_pst_bag *bag, am_pst_bid *data,
                              am_pst_bid *sub, struct am_error *err);

/* A table row by row, ids rising.  Columns for which the bag has no field are
 * empty, but for the row's id and version. */
AM_MUST_USE int am_pst_tc_begin(struct am_pst_context_out *c,
                                const struct am_pst_columns *columns,
                                struct am_error *err);
AM_MUST_USE int am_pst_tc_row(struct am_pst_context_out *c, uint32_t id,
                              const struct am_pst_bag *row,
                              struct am_error *err);
/* size: all of its bytes, subnodes and all. */
AM_MUST_USE int am_pst_tc_end(struct am_pst_context_out *c, am_pst_bid *data,
                              am_pst_bid *sub, uint64_t *size,
                              struct am_error *err);

#endif
