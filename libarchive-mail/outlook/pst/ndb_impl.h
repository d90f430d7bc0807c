/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_NDB_IMPL_H
#define AM_OUTLOOK_PST_NDB_IMPL_H

#include "outlook/pst/ndb.h"

#include <glib.h>

/* What the files of the reading side share: ndb*.c, and nobody else. */
struct am_file;
struct libdeflate_decompressor;

enum { AM_PST_PAGE_SLOTS = 256, AM_PST_BLOCK_SLOTS = 16 };

struct am_pst_page {
	uint64_t at; /* 0: empty slot */
	uint8_t *bytes;
};

struct am_pst_ndb {
	struct am_file *file;
	struct am_ctx *ctx;
	uint64_t size;
	struct am_pst_header header;
	uint8_t head[AM_PST_HEADER_MAX]; /* the bytes of it */
	size_t head_len;
	const struct am_pst_geometry *g;
	struct am_pst_page pages[AM_PST_PAGE_SLOTS];
	struct am_pst_block *blocks[AM_PST_BLOCK_SLOTS];
	struct libdeflate_decompressor *inflater; /* NULL: not needed yet */
	/* Blocks no tree names any more, by id (struct am_pst_bbt_entry),
	 * looked at where the tree has none; NULL: not wanted. */
	const GArray *freed;
	struct am_pst_rescue *rescue; /* shared; for when a tree is damaged */
	bool owns_rescue;
	gint own_notes, *n_notes; /* the first one's; atomic */
	am_pst_nid about;
};

/* A page of a B-tree, checked: what it holds fits into it. */
struct am_pst_bt_page {
	const uint8_t *bytes; /* until the next page is asked for */
	struct am_pst_bt_counts counts;
};
AM_MUST_USE int am_pst_bt_page(struct am_pst_ndb *ndb,
                               const struct am_pst_bref *where,
                               enum am_pst_page_type type,
                               struct am_pst_bt_page *out,
                               struct am_error *err);
/* Every page, each before those below it; what bad() returns other than AM_OK
 * ends it, and so does page(). */
struct am_pst_page_visitor {
	int (*page)(void *user, uint64_t at, const struct am_pst_bt_page *page,
	            struct am_error *err);
	int (*bad)(void *user, uint64_t at, const struct am_error *why);
	void *user;
};
AM_MUST_USE int am_pst_bt_each(struct am_pst_ndb *ndb,
                               enum am_pst_page_type type,
                               const struct am_pst_page_visitor *visitor,
                               struct am_error *err);
/* The leaf entry of a key, in place; AM_E_NOTFOUND. */
AM_MUST_USE int am_pst_bt_find(struct am_pst_ndb *ndb,
                               enum am_pst_page_type type, uint64_t key,
                               const uint8_t **out, struct am_error *err);

#endif
