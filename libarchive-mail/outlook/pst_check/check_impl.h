/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_CHECK_CHECK_IMPL_H
#define AM_OUTLOOK_PST_CHECK_CHECK_IMPL_H

#include "model/ctx.h"
#include "outlook/pst/context.h"
#include "outlook/pst/ndb_impl.h"
#include "outlook/pst_check/check.h"
#include "outlook/pst_write/space.h"

#include <glib.h>

struct am_arena;

/* What the files of the check share: check*.c, and nobody else. */
struct am_pst_checker {
	struct am_ctx *ctx;    /* whom to tell */
	struct am_ctx reading; /* what the reader says is a finding too */
	struct am_pst_ndb *ndb;
	const struct am_pst_geometry *g;
	struct am_pst_check_result *result;
	struct am_arena *arenas[2]; /* of the bags that are looked at at once */
	uint64_t budget;            /* bytes that may still be looked at */
	bool told_budget;
};

/* origin: the node, 0: none.  code: what is behind "pst.check.". */
void am_pst_finding(struct am_pst_checker *c, am_pst_nid node, const char *code,
                    const char *fmt, ...) AM_PRINTF(4, 5);

/* Before so many bytes are looked at.  Each belongs to one thing, so a file of
 * which many times its size is looked at names things over and over: false. */
bool am_pst_charge(struct am_pst_checker *c, am_pst_nid node, uint64_t bytes);

/* check_pages.c: a tree, page by page; its entries in order. */
struct am_pst_tree_visitor {
	void (*page)(void *user, const struct am_pst_bref *where);
	int (*entry)(void *user, const uint8_t *bytes, struct am_error *err);
	void *user;
	bool quiet; /* findings have been told */
};
AM_MUST_USE int am_pst_check_tree(struct am_pst_checker *c,
                                  enum am_pst_page_type type,
                                  const struct am_pst_tree_visitor *visitor,
                                  struct am_error *err);
/* check_space.c: every page and block against the maps. */
AM_MUST_USE int am_pst_check_space(struct am_pst_checker *c,
                                   struct am_error *err);
/* check_refs.c: how often each block is named. */
AM_MUST_USE int am_pst_check_refs(struct am_pst_checker *c,
                                  struct am_error *err);

/* check_heap.c: what is in a node's data, one block after the other.  *total:
 * its bytes.  false: it cannot be had, which has been told. */
bool am_pst_check_data(struct am_pst_checker *c, am_pst_nid nid,
                       am_pst_bid data, uint64_t *total);
bool am_pst_check_heap(struct am_pst_checker *c, am_pst_nid nid,
                       am_pst_bid data, uint8_t client);
/* A property context into a bag of that arena. */
bool am_pst_check_bag(struct am_pst_checker *c, am_pst_nid nid, am_pst_bid data,
                      am_pst_bid sub, unsigned arena,
                      struct am_mapi_props *bag);

/* check_table.c: rows against what they are about. */
struct am_pst_check_row {
	uint32_t id;
	const struct am_mapi_props *cells;
	const uint32_t *columns; /* tags */
	unsigned n_columns;
};
bool am_pst_check_table(struct am_pst_checker *c, am_pst_nid nid,
                        am_pst_bid data, am_pst_bid sub,
                        void (*one)(void *user,
                                    const struct am_pst_check_row *row),
                        void *user, uint32_t *n_rows);
/* The cells of a row and the properties of what it is about are the same. */
void am_pst_check_parity(struct am_pst_checker *c, am_pst_nid table,
                         const struct am_pst_check_row *row,
                         const struct am_mapi_props *bag);

/* check_items.c */
void am_pst_check_message(struct am_pst_checker *c,
                          const struct am_pst_nbt_entry *node);
/* check_store.c: what is in the folders, and what a store must have. */
void am_pst_check_folder(struct am_pst_checker *c,
                         const struct am_pst_nbt_entry *node);
void am_pst_check_store(struct am_pst_checker *c);
/* The subnodes, in order; g_array_free() it. */
GArray *am_pst_check_subs(struct am_pst_checker *c, am_pst_nid nid,
                          am_pst_bid sub);

#endif
