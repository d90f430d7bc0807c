/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_EXTRACTED_H
#define AM_TESTS_EXTRACTED_H

#include "extract/hint.h"
#include "extract/status.h"
#include "support/document_sample.h"

/* What comes out of a document, in this process: the status, a colon, and the
 * pieces: text as it is, "[name]" for where it is from, "{name}" for a file.
 * Takes doc.  g_free() it. */
char *extracted(enum am_extract_hint hint, GByteArray *doc);
char *extracted_text(enum am_extract_hint hint, const char *text);
/* Compares and frees. */
void expect_extracted(GByteArray *doc, const char *what);

#endif
