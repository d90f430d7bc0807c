/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_SEARCHED_H
#define MAILARK_SEARCHED_H

#include "base/error.h"

struct am_archive;
struct am_ctx;
struct am_index;
struct session;

/* An archive with its index, to be searched. */
struct searched {
	const char *name; /* as the user wrote it */
	const char *path; /* the same without "archive:" */
	struct am_archive *archive;
	struct am_index *index; /* NULL: it has none */
	uint64_t missing;       /* newer messages that the index lacks */
	struct am_error why;    /* why it has none, when there is one */
};

/*
 * Open one; an index that is a little behind is brought up to date first, and
 * of one that is not, it is told how many messages are left out.  It is no
 * error here that there is no index.  false: session_error() said why.
 */
bool searched_open(struct searched *in, struct session *s, const char *name);
/* The same for who can do without: an index that cannot be read is none, and
 * in->why says why. */
bool searched_open_any(struct searched *in, struct session *s,
                       const char *name);
/* The same again, for another thread, as it stands. */
AM_MUST_USE int searched_again(struct searched *out, const struct searched *in,
                               struct am_ctx *ctx, struct am_error *err);
void searched_close(struct searched *in);

#endif
