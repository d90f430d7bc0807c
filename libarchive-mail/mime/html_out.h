/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_HTML_OUT_H
#define AM_MIME_HTML_OUT_H

#include "mime/html.h"

/*
 * Where the text of HTML goes: white space is owed until a letter comes, so
 * none stands at the ends and none is doubled; characters are resolved;
 * pieces are cut between characters of UTF-8.  A member of am_html.
 */
#define AM_HTML_OUT_ROOM   8192
#define AM_HTML_OUT_ENTITY 40 /* "&#0000…" is as long as a person likes */

struct am_html_out {
	am_html_fn *text;
	void *user;
	bool keep_layout;
	bool quoted; /* what comes from here on */
	bool any, space;
	unsigned newlines;
	bool held_quoted; /* what lies in buf */
	char buf[AM_HTML_OUT_ROOM];
	size_t n;
	char entity[AM_HTML_OUT_ENTITY]; /* one begun, less its '&' */
	size_t n_entity;
};

void am_html_out_text(struct am_html_out *o, const char *s, size_t len);
/* A line ends here, or (2) a paragraph; without layout a blank. */
void am_html_out_break(struct am_html_out *o, unsigned newlines);
/* A letter behind '&'.  false: it is not part of it, which ended it. */
bool am_html_out_entity(struct am_html_out *o, char c);
/* No more letters come. */
void am_html_out_entity_end(struct am_html_out *o);
/* An attribute's value, with blanks around it. */
void am_html_out_value(struct am_html_out *o, const char *s, size_t len);
void am_html_out_flush(struct am_html_out *o);
/* Bytes at the end that begin a character of UTF-8 and do not finish it. */
size_t am_html_out_unfinished(const char *s, size_t len);

#endif
