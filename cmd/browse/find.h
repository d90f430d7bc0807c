/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_BROWSE_FIND_H
#define MAILARK_BROWSE_FIND_H

#include "base/compiler.h"

/* What is looked for in the text of a message. */
struct find {
	char *text; /* never "" */
	/* Only where a word begins, or ends, with it. */
	bool begins, ends;
};
struct finds {
	struct find *items;
	size_t n;
};

/* The words a query looks for in text and addresses; what it excludes, and
 * facts such as dates, are none. */
void finds_of_query(struct finds *out, const char *query);
/* Something typed, wherever it stands; "": nothing. */
void finds_of_text(struct finds *out, const char *text);
void finds_clear(struct finds *finds);

/*
 * The first of them in `text`, at `from` (which lies within it) or behind: its
 * bytes in *len; NULL: none.  Letters are compared without their case, one by
 * one, so that places in the text are places on the screen.
 */
const char *finds_next(const struct finds *finds, const char *text,
                       const char *from, size_t *len);

#endif
