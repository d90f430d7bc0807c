/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAIL_HTML_H
#define AM_FORMATS_MAIL_HTML_H

#include "formats/mail_facts.h"

#include <glib.h>

struct am_ctx;
struct am_message;

/*
 * A message for a page: what it says as HTML that is safe (mime/html_safe.h),
 * the parts that are text one behind the other, of alternatives the HTML.
 */
struct am_mail_html {
	/* The address of a picture in the page that is being made, by its index
	 * in facts->files; NULL: it is not there. */
	const char *(*picture)(void *user, size_t file);
	void *user;
	/* Result: */
	unsigned n_remote; /* pictures of the network that are not shown */
	bool cut;          /* a text was longer than is shown */
};
void am_mail_html_body(struct am_mail_html *html, GString *out,
                       const struct am_message *msg,
                       const struct am_mail_facts *facts,
                       const struct am_ctx *ctx);

/* What of it is not shown, in sentences; after the body was made. */
void am_mail_html_remarks(GString *out, const struct am_mail_html *html,
                          const struct am_message *msg);

/* A row of a header block, <dt>, <dd>, unless the value is NULL or "". */
void am_mail_html_field(GString *out, const char *name, const char *value);
/* "2020-02-03 04:05 +0100", "" when not known; to out as it is. */
void am_mail_html_when(GString *out, const struct am_when *when);
/* "12 KiB". */
void am_mail_html_size(GString *out, uint64_t bytes);

#endif
