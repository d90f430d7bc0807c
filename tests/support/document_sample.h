/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_DOCUMENT_SAMPLE_H
#define AM_TESTS_DOCUMENT_SAMPLE_H

#include "base/compiler.h"

#include <glib.h>

/*
 * Documents as an office makes them, small, and as nobody should.  All are
 * GByteArrays; g_byte_array_unref().
 */

/* A zip, member after member.  name NULL in am_test_zip_of() ends the list. */
struct am_test_zip_member {
	const char *name;
	const void *data;
	size_t len; /* 0: a string */
	bool deflate;
	bool encrypted; /* says so; it is not */
	uint32_t lie;   /* added to the size that is said */
};
GByteArray *am_test_zip_of(const struct am_test_zip_member *members);
/* The bytes of s so often, as one member of a zip would be. */
GByteArray *am_test_repeat(const char *s, size_t times);

/* With this text, which has no characters that XML minds. */
GByteArray *am_test_docx(const char *text);
GByteArray *am_test_xlsx(const char *text);
GByteArray *am_test_pptx(const char *text);
GByteArray *am_test_odt(const char *text);
/* A page for each line. */
GByteArray *am_test_pdf(const char *lines);
/* "中文" in an encoding that it names and does not carry. */
GByteArray *am_test_pdf_chinese(void);
/* The same with a password (RC4, 40 bits): it cannot be opened. */
GByteArray *am_test_pdf_locked(void);
/* A compound file of one stream or two; second NULL: one. */
GByteArray *am_test_cfb(const char *first, const void *data, size_t len,
                        const char *second, const void *data2, size_t len2);
/* Word, Excel and PowerPoint before 2007. */
GByteArray *am_test_doc(const char *text);
GByteArray *am_test_xls(const char *text);
GByteArray *am_test_ppt(const char *text);

#endif
