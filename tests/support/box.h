/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_BOX_H
#define AM_TESTS_BOX_H

#include "model/sink.h"
#include "model/source.h"

#include <glib.h>

struct am_format;

/*
 * A made-up mailbox of any length for the tests of a store: message i is
 * always the same.  Among them are line ends of all kinds, the same mail with
 * other line ends, the same bytes twice in a folder and in two, attachments
 * alone and shared, threads, flags, keywords, labels.
 */
GString *box_bytes(unsigned i);
/* The whole message, in its folder; am_message_free(). */
struct am_message *box_message(unsigned i);

/* Put messages [from, to) with a commit after every `each` (0: none but at the
 * end); begin and finish around them.  Stops at the first status below zero
 * that is not AM_FAILED and gives it back. */
struct box_run {
	unsigned from, to, each;
	const char *source; /* whom to name in begin(); NULL: no begin() */
	bool no_commit;     /* not even at the end */
	unsigned stored, duplicates, failed; /* out */
};
int box_put(struct am_sink *sink, struct box_run *run, struct am_error *err);

/* The same through a format: open, put, close. */
int box_import(const struct am_format *format, const char *path,
               const char *const *options, struct box_run *run,
               struct am_ctx *ctx, struct am_error *err);

/* All a source gives, a line a message, in its order; NULL when it cannot be
 * read, with *err.  A message that cannot be loaded is a line "?". */
GPtrArray *box_dump(const struct am_format *format, const char *path,
                    struct am_ctx *ctx, struct am_error *err);
/* Lines as one string, to compare; g_free(). */
char *box_join(GPtrArray *lines);

#endif
