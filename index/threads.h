/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_THREADS_H
#define AM_INDEX_THREADS_H

#include "base/error.h"

struct am_archive;
struct am_index;

/*
 * Conversations, by Jamie Zawinski's algorithm over References and In-Reply-To
 * (https://www.jwz.org/doc/threading.html).  Given the messages of a page, the
 * whole threads they belong to, whether the rest matched the query or not: the
 * work is in proportion to the page, apart from a look at three numbers of
 * each message of the index.
 *
 *   struct am_thread *threads = NULL;
 *   size_t n;
 *   r = am_threads_find(&threads, &n, index, archive, ids, n_ids, NULL, err);
 *   for each thread, for each line: "  " × depth, the message `id`
 *   am_threads_free(&threads, n);
 *
 * Threads stand in the order of the first of the ids that is in each; within a
 * thread answers follow what they answer, the older first.
 */
struct am_thread_line {
	int64_t id; /* 0: a message that the ones below answer, but that is not
	             * in the archive */
	uint32_t depth;
	bool hit; /* one of the ids that were given */
};
struct am_thread {
	size_t n;
	struct am_thread_line *lines;
	size_t hits;     /* lines with hit */
	size_t messages; /* lines with a message; without those that were cut */
	bool cut;        /* it goes on: see most */
};
struct am_thread_options {
	/* Threads without a common reference belong together when their bare
	 * subjects are the same, and one of them is an answer.  Off by default:
	 * "Invoice" is many conversations. */
	bool by_subject;
	size_t most; /* lines of one thread; 0: 1000 */
};

AM_MUST_USE int
am_threads_find(struct am_thread **out, size_t *n, struct am_index *index,
                struct am_archive *archive, const int64_t *ids, size_t n_ids,
                const struct am_thread_options *options, struct am_error *err);
void am_threads_free(struct am_thread **threads, size_t n);

#endif
