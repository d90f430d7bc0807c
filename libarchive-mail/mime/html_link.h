/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_HTML_LINK_H
#define AM_MIME_HTML_LINK_H

#include "mime/html_out.h"

/* The link whose text is being read.  A part of am_html. */
struct am_html_link;

struct am_html_link *am_html_link_new(am_html_link_fn *tell);
void am_html_link_free(struct am_html_link **link);
/* The value of its href, and whether that was cut. */
void am_html_link_begin(struct am_html_link *link, const char *href, size_t len,
                        bool cut);
/* Its text has ended: put out what there is of it, then tell, to the user of
 * `out`.  Nothing when no link is open. */
void am_html_link_end(struct am_html_link *link, struct am_html_out *out);

#endif
