/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAPI_MAPI_TO_MAIL_H
#define AM_FORMATS_MAPI_MAPI_TO_MAIL_H

#include "model/ctx.h"
#include "outlook/mapi/reading.h"

struct am_blob;

/*
 * A mail of a message of Outlook's: the header (mapi_headers.h), the bodies
 * (mapi_body.h), what belongs to its class, the attachments.  The same message
 * always gives the same bytes.
 *
 * What cannot be read of an attachment is told as a note of level ERROR and a
 * part stands in its place that says so; the rest is there.
 */
struct am_mapi_to_mail {
	struct am_ctx *ctx;
	const struct am_folder *folder; /* for notes */
	const char *origin;
	/* Becomes true where something could not be read; may be NULL. */
	bool *incomplete;
	/* A part for a mail that is there: without its header, and without the
	 * bodies that the mail has; AM_END when nothing is left. */
	bool part, has_text, has_html;
};

AM_MUST_USE int am_mapi_to_mail(const struct am_mapi_to_mail *job,
                                const struct am_mapi_message *msg,
                                struct am_blob **out, struct am_error *err);

#endif
