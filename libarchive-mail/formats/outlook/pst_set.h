/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_OUTLOOK_PST_SET_H
#define AM_FORMATS_OUTLOOK_PST_SET_H

#include "formats/outlook/pst_known.h"
#include "model/ctx.h"

#include <glib.h>

/*
 * The files of one target: NAME.pst, NAME-2.pst, NAME-3.pst …  Each is a PST of
 * its own with the folders it needs.  What is there is never written to: a
 * further run begins the next one.  One process at a time: NAME.pst.lock says
 * which.
 */
struct am_pst_set {
	char *dir, *stem, *ending; /* "/home/x", "mail", ".pst" */
	GArray *numbers;           /* unsigned, ascending: which are there */
	struct am_pst_known *known;
	GHashTable *folders; /* as text: those that are there */
	struct am_lock *lock;
};

/* Look for what is there; path may be a directory, or end in '/'. */
AM_MUST_USE int am_pst_set_open(struct am_pst_set *set, const char *path,
                                struct am_error *err);
/* Read it: AM_E_EXISTS when one of them was not written by us. */
AM_MUST_USE int am_pst_set_read(struct am_pst_set *set, struct am_ctx *ctx,
                                struct am_error *err);
void am_pst_set_clear(struct am_pst_set *set);

/* The path of a number, and of the next to be written; g_free() it. */
char *am_pst_set_path(const struct am_pst_set *set, unsigned number);
unsigned am_pst_set_next(const struct am_pst_set *set);
/* It is there from now on. */
void am_pst_set_add(struct am_pst_set *set, unsigned number);

#endif
