/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAPI_MAPI_OLE_H
#define AM_FORMATS_MAPI_MAPI_OLE_H

#include "formats/mapi/mail_out.h"
#include "outlook/mapi/reading.h"

struct am_cfb;
struct am_ctx;

/*
 * An OLE object is a compound file, which is of use to a program that knows
 * it.  What can be told of one:
 *
 *   it is a document   of Word, Excel, PowerPoint …, which opens as such: what
 *                      type it has, and how the names of such files end
 *   it holds a file    a picture that was pasted, a file put in as a package:
 *                      that file, to stand beside the object
 */
struct am_mapi_ole {
	const char *type, *ending; /* of the document; NULL: it is none */
	/* The file in it; from NULL: there is none. */
	struct am_reader *from;
	const char *file_type; /* NULL: as its name says */
	char *file_name;
	uint64_t size; /* what is still to come of it */
	uint8_t head[14];
	size_t n_head; /* bytes that a picture lacks in front */

	struct am_cfb *cfb;
};

/* name: of the attachment, or NULL.  Close it whatever it says; true: something
 * can be told. */
bool am_mapi_ole_open(struct am_mapi_ole *out, struct am_mapi_container *in,
                      const struct am_mapi_prop *value, const char *name,
                      const struct am_ctx *ctx);
/* The file as a part. */
AM_MUST_USE int am_mapi_ole_put(struct am_mail_out *out,
                                struct am_mapi_ole *ole, struct am_error *err);
void am_mapi_ole_close(struct am_mapi_ole *ole);

#endif
