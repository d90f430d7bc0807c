/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_PST_DELETED_H
#define AM_TESTS_PST_DELETED_H

#include "support/pst_builder.h"

/*
 * A store with one message, "there", in "Inbox" and, in free space: "deleted"
 * with an attachment, in two versions of which "deleted" is the later; an
 * earlier version of "there"; "there" once more under another number, as
 * moving leaves it; and "broken", of whose attachment a byte has changed.
 */
GByteArray *am_test_pst_with_deleted(enum am_pst_kind kind,
                                     enum am_pst_crypt crypt);

#endif
