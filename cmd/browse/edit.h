/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_BROWSE_EDIT_H
#define MAILARK_BROWSE_EDIT_H

#include "cmd/browse/frame.h"

/* One line that is typed, with the keys a shell has: Ctrl-A and -E, Ctrl-W, -U
 * and -K, Backspace and Del, the arrows, Home and End. */
struct edit {
	char *text;  /* UTF-8 */
	size_t at;   /* byte the cursor stands before */
	size_t left; /* first byte that is seen */
};

void edit_set(struct edit *edit, const char *text); /* cursor at the end */
void edit_clear(struct edit *edit);
/* true: the key was one of its own; *changed: and the text is another. */
bool edit_key(struct edit *edit, int key, bool *changed);
/* Draw it in one row, and the cursor. */
void edit_draw(struct edit *edit, struct frame *frame, size_t y, size_t x,
               size_t columns, bool cursor);

#endif
