/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_INDEX_COMPLETE_H
#define AM_TESTS_INDEX_COMPLETE_H

#include "base/error.h"

/*
 * Does the index find what is there, and nothing else?  Words, addresses, file
 * names, phrases and beginnings of words are drawn from the messages of an
 * archive, and each is asked of the index; then every message is read and its
 * decoded text gone through from front to back, which knows nothing of the
 * index.  Both must name the same messages.
 */
struct am_archive;
struct am_extractor;
struct am_index;

struct complete {
	unsigned queries;  /* that were asked */
	unsigned wrong;    /* of them, with another answer */
	uint64_t messages; /* that were read */
	uint64_t hits;     /* of all queries together */
	unsigned kinds[5]; /* words, phrases, addresses, names, beginnings */
};
/* say: told of each query that is wrong; files reads attached ones (extract/),
 * NULL: the index was made without. */
AM_MUST_USE int complete_run(struct complete *out, struct am_archive *archive,
                             struct am_index *index, struct am_extractor *files,
                             uint64_t last, unsigned queries, uint32_t seed,
                             void (*say)(const char *line),
                             struct am_error *err);

#endif
