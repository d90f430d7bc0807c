/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_EXTRACTOR_FOUND_H
#define AM_EXTRACTOR_FOUND_H

#include "base/compiler.h"
#include "extract/status.h"

#include <glib.h>

/*
 * What comes out of one document, whatever lies in what: the pieces
 * (extract/pieces.h), what went wrong, and what is left of all that may be
 * spent on it.
 */
struct am_found {
	GByteArray *pieces;
	guint open;      /* where the text piece begins that is added to; -1u */
	size_t text_len; /* of all text that is more than white space */
	unsigned n_files;
	unsigned feeds; /* empty pages before the first text */

	uint64_t unpack_left; /* bytes */
	unsigned members_left;

	bool known; /* something was there that could have held text */
	bool truncated, too_large, encrypted, damaged, unsupported;
};

/* Nesting: a mail in a zip in a mail is 2. */
#define AM_FOUND_DEPTH 5

void am_found_init(struct am_found *f);
void am_found_clear(struct am_found *f);

/* Text as it comes; what is no UTF-8 is made some. */
void am_found_text(struct am_found *f, const char *text, size_t len);
void am_found_string(struct am_found *f, const char *text);
/* From here on text is of this file; "": of the document itself. */
void am_found_from(struct am_found *f, const char *name);
/* A file of this name is in it. */
void am_found_file(struct am_found *f, const char *name);

/* No more is wanted: there is enough text, or the time is over. */
bool am_found_full(struct am_found *f);
/* May so many bytes more be unpacked? */
bool am_found_unpack(struct am_found *f, size_t len);
enum am_extract_status am_found_status(const struct am_found *f);

#endif
