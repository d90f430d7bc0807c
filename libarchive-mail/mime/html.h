/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_HTML_H
#define AM_MIME_HTML_H

#include "base/compiler.h"

/*
 * HTML to text in one pass that no input can make slow: a tokenizer, not a
 * tree.  Tags become spaces or line breaks, script, style, head, comments go,
 * entities are resolved, alt texts stay.  Fed in pieces cut anywhere.
 *
 * quoted: inside <blockquote> or what mail programs mark as the quoted mail.
 */
struct am_html;

typedef void am_html_fn(void *user, bool quoted, const char *s, size_t len);

/* The address of a link, behind the text that leads there; entities are
 * resolved, and one too long to be kept ends in an ellipsis. */
typedef void am_html_link_fn(void *user, const char *url, size_t len);

struct am_html *am_html_new(am_html_fn *text, void *user, bool keep_layout);
/* Links are told as well, from now on. */
void am_html_links(struct am_html *html, am_html_link_fn *link);
void am_html_feed(struct am_html *html, const char *s, size_t len); /* UTF-8 */
void am_html_finish(struct am_html *html);
void am_html_free(struct am_html **html);

#endif
