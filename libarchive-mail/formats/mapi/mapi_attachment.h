/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAPI_MAPI_ATTACHMENT_H
#define AM_FORMATS_MAPI_MAPI_ATTACHMENT_H

#include "formats/mapi/mail_out.h"
#include "formats/mapi/mapi_ole.h"
#include "outlook/mapi/reading.h"

/* Attachments as parts of a mail; of messages in messages see mapi_to_mail.c.
 */

/* Does this HTML (NULL: not known) show it? */
bool am_mapi_attachment_shown(const struct am_mapi_enclosure *att,
                              const char *html, size_t len);
/* The whole part; ole: of an object that is a document, or NULL.  AM_FAILED: it
 * could not be read, or not to its end; the part is well-formed nevertheless.
 */
AM_MUST_USE int am_mapi_attachment_put(struct am_mail_out *out,
                                       const struct am_mapi_enclosure *att,
                                       bool shown, struct am_mapi_container *in,
                                       const struct am_mapi_ole *ole,
                                       struct am_error *err);
/* What can be told of an OLE object; close it. */
bool am_mapi_attachment_ole(struct am_mapi_ole *out,
                            const struct am_mapi_enclosure *att,
                            struct am_mapi_container *in,
                            const struct am_ctx *ctx);

/* Does it begin with a Content-Type: field, as an entity does? */
bool am_mapi_attachment_is_entity(const struct am_mapi_enclosure *att,
                                  struct am_mapi_container *in);
/* And has it a MIME-Version: of its own? */
bool am_mapi_attachment_has_version(const struct am_mapi_enclosure *att,
                                    struct am_mapi_container *in);
AM_MUST_USE int am_mapi_attachment_raw(struct am_mail_out *out,
                                       const struct am_mapi_enclosure *att,
                                       struct am_mapi_container *in,
                                       struct am_error *err);
/* Signed or encrypted in one: DER, of application/pkcs7-mime? */
bool am_mapi_attachment_is_cms(const struct am_mapi_enclosure *att);
AM_MUST_USE int am_mapi_attachment_cms(struct am_mail_out *out,
                                       const struct am_mapi_enclosure *att,
                                       struct am_mapi_container *in,
                                       struct am_error *err);

#endif
