/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_INDEXING_H
#define MAILARK_INDEXING_H

#include "base/error.h"

struct session;

/* Bring the index of an archive up to date, with progress; rebuild: from
 * nothing.  The caller tells the error. */
AM_MUST_USE int indexing_update(struct session *s, const char *archive,
                                bool rebuild, unsigned jobs,
                                struct am_error *err);

/* Does the index hold all that it should (see index/check.h)?  If not, why. */
AM_MUST_USE int indexing_check(struct session *s, const char *archive,
                               bool *whole, struct am_error *err);

/* The program that reads attached files, mailark-extract; g_free(). */
char *indexing_extract_program(void);

/* Has the archive an index?  Nothing is said or made. */
bool indexing_there(struct session *s, const char *archive);

#endif
