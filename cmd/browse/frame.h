/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_BROWSE_FRAME_H
#define MAILARK_BROWSE_FRAME_H

#include "base/compiler.h"

/*
 * What the screen shows, as cells in memory: the model draws into it without
 * knowing of a terminal, the terminal shows it without knowing of mail, and a
 * test reads it.
 */
enum style {
	STYLE_PLAIN,
	STYLE_BAR,      /* the line on top */
	STYLE_SELECTED, /* where the keys work */
	STYLE_RESTING,  /* the same in the part that has not the keys */
	STYLE_DIM,      /* quoted text, hints */
	STYLE_STRONG,   /* unread, headings */
	STYLE_NAME,     /* names of header fields, of facets */
	STYLE_LINK,
	STYLE_FOUND, /* what is searched for */
	STYLE_ERROR,
	STYLE_COUNT
};

enum { CELL_ROOM = 20 }; /* a character, three marks and a fence, in UTF-8 */

struct cell {
	char text[CELL_ROOM]; /* "": the second half of a wide one */
	uint8_t style;
};

struct frame {
	size_t rows, columns;
	struct cell *cells;
	/* Where the cursor is seen; y SIZE_MAX: nowhere. */
	size_t cursor_y, cursor_x;
	/* Writing from right to left is put into the order in which it is seen
	 * (bidi.h); else the terminal does that, and each text is fenced off
	 * from what stands beside it. */
	bool seen_order;
};

struct frame *frame_new(size_t rows, size_t columns); /* blank */
void frame_free(struct frame **frame);
struct cell *frame_cell(struct frame *frame, size_t y, size_t x);

/*
 * Clean text (cells.h) at a place, cut at `columns` with an ellipsis and
 * padded up to them; what lies outside the frame is not drawn.  Returns the
 * columns the text itself took.
 */
size_t frame_put(struct frame *frame, size_t y, size_t x, size_t columns,
                 enum style style, const char *text);
/* The same for a line of a paragraph that begins at the right. */
size_t frame_put_right(struct frame *frame, size_t y, size_t x, size_t columns,
                       enum style style, const char *text);
/* The same, printed; the text is cleaned. */
size_t frame_print(struct frame *frame, size_t y, size_t x, size_t columns,
                   enum style style, const char *fmt, ...) AM_PRINTF(6, 7);
/* Another style for cells that are there. */
void frame_style(struct frame *frame, size_t y, size_t x, size_t columns,
                 enum style style);

/* A row as text, without blanks at its end; g_free() it. */
char *frame_row(const struct frame *frame, size_t y);

#endif
