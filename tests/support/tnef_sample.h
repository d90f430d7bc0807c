/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_TNEF_SAMPLE_H
#define AM_TESTS_TNEF_SAMPLE_H

#include <glib.h>

/*
 * A made-up winmail.dat: a message in old attributes and MAPI properties (HTML,
 * named ones, several values, a recipient), a file, an OLE object and a message
 * with a file of its own.
 */
GByteArray *am_test_tnef(void);
/* The same with nothing but a message of text, "inner words". */
GByteArray *am_test_tnef_text(void);
/* As base64 with CRLF, for a mail; g_free() it. */
char *am_test_tnef_base64(const GByteArray *tnef);

#endif
