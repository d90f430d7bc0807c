/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_SERVE_SEARCHES_H
#define MAILARK_SERVE_SEARCHES_H

#include "serve/virtual.h"

/*
 * Searches that are kept by name, as mailboxes: read anew when their file
 * changes; asked of the indexes.
 */
struct serve_index;
struct serve_searches;
struct session;

struct serve_searches *serve_searches_new(struct session *s);
/* When no vault is left that has the source. */
void serve_searches_free(struct serve_searches **searches);
const struct am_virtual_source *
serve_searches_source(const struct serve_searches *searches);
/* Without it there are none. */
void serve_searches_index(struct serve_searches *searches,
                          struct serve_index *index);

#endif
