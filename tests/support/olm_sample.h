/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_OLM_SAMPLE_H
#define AM_TESTS_OLM_SAMPLE_H

#include <glib.h>

/*
 * A zip of stored members, name and bytes by turns, NULL-terminated.  list:
 * with a list of members at its end.
 */
GByteArray *am_test_zip(const char *const *members, gboolean list);
/* The same step by step, for bytes of any kind, which are taken. */
struct am_test_zip;
struct am_test_zip *am_test_zip_begin(void);
void am_test_zip_add(struct am_test_zip *zip, const char *name,
                     GByteArray *data);
void am_test_zip_add_text(struct am_test_zip *zip, const char *name,
                          const char *text);
GByteArray *am_test_zip_end(struct am_test_zip *zip, gboolean list);
/* A made-up archive of Outlook for Mac: mail with an attachment, two contacts
 * in a file, an appointment, a task, an empty folder.  damaged: the mail names
 * an attachment that is not there. */
GByteArray *am_test_olm(gboolean list, gboolean damaged);

#endif
