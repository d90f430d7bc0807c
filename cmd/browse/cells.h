/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_BROWSE_CELLS_H
#define MAILARK_BROWSE_CELLS_H

#include "base/compiler.h"

/*
 * Text as a terminal shows it: cells one or two columns wide, each a character
 * with the marks that stand on it.  Everything here but cells_clean() wants
 * text that went through it.  Needs setlocale(), as wcwidth(3) does.
 */

/*
 * A copy that cannot do anything but be seen: control characters and escape
 * sequences are blanks, broken UTF-8 and what no terminal knows is U+FFFD, what
 * has no width and no look (joiners, marks of direction, selectors) goes, no
 * more than a few marks stand on a letter, and none on nothing.  lines: line
 * feeds stay and tabs become blanks; else both become one blank.  NULL: "".
 * g_free() it.
 */
char *cells_clean(const char *s, bool lines);

/* Columns of the text. */
size_t cells_width(const char *s);
/* The first cell: its bytes, 0 at the end; *columns (may be NULL) its width. */
size_t cells_next(const char *s, size_t *columns);
/* How many bytes fit into so many columns; *used (may be NULL) those taken. */
size_t cells_cut(const char *s, size_t columns, size_t *used);
/* Cut with an ellipsis where it is too long; g_free() it. */
char *cells_fit(const char *s, size_t columns);

/*
 * One line of text into lines of so many columns, broken between words where
 * that can be; all but the first are narrower by `hang`.  Calls `line` with
 * each, at least once.
 */
typedef void cells_line_fn(void *user, const char *s, size_t len);
void cells_wrap(const char *s, size_t columns, size_t hang, cells_line_fn *line,
                void *user);

#endif
