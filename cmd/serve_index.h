/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_SERVE_INDEX_H
#define MAILARK_SERVE_INDEX_H

#include "serve/house.h"

/*
 * The full-text indexes of the archives that are served: asked by searches, and
 * brought up to date by a thread of their own while there are new messages.  An
 * archive without an index is searched without.
 */
struct serve_index;

/* Puts itself into the house.  update: they may be written. */
struct serve_index *serve_index_new(struct am_house *house, bool update,
                                    struct am_ctx *ctx);
/* When no session is left. */
void serve_index_free(struct serve_index **index);

#endif
