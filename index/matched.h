/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_MATCHED_H
#define AM_INDEX_MATCHED_H

#include "index/fields.h"
#include "index/index.h"

/*
 * Why a message was found: the line around what matched, and every place where
 * a word of the query stands.  What matched by other things than words (a
 * date, a folder) has neither.
 */
struct am_matched {
	char *snippet;    /* as am_index_snippet() gives it; may be "" */
	uint32_t regions; /* bits of enum am_region */
	char **files;     /* names of the attached files whose name or text it
	                   * is, NULL-terminated; never NULL */
};

AM_MUST_USE int am_index_matched(struct am_matched *out, struct am_index *index,
                                 struct am_archive *archive,
                                 const struct am_query *query, int64_t id,
                                 const char *on, const char *off,
                                 struct am_error *err);
void am_matched_clear(struct am_matched *matched);
/* "subject", "body", "attachment"; NULL: no such. */
const char *am_region_name(enum am_region region);

#endif
