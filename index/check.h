/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_CHECK_H
#define AM_INDEX_CHECK_H

#include "base/error.h"

struct am_archive;
struct am_ctx;
struct am_index;

/*
 * Is everything in the index that should be, and nothing else?  Both sides are
 * counted, message by message: an index that lacks something answers as if it
 * did not, and nobody sees it.
 *
 *   messages = shown + newer + unreadable + lost
 */
struct am_index_health {
	uint64_t messages;   /* that the catalog shows */
	uint64_t documents;  /* in the index */
	uint64_t shown;      /* of the messages, those with a document */
	uint64_t hidden;     /* documents of messages that are shown no more */
	uint64_t newer;      /* came after the index was brought up to date */
	uint64_t unreadable; /* have none, for they cannot be read: each is a
	                      * note "index.unreadable" with the reason */
	uint64_t lost; /* have none, and could: the index is wrong ("…lost") */
	uint64_t foreign; /* documents of messages that there are not */
	uint64_t damaged; /* shards in which something is wrong ("…damage") */
	bool whole;       /* lost, foreign and damaged are 0 */
};

/*
 * full: every block and list of the shards is looked at as well, by Xapian.
 * An index that cannot even be opened is AM_FAILED with AM_E_CORRUPT.
 */
AM_MUST_USE int am_index_check(struct am_index_health *out,
                               struct am_index *index,
                               struct am_archive *archive, bool full,
                               struct am_ctx *ctx, struct am_error *err);

#endif
