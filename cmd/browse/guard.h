/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_BROWSE_GUARD_H
#define MAILARK_BROWSE_GUARD_H

#include "base/error.h"

/*
 * Leaves the terminal as it was, however the program ends.
 *
 * What can be caught (a crash, SIGTERM, SIGQUIT, a second Ctrl-C) restores it
 * and then kills the program as it would have been.  For SIGKILL there is a
 * second process, which waits at a pipe: when the pipe ends before the guard
 * was freed, it does the same.
 */
struct guard;

struct guard *guard_new(void); /* remembers the terminal: before all else */
/* From now on, with what must be written to leave its modes. */
void guard_begin(struct guard *guard, const char *restore);
void guard_free(struct guard **guard);

/* The terminal is as it was anyway, for others to use; and no more.  Ctrl-C is
 * theirs meanwhile. */
void guard_rest(struct guard *guard, bool rest);
/* Until the terminal's own modes are set again: keys come at once, unseen. */
void guard_single_keys(void);

/* Readable when a signal came; what it asked for, once. */
enum guard_asked { GUARD_NOTHING, GUARD_INTERRUPT, GUARD_END };
int guard_fd(const struct guard *guard);
enum guard_asked guard_asked(struct guard *guard);

#endif
