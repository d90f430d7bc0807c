/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_RESCUE_H
#define AM_OUTLOOK_PST_RESCUE_H

#include "outlook/pst/ndb.h"

/*
 * What the leaves of the two trees name, found without the trees.
 *
 * A damaged page loses all that is below it, the root everything; where the
 * file was cut off it is often the roots that are gone.  The leaves are there
 * still: each names itself and its place in a trailer with a checksum.  So the
 * first time that a tree cannot be followed, the file is looked through for
 * them, once for all that share it.
 *
 * Of the nodes, what a later leaf would have had to name and does not is
 * deleted and left out.  Blocks prove themselves when they are read.
 *
 * Memory: 64 bytes a node and a block, of a million each at most.
 */
struct am_pst_rescue;

struct am_pst_rescue *am_pst_rescue_new(void);
void am_pst_rescue_free(struct am_pst_rescue **rescue);

/* why: what the tree says, told once.  false: no leaf names it either. */
bool am_pst_rescue_node(struct am_pst_ndb *ndb, am_pst_nid nid, const char *why,
                        struct am_pst_nbt_entry *out);
bool am_pst_rescue_block(struct am_pst_ndb *ndb, am_pst_bid bid,
                         const char *why, struct am_pst_bbt_entry *out);
/* Those nodes that the tree cannot be asked about, ascending. */
AM_MUST_USE int
am_pst_rescue_each(struct am_pst_ndb *ndb, const char *why,
                   int (*node)(void *user, const struct am_pst_nbt_entry *entry,
                               struct am_error *err),
                   void *user, struct am_error *err);

#endif
