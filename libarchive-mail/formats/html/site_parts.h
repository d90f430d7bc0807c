/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_HTML_SITE_PARTS_H
#define AM_FORMATS_HTML_SITE_PARTS_H

#include "formats/html/site.h"

/* What several lists of the site share. */

/* A message in a list; depth: of an answer in a conversation. */
void am_site_row_write(GString *out, const struct am_site_row *row,
                       const char *up, unsigned depth);
/* <time>; INT64_MIN: none. */
void am_site_date_write(GString *out, int64_t date);
/* How many messages a conversation has, over msg AS o: one that lies in two
 * folders is one. */
#define AM_SITE_THREAD_SIZE "count(DISTINCT ifnull(o.mid, o.page))"

/* The links on top of a message's page. */
struct am_site_nav {
	char self[17], newer[17], older[17]; /* "" : none */
	int64_t folder, page, thread, n_thread;
	uint64_t at;
};
/* Into the room that was left for them. */
AM_MUST_USE int am_site_nav_write(const struct am_site *site,
                                  const struct am_site_nav *nav,
                                  struct am_error *err);

#endif
