/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_STORE_IMPL_H
#define AM_OUTLOOK_PST_STORE_IMPL_H

#include "outlook/mapi/reading.h"
#include "outlook/pst/store.h"

#include <glib.h>

/* What store.c finds and store_items.c looks up. */
struct am_pst_child {
	am_pst_nid parent, nid;
};

struct am_pst_store {
	struct am_pst_ndb *ndb;
	struct am_mapi_names *names;
	struct am_arena *arena;
	unsigned codepage;
	am_pst_nid top;   /* of what people see */
	GArray *folders;  /* struct am_pst_folder */
	GArray *children; /* struct am_pst_child: messages, by parent */
	GPtrArray *lost;  /* pages of the node tree, in words */
	bool borrowed;    /* all but ndb is another one's */
	char *beside;     /* the directory it lies in */
	struct am_mapi_container container; /* see reading.c */
};

#endif
