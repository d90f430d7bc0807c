/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_MATCHING_H
#define MAILARK_MATCHING_H

#include "base/error.h"

struct am_json;
struct am_place;
struct session;

/*
 * Two locations held against each other, message by message: first by folder
 * and exact bytes, then by exact bytes in another folder, then by bytes with
 * line ends as LF; what is left by what makes two messages one mail
 * (mime/alike.h), at last by Message-ID, and then it is said what differs.
 *
 * About 100 bytes a message; what the unmatched ones say of themselves (folder,
 * origin, subject) is read again when it is needed.
 */
struct matching;

/* What went wrong has been told. */
AM_MUST_USE int matching_read(struct matching **out, struct session *s,
                              const struct am_place *a, const char *name_a,
                              const struct am_place *b, const char *name_b);
void matching_free(struct matching **matching);

/* Every message of either has its partner with the same bytes. */
bool matching_bytes_equal(const struct matching *matching);
/* Every message of either has a partner that is the same mail. */
bool matching_content_equal(const struct matching *matching);
/* And in the same folder, with the same flags and dates. */
bool matching_all_equal(const struct matching *matching);
void matching_print(const struct matching *matching);
/* As an object; key NULL: its members into the object that is open. */
void matching_json(const struct matching *matching, struct am_json *json,
                   const char *key);

#endif
