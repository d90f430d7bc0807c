/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_SERVE_INDEX_H
#define MAILARK_SERVE_INDEX_H

#include "serve/house.h"

/*
 * The full-text indexes of the archives that are served: asked by searches, and
 * brought up to date by a thread of their own while there are new messages.  An
 * archive without an index is searched without.
 */
struct am_hit;
struct serve_index;

/* Puts itself into the house.  update: they may be written. */
struct serve_index *serve_index_new(struct am_house *house, bool update,
                                    struct am_ctx *ctx);
/* Has this archive an index now? */
bool serve_index_has(struct serve_index *index, const struct am_vault *vault);
/* What a query (index.h) finds in it, by id, g_free(*hits), and up to which
 * message; scores mean something when it is ranked.  Any thread. */
AM_MUST_USE int serve_index_query(struct serve_index *index,
                                  struct am_vault *vault, const char *query,
                                  bool ranked, struct am_hit **hits, size_t *n,
                                  int64_t *last, struct am_error *err);
/* When no session is left. */
void serve_index_free(struct serve_index **index);

#endif
