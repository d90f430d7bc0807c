/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAILDIR_TREE_H
#define AM_FORMATS_MAILDIR_TREE_H

#include "base/error.h"
#include "formats/maildir/maildir_path.h"

struct am_ctx;

/* One Maildir, or one directory that could not be looked into. */
struct am_maildir_dir {
	struct am_folder *folder; /* counted; NULL only with `bad` */
	char *path;               /* relative to the root; "" is the root */
	char *account; /* of the ++ root it belongs to, where the control
	                * files for all its folders lie */
	size_t prefix; /* parts of folder that lead to the account */
	bool bad;
	struct am_error why; /* of a bad one */
};

/*
 * All Maildirs below a directory, in the order they are to be given: the root
 * first, then by path.  Links to directories are not followed.
 *
 * AUTO: a Maildir with children ".X" that hold mail is Maildir++; its other
 * children, and those of all other directories, are walked as fs.  A ++ tree
 * below the root is an account of several: its folders come as X/INBOX, X/A.
 */
struct am_maildir_tree {
	size_t n_dirs;
	struct am_maildir_dir *dirs;
	int root_fd;
};

AM_MUST_USE int am_maildir_tree_read(struct am_maildir_tree *out,
                                     const char *root,
                                     enum am_maildir_layout layout,
                                     struct am_ctx *ctx, struct am_error *err);
void am_maildir_tree_clear(struct am_maildir_tree *tree);

#endif
