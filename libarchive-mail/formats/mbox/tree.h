/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_TREE_H
#define AM_FORMATS_MBOX_TREE_H

#include "base/error.h"

/*
 * The files below a directory, sorted, each with the folder its place stands
 * for.  Walked with a stack of our own; links are followed, but no directory
 * is entered twice.  With leave_maildirs the insides of Maildirs are left to
 * the source that reads them.  What cannot be read is one AM_FAILED, and the
 * walk goes on behind it.
 */
struct am_mbox_tree;

struct am_mbox_entry {
	const char *path;     /* to open it */
	const char *relative; /* below the root */
	const char *const *parts;
	size_t n_parts;
	uint64_t size;
	/* One of many in its directory that are named by a number: if it holds
	 * one mail, it is no mailbox but a mail of that directory's. */
	bool numbered;
};

AM_MUST_USE int am_mbox_tree_open(struct am_mbox_tree **out, const char *root,
                                  bool leave_maildirs, struct am_error *err);
/* *out is the tree's until the next call; after AM_FAILED out->relative names
 * what was bad.  AM_END behind the last. */
AM_MUST_USE int am_mbox_tree_next(struct am_mbox_tree *tree,
                                  struct am_mbox_entry *out,
                                  struct am_error *err);
/* Files that the walk has left out for they hold no mail, by what they are
 * called or where they lie; `first` is the tree's. */
struct am_mbox_left_out {
	uint64_t n;
	char *first; /* NULL: none */
};
/* In a Mozilla profile, outside of its mail; beside mailboxes, of a name that
 * programs give what they keep there. */
const struct am_mbox_left_out *
am_mbox_tree_in_profile(const struct am_mbox_tree *tree);
const struct am_mbox_left_out *
am_mbox_tree_beside(const struct am_mbox_tree *tree);
void am_mbox_tree_close(struct am_mbox_tree **tree);

#endif
