/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_HTML_SAFE_H
#define AM_MIME_HTML_SAFE_H

#include "base/compiler.h"

#include <glib.h>

/*
 * HTML of a stranger made fit to stand in a page of ours.  It is taken apart
 * and written anew: only elements, attributes and CSS that are known to be
 * harmless, every tag closed, every text escaped; so nothing depends on how a
 * browser would have read the original.  No scripts, no forms, no frames, and
 * nothing that is fetched from anywhere when the page is looked at; links stay.
 * Linear in the length.
 */
struct am_html_safe {
	/* The address of the picture with this Content-ID, as it stands in the
	 * page; NULL: there is none.  May itself be NULL. */
	const char *(*picture)(void *user, const char *cid);
	void *user;
	/* Result: pictures that would have been fetched from the network. */
	unsigned n_remote;
};

/* Appends to out; html is UTF-8. */
void am_html_safe(struct am_html_safe *safe, GString *out, const char *html,
                  size_t len);

/* The declarations of a style attribute that are harmless, for an attribute in
 * double quotes; "" when none is. */
void am_html_safe_style(GString *out, const char *css);

/* &, <, > and both quotes of a text, which may be NULL; NULs become U+FFFD. */
void am_html_escape(GString *out, const char *text, size_t len);
/* The same of plain text from a mail, with addresses in it made links. */
void am_html_escape_linked(GString *out, const char *text, size_t len);

#endif
