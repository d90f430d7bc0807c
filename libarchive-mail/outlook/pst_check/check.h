/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_CHECK_CHECK_H
#define AM_OUTLOOK_PST_CHECK_CHECK_H

#include "base/error.h"

struct am_ctx;

/*
 * Is this a PST that Outlook and its repair tool have nothing against?  All
 * that is known to matter is looked at: checksums and names of pages and
 * blocks, that they do not overlap and the allocation maps say so, how often
 * blocks are named, parents, heaps, tables against what they list, sizes,
 * counts, named properties.
 *
 * Each finding is a note (ERROR, code "pst.check.…", the node as origin, the
 * offset in words).  Only PSTs of 64 bits are looked at.
 */
struct am_pst_check_result {
	uint64_t blocks, pages, nodes, folders, items, findings;
};

/* AM_OK whatever is found; a status below only when the file cannot be read at
 * all. */
AM_MUST_USE int am_pst_check(const char *path, struct am_ctx *ctx,
                             struct am_pst_check_result *out,
                             struct am_error *err);

#endif
