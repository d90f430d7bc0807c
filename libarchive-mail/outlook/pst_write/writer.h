/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_WRITE_WRITER_H
#define AM_OUTLOOK_PST_WRITE_WRITER_H

#include "model/message.h"
#include "outlook/mapi/item.h"
#include "outlook/pst/ndb_layout.h"

struct am_ctx;

/*
 * Writing a PST: Unicode (version 23), obscured by permutation as Outlook's
 * own are, in one pass from its front to its end.
 *
 * The file grows beside its final name, which it takes when it is whole and on
 * the disk; its header is written last, so what was interrupted is no PST.
 * Memory does not grow with what is written but for some hundred bytes a
 * folder: what is needed until the end waits in files in tmpdir.  The same
 * calls give the same bytes.
 *
 * AM_FAILED is about one item or folder: it is not in the file, and the writer
 * goes on.  After AM_FATAL only drop() may follow.  One thread at a time.
 */
struct am_pst_writer;

struct am_pst_writer_options {
	const char *name;   /* what Outlook shows; NULL: the file's name */
	uint64_t max_size;  /* of the file; 0: the most we know to be good */
	const char *tmpdir; /* spools; NULL: /tmp */
};

/* The most that is free of structures no Outlook has been seen to write, and
 * the most there may be at all. */
#define AM_PST_SIZE_DEFAULT UINT64_C(0x7c004400)
#define AM_PST_SIZE_MAX     (UINT64_C(50) << 30)

AM_MUST_USE int am_pst_writer_open(struct am_pst_writer **out, const char *path,
                                   const struct am_pst_writer_options *options,
                                   struct am_ctx *ctx, struct am_error *err);

/* A folder in another; parent 0: at the top of what people see.  class:
 * "IPF.Note", …; NULL: none.  The first of role AM_ROLE_TRASH at the top is the
 * store's Deleted Items, which is there in any case. */
AM_MUST_USE int am_pst_writer_folder(struct am_pst_writer *w, am_pst_nid parent,
                                     const char *name, const char *class,
                                     enum am_role role, am_pst_nid *out,
                                     struct am_error *err);

/*
 * An item at the end of a folder; folders may take turns.  associated: hidden
 * (views, rules, settings).
 *
 * What no PST can hold of it (an id from 0x8000 on without a name, a type that
 * is none, a second property of one id) is left out with a note,
 * "pst.property-left"; 8-bit text becomes Unicode.  What every item must have
 * and this one has not is derived from what it has, never from the clock.
 *
 * AM_FAILED with AM_E_LIMIT: max_size would be exceeded, or a table of this
 * folder be too large; nothing is written of the item, which may go to another
 * file.  AM_FAILED with AM_E_UNSUPPORTED: no PST can hold it (a value of 2 GiB;
 * too many levels of items in items).
 */
AM_MUST_USE int am_pst_writer_put(struct am_pst_writer *w, am_pst_nid folder,
                                  const struct am_mapi_item *item,
                                  bool associated, struct am_error *err);

/* Of the file if it were finished now; never too little. */
uint64_t am_pst_writer_size(const struct am_pst_writer *w);

/* Tables, trees, maps, header; sync, rename.  *w becomes NULL in every case. */
AM_MUST_USE int am_pst_writer_finish(struct am_pst_writer **w,
                                     struct am_error *err);
void am_pst_writer_drop(struct am_pst_writer **w); /* leaves nothing behind */

#endif
