/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_SPELLING_H
#define AM_INDEX_SPELLING_H

#include "index/index.h"

/*
 * Did you mean: the query with a word that the index does not know, or hardly,
 * replaced by the nearest that many messages have.  Only what is found then is
 * proposed.
 *
 * AM_END: nothing better is known.  *hits: how many messages it finds.
 * g_free(*out).
 */
AM_MUST_USE int am_index_suggest(char **out, uint64_t *hits,
                                 struct am_index *index,
                                 struct am_archive *archive, const char *text,
                                 const struct am_query *query, int64_t now,
                                 struct am_error *err);

#endif
