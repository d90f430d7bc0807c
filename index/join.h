/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_JOIN_H
#define AM_INDEX_JOIN_H

#include "base/error.h"

/*
 * The posting lists of several shards into one, documents numbered anew:
 * moved[i][d - 1] is what document d of shard i becomes.  Xapian joins shards
 * by the piece, which keeps numbers or moves a whole shard's; here the newest
 * mail of all shards must come first.
 */
AM_MUST_USE int am_join_lists(const char *const *dirs, size_t n, const char *to,
                              uint32_t *const *moved, const uint32_t *documents,
                              struct am_error *err);

#endif
