/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_OUTLOOK_PST_TREE_H
#define AM_FORMATS_OUTLOOK_PST_TREE_H

#include "model/source.h"

/* What `--from pst,…` says, checked. */
struct am_pst_settings {
	bool deleted, associated, properties;
	bool leave; /* of a tree: others say what cannot be looked into */
	unsigned codepage; /* 0: a guess */
};

/* One file; its folders stand in the folder `within` (NULL-terminated, may be
 * empty). */
AM_MUST_USE int am_pst_file_open(struct am_source **out, const char *path,
                                 const struct am_pst_settings *set,
                                 const char *const *within, struct am_ctx *ctx,
                                 struct am_error *err);

/*
 * The files below a directory, sorted: what is called *.pst or *.ost and what
 * begins like one.  A file is a folder of its name, without its ending, in the
 * folders that its directories are.  Links to directories are not followed.
 * AM_E_FORMAT when there is none.
 */
AM_MUST_USE int am_pst_tree_open(struct am_source **out, const char *path,
                                 const struct am_pst_settings *set,
                                 struct am_ctx *ctx, struct am_error *err);

#endif
