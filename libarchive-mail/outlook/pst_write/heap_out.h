/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_WRITE_HEAP_OUT_H
#define AM_OUTLOOK_PST_WRITE_HEAP_OUT_H

#include "outlook/pst/ltp_layout.h"
#include "outlook/pst_write/out.h"

/*
 * Making a heap-on-node ([MS-PST] 2.3.1) of any size in a few blocks of memory.
 * A block is written when it is full, but for those that say how full others
 * are: the first, and every 128th from the ninth on.
 *
 * One object makes one heap after the other.
 */
enum {
	AM_PST_ALLOC_MAX = 3580, /* of one allocation */
	AM_PST_ALLOCS = 2040,    /* in one block; 2047 are allowed */
	AM_PST_HEAP_BLOCKS = 65536
};

struct am_pst_heap_block {
	size_t used;
	unsigned n;
	uint16_t starts[AM_PST_ALLOCS];
	uint8_t bytes[AM_PST_BLOCK_MAX];
};

struct am_pst_heap_out {
	struct am_pst_out *out;
	uint8_t client;
	unsigned number; /* of the block at work */
	struct am_pst_heap_block *now, first, bitmap, plain;
	GArray *bids;   /* am_pst_bid, by number */
	uint64_t total; /* bytes, when it has ended */
};

void am_pst_heap_out_init(struct am_pst_heap_out *heap, struct am_pst_out *out);
void am_pst_heap_out_clear(struct am_pst_heap_out *heap);

void am_pst_heap_out_begin(struct am_pst_heap_out *heap, uint8_t client);
/* data NULL: zeros.  Of no length: id 0. */
AM_MUST_USE int am_pst_heap_out_add(struct am_pst_heap_out *heap,
                                    const void *data, size_t len, uint32_t *hid,
                                    struct am_error *err);
/* Bytes of an allocation in the first block, to be filled in later. */
uint8_t *am_pst_heap_out_at(struct am_pst_heap_out *heap, uint32_t hid);
AM_MUST_USE int am_pst_heap_out_end(struct am_pst_heap_out *heap, uint32_t root,
                                    am_pst_bid *bid, struct am_error *err);

/* How large a heap would be, by the lengths of what is added. */
struct am_pst_heap_size {
	unsigned number, n;
	size_t used;
};
void am_pst_heap_size_begin(struct am_pst_heap_size *size);
void am_pst_heap_size_add(struct am_pst_heap_size *size, size_t len);
uint64_t am_pst_heap_size_end(const struct am_pst_heap_size *size);

/* A tree of records on a heap, as they come, sorted.  Its header is at `head`,
 * an allocation in the first block. */
struct am_pst_bth_out {
	struct am_pst_heap_out *heap;
	unsigned key, entry;
	size_t len;
	uint8_t leaf[AM_PST_ALLOC_MAX];
	GByteArray *up; /* key and heap id of each leaf */
};
void am_pst_bth_out_init(struct am_pst_bth_out *bth);
void am_pst_bth_out_clear(struct am_pst_bth_out *bth);
void am_pst_bth_out_begin(struct am_pst_bth_out *bth,
                          struct am_pst_heap_out *heap, unsigned key,
                          unsigned entry);
AM_MUST_USE int am_pst_bth_out_add(struct am_pst_bth_out *bth,
                                   const uint8_t *record, struct am_error *err);
AM_MUST_USE int am_pst_bth_out_end(struct am_pst_bth_out *bth, uint32_t head,
                                   struct am_error *err);

#endif
