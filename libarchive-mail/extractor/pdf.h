/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_EXTRACTOR_PDF_H
#define AM_EXTRACTOR_PDF_H

#ifdef __cplusplus
extern "C" {
#endif

#include "base/compiler.h"

/*
 * The plain C door to poppler, in the one C++ file of this folder.  No
 * exception leaves it.
 */
enum am_pdf_result {
	AM_PDF_OK,
	AM_PDF_DAMAGED,
	AM_PDF_ENCRYPTED, /* with a password to open it */
	AM_PDF_MEMORY
};

struct am_pdf_taker {
	/* UTF-8; false: no more is wanted. */
	bool (*text)(void *user, const char *s, size_t len);
	/* A file in the document; false: not wanted, do not unpack it. */
	bool (*file)(void *user, const char *name, size_t size);
	void (*file_bytes)(void *user, const char *name, const uint8_t *data,
	                   size_t len);
	void *user;
};
enum am_pdf_result am_pdf_read(const uint8_t *data, size_t len,
                               const struct am_pdf_taker *taker);

/* Keep this document open for good, and so what poppler looks up in files when
 * the first one is opened.  data stays. */
void am_pdf_keep(const uint8_t *data, size_t len);

#ifdef __cplusplus
}
#endif

#endif
