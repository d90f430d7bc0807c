/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_PDF_PDF_H
#define AM_FORMATS_PDF_PDF_H

#include "model/format.h"

struct am_mail_facts;

/* Messages as PDF, printed by a program that is installed: WeasyPrint, or
 * Chromium without a window. */
extern const struct am_format am_format_pdf;
extern const struct am_option am_pdf_options[];
AM_MUST_USE int am_pdf_sink_open(struct am_sink **out,
                                 const struct am_location *where,
                                 struct am_ctx *ctx, struct am_error *err);

/* Which program it is, how long it may take for one message. */
struct am_pdf_printer {
	char *program;
	unsigned seconds;
	bool browser; /* it wants a browser's options */
	struct am_ctx *ctx;
};
/* wanted: "auto", or a name or path.  AM_E_UNSUPPORTED when none is there. */
AM_MUST_USE int am_pdf_printer_find(struct am_pdf_printer *out,
                                    const char *wanted, struct am_error *err);
/* HTML to a PDF, in a directory of its own that goes again; any thread, several
 * at once.  AM_FAILED when the program fails or takes too long. */
AM_MUST_USE int am_pdf_print(const struct am_pdf_printer *printer,
                             const char *html, size_t len, struct am_blob **out,
                             struct am_error *err);

/* A page that is whole in itself; g_free() it. */
char *am_pdf_page(const struct am_message *msg,
                  const struct am_mail_facts *facts, const struct am_ctx *ctx,
                  size_t *len);

#endif
