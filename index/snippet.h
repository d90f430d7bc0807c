/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_SNIPPET_H
#define AM_INDEX_SNIPPET_H

#include "index/fields.h"
#include "index/index.h"

/* am_index_snippet(), and where the words stand that are marked in it: in the
 * body, in an attached text (of *file, NULL or g_free() it), or
 * AM_REGION_SUBJECT for nowhere. */
AM_MUST_USE int am_snippet_read(char **out, enum am_region *region, char **file,
                                struct am_index *index,
                                struct am_archive *archive,
                                const struct am_query *query, int64_t id,
                                const char *on, const char *off,
                                struct am_error *err);

/* The same of a text that is at hand; g_free() it. */
char *am_snippet_of(const struct am_query *query, const char *text,
                    const char *on, const char *off);

#endif
