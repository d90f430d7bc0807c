/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_HTML_TAG_H
#define AM_MIME_HTML_TAG_H

#include "base/compiler.h"

/* What an element means for its text. */
enum am_html_does {
	AM_HTML_LINE = 1 << 0,      /* begins and ends on a line of its own */
	AM_HTML_PARAGRAPH = 1 << 1, /* with an empty line around it */
	AM_HTML_BREAK = 1 << 2,
	AM_HTML_CELL = 1 << 3,
	AM_HTML_ITEM = 1 << 4,
	AM_HTML_PRE = 1 << 5,
	AM_HTML_ALT = 1 << 6,   /* its alt stands for it */
	AM_HTML_SKIP = 1 << 7,  /* what is inside is not shown */
	AM_HTML_RAW = 1 << 8,   /* neither, and is not even HTML */
	AM_HTML_QUOTE = 1 << 9, /* <blockquote> */
	AM_HTML_DIV = 1 << 10,
	AM_HTML_OUTER = 1 << 11, /* ends a skipped element left open */
	AM_HTML_MARK = 1 << 12,  /* may carry the mark of a quotation */
	AM_HTML_LINK = 1 << 13
};

/* 0 for elements that only mark up. */
unsigned am_html_tag(const char *name, size_t len);
#define AM_HTML_TAG_MAX 12 /* names we know are not longer */

/* How the mail quoted below is marked, by class, id and style of an element
 * in any mail program; NULL: attribute not there. */
enum am_html_mark {
	AM_HTML_OWN,
	AM_HTML_QUOTES, /* inside this element */
	AM_HTML_REST    /* from here to the end */
};
enum am_html_mark am_html_tag_mark(const char *class, const char *id,
                                   const char *style);

#endif
