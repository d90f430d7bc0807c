/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_BOXES_WALK_H
#define AM_FORMATS_BOXES_WALK_H

#include "formats/boxes/box.h"

#include <glib.h>

/*
 * The mailboxes below a directory, sorted by name.  Walked with a stack of our
 * own; links are followed as the mbox source does it, but no directory is
 * entered twice.  What cannot be looked at is one AM_FAILED, and the walk goes
 * on behind it.
 */
struct am_boxes_walk;

struct am_boxes_found {
	const struct am_box_kind *kind;
	const char *path;     /* to open it */
	const char *relative; /* below the root; "." is the root itself */
	GPtrArray *parts;     /* of its folder */
};

/* kind NULL: all of them. */
AM_MUST_USE int am_boxes_walk_open(struct am_boxes_walk **out, const char *root,
                                   const struct am_box_kind *kind,
                                   struct am_error *err);
/* *out is the walk's until the next call; after AM_FAILED out->relative names
 * what was bad.  AM_END behind the last. */
AM_MUST_USE int am_boxes_walk_next(struct am_boxes_walk *walk,
                                   struct am_boxes_found *out,
                                   struct am_error *err);
void am_boxes_walk_close(struct am_boxes_walk **walk);

/* The folder name of a file: without ".gz" and its kind and the kind's endings,
 * valid UTF-8.  g_free() it. */
char *am_boxes_name_of(const struct am_box_kind *kind, const char *file);

#endif
