/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_RUN_EXPAND_H
#define AM_INDEX_RUN_EXPAND_H

#include "index/query_run.h"

/* Documents that have, as the last of the node's words, one of many: marked as
 * far as they are asked for.  Those that have its other words, that is: who
 * asks sees to them. */
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
