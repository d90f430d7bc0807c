/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_RUN_EXPAND_H
#define AM_INDEX_RUN_EXPAND_H

#include "index/query_run.h"

/* Documents that have the node's words, the last of which is one of many:
 * marked as far as they are asked for. */
struct am_expansion;
void am_expansion_free(struct am_expansion **expansion);
AM_MUST_USE int am_expansion_has(struct am_expansion *expansion, size_t shard,
                                 uint32_t document, bool *out,
                                 struct am_error *err);
/* The first from `from` on; 0: none. */
AM_MUST_USE int am_expansion_next(struct am_expansion *expansion, size_t shard,
                                  uint32_t from, uint32_t *out,
                                  struct am_error *err);
/* Takes it. */
struct am_xquery *am_source_expansion(struct am_sources *sources,
                                      struct am_expansion *expansion);

#endif
