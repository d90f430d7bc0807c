/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_NDB_H
#define AM_OUTLOOK_PST_NDB_H

#include "outlook/pst/ndb_layout.h"

struct am_ctx;

/*
 * Reading the node database: nodes by id, blocks by id, the data of a node as
 * a row of blocks.  One thread at a time; for another one there is
 * am_pst_ndb_again().
 *
 * Wrong checksums are told as notes and read on: what they cover is judged by
 * whoever reads it.  Everything else that contradicts itself is AM_FAILED with
 * the offset; the handle stays good.
 */
struct am_pst_ndb;

AM_MUST_USE int am_pst_ndb_open(struct am_pst_ndb **out, const char *path,
                                struct am_ctx *ctx, struct am_error *err);
/* The same file once more, for another thread: caches of its own, and what is
 * told counts together.  Not to be used any longer than the first. */
struct am_pst_ndb *am_pst_ndb_again(struct am_pst_ndb *ndb);
/* Has the header been written to since it was opened? */
bool am_pst_ndb_changed(const struct am_pst_ndb *ndb);
void am_pst_ndb_close(struct am_pst_ndb **ndb);

const struct am_pst_header *am_pst_ndb_header(const struct am_pst_ndb *ndb);
const struct am_pst_geometry *am_pst_ndb_geometry(const struct am_pst_ndb *ndb);
uint64_t am_pst_ndb_file_size(const struct am_pst_ndb *ndb);
/* What is odd, and damage that costs something (a note of level ERROR); code
 * "pst.…".  Told so often and no oftener, with the node that is at work. */
void am_pst_ndb_note(struct am_pst_ndb *ndb, const char *code, const char *fmt,
                     ...) AM_PRINTF(3, 4);
void am_pst_ndb_damage(struct am_pst_ndb *ndb, const char *code,
                       const char *fmt, ...) AM_PRINTF(3, 4);
/* Which node (0: none) is at work from now on. */
void am_pst_ndb_about(struct am_pst_ndb *ndb, am_pst_nid nid);

/* AM_FAILED with AM_E_NOTFOUND when there is no such node. */
AM_MUST_USE int am_pst_ndb_node(struct am_pst_ndb *ndb, am_pst_nid nid,
                                struct am_pst_nbt_entry *out,
                                struct am_error *err);
/*
 * Every node, ascending.  A page that cannot be read is told to bad() and
 * passed over; any status but AM_OK of either ends it and is returned.
 */
struct am_pst_node_visitor {
	int (*node)(void *user, const struct am_pst_nbt_entry *entry,
	            struct am_error *err);
	int (*bad)(void *user, uint64_t at, const struct am_error *why);
	void *user;
};
AM_MUST_USE int am_pst_ndb_each(struct am_pst_ndb *ndb,
                                const struct am_pst_node_visitor *visitor,
                                struct am_error *err);

/* A block, decoded and inflated.  Counted; good after the ndb is closed. */
struct am_pst_block {
	unsigned refs;
	am_pst_bid bid;
	size_t len;
	uint8_t bytes[];
};
AM_MUST_USE int am_pst_ndb_block(struct am_pst_ndb *ndb, am_pst_bid bid,
                                 struct am_pst_block **out,
                                 struct am_error *err);
void am_pst_block_unref(struct am_pst_block **block); /* becomes NULL */

/*
 * The data of a node: its blocks in order.  bid 0: no blocks.  A list that
 * names a block twice is refused, so there is never more data than the file
 * can hold.
 */
struct am_pst_data {
	struct am_pst_ndb *ndb;
	am_pst_bid bid;
	size_t n_blocks;
	am_pst_bid *blocks;
	uint64_t total; /* as the list says; of a single block exact */
};
AM_MUST_USE int am_pst_data_open(struct am_pst_data *out,
                                 struct am_pst_ndb *ndb, am_pst_bid bid,
                                 struct am_error *err);
void am_pst_data_close(struct am_pst_data *data);
AM_MUST_USE int am_pst_data_block(const struct am_pst_data *data, size_t i,
                                  struct am_pst_block **out,
                                  struct am_error *err);
/* All of it in one piece, g_free() it; AM_E_LIMIT beyond max. */
AM_MUST_USE int am_pst_data_all(const struct am_pst_data *data, size_t max,
                                uint8_t **out, size_t *len,
                                struct am_error *err);

/* Subnodes: nodes within a node.  sub is the node's; 0: it has none. */
AM_MUST_USE int am_pst_sub_find(struct am_pst_ndb *ndb, am_pst_bid sub,
                                am_pst_nid nid, struct am_pst_sl_entry *out,
                                struct am_error *err);
/* Those of one type, or of any, ascending as they lie; g_free() the list. */
enum { AM_PST_SUB_ANY = 0x20 };
AM_MUST_USE int am_pst_sub_list(struct am_pst_ndb *ndb, am_pst_bid sub,
                                unsigned type, struct am_pst_sl_entry **out,
                                size_t *n, struct am_error *err);

#endif
