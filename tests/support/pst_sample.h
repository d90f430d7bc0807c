/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_PST_SAMPLE_H
#define AM_TESTS_PST_SAMPLE_H

#include "support/pst_builder.h"

/*
 * A store with a folder tree, mails of the kinds there are and a contact, an
 * appointment and a task; what samples/pst/ holds and the tests read.  All of
 * it is made up.  ANSI stores have their strings in Windows-1252.
 */
GByteArray *am_test_pst_sample(enum am_pst_kind kind, enum am_pst_crypt crypt);

/* The same with an attachment that has no data. */
GByteArray *am_test_pst_damaged(void);

/* A store of nothing but one folder "Inbox" of n messages of a subject each;
 * listed: how many of them are in its table. */
GByteArray *am_test_pst_many(enum am_pst_kind kind, size_t n, size_t listed);

/* One of a single message with these properties, in "Inbox". */
GByteArray *am_test_pst_one(const struct am_test_prop *props, size_t n);

/* One in which a message contains itself. */
GByteArray *am_test_pst_loop(void);

/* The bytes that were signed in the sample's signed mail, header and all. */
extern const char am_test_pst_signed[];

#endif
