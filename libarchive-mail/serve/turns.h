/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_TURNS_H
#define AM_SERVE_TURNS_H

#include <glib.h>

/*
 * So many at once, the others in the order in which they came.  For threads,
 * which may be many more than there are processors.
 */
struct am_turns {
	GMutex lock;
	GQueue waiting; /* struct waiter, on the stack of who waits */
	unsigned free;
};

void am_turns_init(struct am_turns *turns, unsigned at_once);
void am_turns_clear(struct am_turns *turns);
/* Waits until it is one's turn. */
void am_turns_take(struct am_turns *turns);
void am_turns_leave(struct am_turns *turns);

#endif
