/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAPI_MAIL_OUT_H
#define AM_FORMATS_MAPI_MAIL_OUT_H

#include "base/error.h"

struct am_spool;

/*
 * A mail as it is written: header fields, and content in one of MIME's
 * encodings, in pieces of any size.  The first failure sticks: write on and
 * look at `status` at the end.
 *
 * What leads to more than `limit` bytes is AM_E_LIMIT, so that a file in which
 * messages name each other cannot fill a disk.
 */
struct am_mail_out {
	struct am_spool *spool;
	uint64_t written, limit;
	int status;
	struct am_error *err;
	uint8_t wait[57]; /* base64 in progress: less than a line */
	unsigned n_wait;
};

void am_mail_out_write(struct am_mail_out *out, const void *data, size_t len);
void am_mail_out_text(struct am_mail_out *out, const char *text);
void am_mail_out_printf(struct am_mail_out *out, const char *fmt, ...)
	AM_PRINTF(2, 3);

/* Header fields.  Values are UTF-8; what no header can hold (line ends,
 * controls) becomes a space. */
/* Unstructured: encoded words where it is not ASCII; folded. */
void am_mail_out_field(struct am_mail_out *out, const char *name,
                       const char *value);
/* One address; comma says that another stands before it.  Either may be NULL
 * or empty. */
void am_mail_out_address(struct am_mail_out *out, bool comma, const char *name,
                         const char *address);
/* "; name=value" on a line of its own, RFC 2231 where it is not ASCII. */
void am_mail_out_param(struct am_mail_out *out, const char *name,
                       const char *value);

/* base64 in lines of 76; finish it before anything else. */
void am_mail_out_base64(struct am_mail_out *out, const uint8_t *data,
                        size_t len);
void am_mail_out_base64_end(struct am_mail_out *out);
/* All at once; a CRLF is a line end, a lone CR or LF is encoded. */
void am_mail_out_qp(struct am_mail_out *out, const uint8_t *data, size_t len);

/*
 * A body of text that lies in memory: Content-Transfer-Encoding as it needs,
 * the empty line, the bytes and a line end.
 */
void am_mail_out_body(struct am_mail_out *out, const uint8_t *data, size_t len);

#endif
