/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_HTML_SAFE_NAMES_H
#define AM_MIME_HTML_SAFE_NAMES_H

#include "base/compiler.h"

/* What becomes of an element. */
enum am_html_safe_does {
	AM_SAFE_UNWRAP,      /* its tags go, what is in it stays */
	AM_SAFE_KEEP,        /* stays */
	AM_SAFE_VOID = 2,    /* stays and has no end */
	AM_SAFE_DROP = 3,    /* goes with all that is in it */
	AM_SAFE_DROP_RAW = 4 /* the same; what is in it is no markup */
};
/* name in lower case. */
enum am_html_safe_does am_html_safe_element(const char *name);
/* An element that is open ends where this one begins: <p> in <p>, <td> in <td>.
 */
bool am_html_safe_ends(const char *open, const char *next);

enum am_html_safe_value {
	AM_SAFE_NO,
	AM_SAFE_TEXT,
	AM_SAFE_WORD, /* letters, digits and "#%.,-+" alone */
	AM_SAFE_STYLE,
	AM_SAFE_HREF,
	AM_SAFE_SRC
};
enum am_html_safe_value am_html_safe_attribute(const char *element,
                                               const char *name);

#endif
