/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_BROWSE_TERM_H
#define MAILARK_BROWSE_TERM_H

#include "base/error.h"

struct browse_term;
struct frame;

/*
 * The terminal: the one file that knows ncurses.
 *
 * Whatever ends the program while it is open, the terminal is then as it was:
 * signals that can be caught are, and a process that does nothing but wait is
 * there for the one that cannot.
 */
struct term;

/* implicit: the terminal puts writing from right to left into order, if it can;
 * else it is told not to. */
AM_MUST_USE int term_open(struct term **out, bool mouse, bool implicit,
                          struct am_error *err);
void term_close(struct term **term);
/* For the model; valid as long as the term. */
const struct browse_term *term_calls(struct term *term);
void term_size(const struct term *term, size_t *rows, size_t *columns);
void term_show(struct term *term, const struct frame *frame);

enum term_event {
	TERM_NOTHING, /* something was readable on `fd` */
	TERM_KEY,
	TERM_MOUSE,
	TERM_RESIZED,
	TERM_ENDED /* the terminal has gone, or somebody asked us to end */
};
struct term_input {
	int key;
	bool pasted; /* not typed: text, whatever keys it looks like */
	size_t y, x;
	unsigned button;
};
/* What there is already, without waiting. */
enum term_event term_next(struct term *term, struct term_input *out);
/* Wait for a key or for `fd` to become readable. */
enum term_event term_wait(struct term *term, int fd, struct term_input *out);

#endif
