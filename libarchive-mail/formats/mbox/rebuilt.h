/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_REBUILT_H
#define AM_FORMATS_MBOX_REBUILT_H

#include "base/error.h"

#include <glib.h>

struct am_blob;
struct am_ctx;
struct am_message;

/*
 * A message that was made of what the mailbox holds and of files beside it, and
 * the way back: the prop "mbox.rebuilt", which makes its raw bytes again what
 * they were before.  It holds no more than what was taken away:
 *
 *     varint    bytes to copy
 *     varint    bytes to leave out
 *     varint    length of what stood there instead
 *     bytes     that
 *
 * again and again; behind the last everything is copied.
 */
#define AM_MBOX_REBUILT_PROP "mbox.rebuilt"
#define AM_MBOX_REBUILT_MAX  (64 * 1024)
/* Of a message that is rebuilt, without its files. */
#define AM_MBOX_REBUILT_TEXT (16 * 1024 * 1024)

/* One change of the original: [at, at + del) becomes `pieces`. */
struct am_mbox_piece {
	char *text; /* or, where NULL, */
	char *path; /* a file in base64 */
};
struct am_mbox_change {
	size_t at, del;
	GArray *pieces; /* struct am_mbox_piece */
};
/* changes: of struct am_mbox_change, in order and disjoint. */
GArray *am_mbox_changes_new(void);
void am_mbox_changes_free(GArray *changes);
/* The next change, to be given its pieces. */
void am_mbox_changes_add(GArray *changes, size_t at, size_t del);
void am_mbox_changes_text(GArray *changes, const char *text);
void am_mbox_changes_file(GArray *changes, const char *path);

/* msg->raw, which is `bytes`, becomes what the changes make of it.  AM_END: too
 * much is taken away to be kept; it stays as it is. */
AM_MUST_USE int am_mbox_rebuild(struct am_message *msg, const uint8_t *bytes,
                                size_t len, const GArray *changes,
                                const char *eol, struct am_ctx *ctx,
                                struct am_error *err);
/* The bytes it had in the mailbox, less what the recipe puts back. */
AM_MUST_USE int am_mbox_rebuilt_undo(struct am_blob **out,
                                     const struct am_message *msg,
                                     struct am_error *err);

#endif
