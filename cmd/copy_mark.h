/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_COPY_MARK_H
#define MAILARK_COPY_MARK_H

#include "base/compiler.h"

struct am_place;

/*
 * A mark in the user's state folder while a copy into a server is under way.
 * One that is there before was left by a run that was killed or lost its way,
 * whose last mail may still be coming in.  Where it cannot be written nothing
 * is known, which is told nobody.
 */
struct copy_mark;

/* NULL for a target that is no server. */
struct copy_mark *copy_mark_set(const struct am_place *target);
bool copy_mark_was_there(const struct copy_mark *mark); /* NULL: no */
/* `whole`: all that was sent was answered. */
void copy_mark_end(struct copy_mark **mark, bool whole);

#endif
