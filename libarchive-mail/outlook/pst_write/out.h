/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_WRITE_OUT_H
#define AM_OUTLOOK_PST_WRITE_OUT_H

#include "outlook/pst_write/records.h"
#include "outlook/pst_write/space.h"

#include <glib.h>

struct am_blob;
struct am_ctx;

/*
 * The node database of a PST that is being written: blocks, the data and the
 * subnodes they make, nodes; and at the end the two trees over them.
 *
 * Block ids only rise, so the block tree's records can wait in a file in the
 * order in which they will be needed.  So do those of messages; the other
 * nodes are few and wait in memory.
 */
enum {
	AM_PST_BLOCK_MAX = 8176,
	AM_PST_X_MAX = 1021, /* entries of an XBLOCK */
	AM_PST_SL_MAX = 340, /* of an SLBLOCK */
	AM_PST_SI_MAX = 510  /* of an SIBLOCK */
};
/* What the longest value may have, and what is told of a longer one. */
#define AM_PST_DATA_MAX (UINT64_C(0x7fffffff))

struct am_pst_shared {
	am_pst_bid bid;
	uint32_t refs; /* how often it is named */
};

struct am_pst_out {
	struct am_ctx *ctx; /* may ask to stop */
	struct am_pst_space space;
	am_pst_bid next_block, next_page;
	uint64_t digest;     /* of all blocks so far */
	am_pst_nid nids[32]; /* by type: the index handed out last */
	struct am_pst_records blocks;
	GArray *shared; /* struct am_pst_shared: blocks named more than once */
	struct am_pst_records messages[2]; /* plain and associated */
	GArray *nodes;                     /* struct am_pst_nbt_entry */
};

void am_pst_out_begin(struct am_pst_out *out, const char *path,
                      const char *tmpdir, struct am_ctx *ctx);
void am_pst_out_clear(struct am_pst_out *out);

/* Going back to where one was, but not behind a node that was added. */
struct am_pst_out_mark {
	struct am_pst_space_mark space;
	am_pst_bid next_block;
	uint64_t digest;
	am_pst_nid nids[32];
};
void am_pst_out_mark(const struct am_pst_out *out, struct am_pst_out_mark *to);
AM_MUST_USE int am_pst_out_back(struct am_pst_out *out,
                                const struct am_pst_out_mark *mark,
                                struct am_error *err);

/* The next id of a type. */
AM_MUST_USE int am_pst_out_nid(struct am_pst_out *out, unsigned type,
                               am_pst_nid *nid, struct am_error *err);

/* ---- blocks and data ---- */

/* A block, from where its bytes may be filled in to where it is sealed, which
 * is the next call. */
struct am_pst_out_block {
	am_pst_bid bid;
	uint64_t at;
	uint8_t *bytes;
	size_t len;
};
AM_MUST_USE int am_pst_out_block(struct am_pst_out *out, size_t len,
                                 bool internal, struct am_pst_out_block *block,
                                 struct am_error *err);
AM_MUST_USE int am_pst_out_seal(struct am_pst_out *out,
                                struct am_pst_out_block *block,
                                struct am_error *err);
/* Say that a block is named once more than the once that all are.  false: as
 * often as can be; make another. */
AM_MUST_USE bool am_pst_out_share(struct am_pst_out *out, am_pst_bid bid);

/* Blocks that are one run of data, as they come. */
struct am_pst_out_list {
	size_t n, n_up;
	uint64_t total;
	uint64_t below; /* bytes under the XBLOCK that is being made */
	am_pst_bid bids[AM_PST_X_MAX];
	am_pst_bid up[AM_PST_X_MAX];
};
void am_pst_out_list_begin(struct am_pst_out_list *list);
AM_MUST_USE int am_pst_out_list_add(struct am_pst_out *out,
                                    struct am_pst_out_list *list,
                                    am_pst_bid bid, size_t len,
                                    struct am_error *err);
/* The id of all of it; 0: there was nothing. */
AM_MUST_USE int am_pst_out_list_end(struct am_pst_out *out,
                                    struct am_pst_out_list *list,
                                    am_pst_bid *bid, struct am_error *err);

AM_MUST_USE int am_pst_out_data(struct am_pst_out *out, const void *data,
                                size_t len, am_pst_bid *bid,
                                struct am_error *err);
AM_MUST_USE int am_pst_out_blob(struct am_pst_out *out,
                                const struct am_blob *blob, am_pst_bid *bid,
                                struct am_error *err);
/* Entries: struct am_pst_sl_entry, which are sorted here.  None: 0. */
AM_MUST_USE int am_pst_out_subs(struct am_pst_out *out, GArray *entries,
                                am_pst_bid *bid, struct am_error *err);

/* ---- nodes ---- */

void am_pst_out_node(struct am_pst_out *out, am_pst_nid nid, am_pst_nid parent,
                     am_pst_bid data, am_pst_bid sub);
/* The same of an item: nids of a kind must rise. */
AM_MUST_USE int am_pst_out_message(struct am_pst_out *out, bool associated,
                                   const struct am_pst_nbt_entry *node,
                                   struct am_error *err);
/* Both trees, the last interval, what the header says. */
AM_MUST_USE int am_pst_out_finish(struct am_pst_out *out,
                                  struct am_pst_header *header,
                                  struct am_error *err);

#endif
