/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_CONTEXT_H
#define AM_OUTLOOK_PST_CONTEXT_H

#include "outlook/mapi/props.h"
#include "outlook/pst/heap.h"

/*
 * Property contexts ([MS-PST] 2.3.3), a bag of properties, and table contexts
 * (2.3.4), rows of them.  A node is named by where its data and its subnodes
 * lie, which the node tree and a subnode entry both say.
 */

/* Values up to this many bytes are read at once; larger ones, when they are
 * asked for.  am_mapi_prop.store is then a block id for am_pst_data_open(). */
enum { AM_PST_VALUE_NOW = 256 * 1024 };
/* And of one bag, and of one table: records that name the same value over and
 * over are not followed for ever. */
enum { AM_PST_BAG_MAX = 16 << 20, AM_PST_TABLE_MAX = 64 << 20 };

/* Fills the bag and sorts it.  A value that cannot be had is left out, noted
 * and counted in *n_bad (may be NULL). */
AM_MUST_USE int am_pst_pc_read(struct am_pst_ndb *ndb, am_pst_bid data,
                               am_pst_bid sub, struct am_mapi_props *out,
                               unsigned *n_bad, struct am_error *err);

/* The row ids of a table in ascending order; g_free() it. */
AM_MUST_USE int am_pst_tc_ids(struct am_pst_ndb *ndb, am_pst_bid data,
                              uint32_t **out, size_t *n, struct am_error *err);
/* Each row as a bag, in the order they lie; the bag goes when one() returns,
 * what it holds is in the arena.  Without one (NULL) that goes too, and the
 * table may be of any size. */
AM_MUST_USE int am_pst_tc_each(struct am_pst_ndb *ndb, am_pst_bid data,
                               am_pst_bid sub, struct am_arena *arena,
                               int (*one)(void *user, struct am_mapi_props *row,
                                          struct am_error *err),
                               void *user, struct am_error *err);

/* For both: the value of a property whose 4 bytes are `value`, of a type that
 * does not fit into them. */
AM_MUST_USE int am_pst_value(struct am_pst_heap *heap, am_pst_bid sub,
                             uint32_t tag, uint32_t value,
                             struct am_mapi_props *to, struct am_error *err);

#endif
