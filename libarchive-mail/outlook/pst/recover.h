/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_RECOVER_H
#define AM_OUTLOOK_PST_RECOVER_H

#include "outlook/pst/store.h"

/*
 * Deleted messages that lie in a store's free space still.
 *
 * Old pages of the node tree name them; their data is in blocks that no tree
 * names any more.  Only what proves itself is taken: a page or a block whose
 * checksum and signature (which is of its place and its id) both hold, and a
 * message all of whose blocks are there.
 *
 * Memory: a bit for each unit of the file (64 bytes; 512 of the 4 KiB layout)
 * while it is searched, 32 bytes for each block found.
 */
struct am_pst_recovery;

struct am_pst_deleted {
	struct am_pst_nbt_entry node; /* parent: the folder it was in */
	uint64_t page;                /* offset of the page that names it */
	am_pst_bid page_id;           /* the higher, the later */
};

AM_MUST_USE int am_pst_recover(struct am_pst_recovery **out,
                               const struct am_pst_store *store,
                               struct am_ctx *ctx, struct am_error *err);
void am_pst_recovery_free(struct am_pst_recovery **recovery);

/* Ascending by node id; of several versions of a message the latest. */
size_t am_pst_recovery_n(const struct am_pst_recovery *recovery);
const struct am_pst_deleted *
am_pst_recovery_at(const struct am_pst_recovery *recovery, size_t i);
/* Messages that are named but are not whole any more. */
size_t am_pst_recovery_n_lost(const struct am_pst_recovery *recovery);

/* From now on the store's blocks are those in free space too; NULL: no longer.
 * The recovery lives as long. */
void am_pst_store_see_freed(struct am_pst_store *store,
                            const struct am_pst_recovery *recovery);

#endif
