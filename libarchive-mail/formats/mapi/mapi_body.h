/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAPI_MAPI_BODY_H
#define AM_FORMATS_MAPI_MAPI_BODY_H

#include "formats/mapi/mail_out.h"
#include "outlook/mapi/reading.h"

/*
 * The bodies of a message: plain text, HTML and rich text, whichever there are.
 * HTML and text that only the RTF has are taken out of it.  Large ones stay
 * where they are and are streamed.
 */
struct am_mapi_body {
	const uint8_t *data; /* NULL: there is none, or it is a large one */
	size_t len;
	const struct am_mapi_prop *large;
	const char *charset; /* NULL: of rich text */
};

struct am_mapi_bodies {
	struct am_mapi_body text, html, rich;
	const char *trouble; /* what could not be read, or NULL */
};

/* What it finds is in the message's arena. */
void am_mapi_bodies_find(struct am_mapi_bodies *out,
                         const struct am_mapi_message *msg);
bool am_mapi_body_there(const struct am_mapi_body *body);
/* One part: Content-Type, encoding, the bytes.  AM_FAILED: they could not be
 * read to their end; the part is well-formed. */
AM_MUST_USE int am_mapi_body_put(struct am_mail_out *out,
                                 const struct am_mapi_body *body,
                                 const char *type, struct am_mapi_container *in,
                                 struct am_error *err);

/* A value, through base64.  What cannot be read is
 * AM_FAILED; what came before it is written. */
AM_MUST_USE int am_mapi_stream_base64(struct am_mail_out *out,
                                      struct am_mapi_container *in,
                                      const struct am_mapi_prop *prop,
                                      struct am_error *err);
/* The same as it is. */
AM_MUST_USE int am_mapi_stream_raw(struct am_mail_out *out,
                                   struct am_mapi_container *in,
                                   const struct am_mapi_prop *prop,
                                   struct am_error *err);

#endif
