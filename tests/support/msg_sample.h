/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_MSG_SAMPLE_H
#define AM_TESTS_MSG_SAMPLE_H

#include "outlook/mapi/item.h"

#include <glib.h>

/* Items of Outlook's, made up, in an arena; am_mapi_item_clear() them. */
enum am_test_msg {
	AM_TEST_MSG_RECEIVED, /* header, HTML with a picture, a file, names */
	AM_TEST_MSG_NESTED,   /* messages in each other, a file by reference */
	AM_TEST_MSG_SIGNED,
	AM_TEST_MSG_CONTACT,
	AM_TEST_MSG_MEETING,
	AM_TEST_MSG_COUNT
};
const char *am_test_msg_name(enum am_test_msg which); /* "received" */
struct am_mapi_item *am_test_msg_item(enum am_test_msg which,
                                      struct am_arena *arena);
/* As a file, by the library's own writer. */
GByteArray *am_test_msg_file(enum am_test_msg which);

/*
 * Files that the library does not write: 8-bit text in this code page, which
 * the file says in the way asked for, and an OLE object.
 */
enum am_test_msg_says {
	AM_TEST_SAYS_CODEPAGE,
	AM_TEST_SAYS_LOCALE,
	AM_TEST_SAYS_NOTHING
};
GByteArray *am_test_msg_narrow(unsigned codepage, enum am_test_msg_says says,
                               const char *subject);
GByteArray *am_test_msg_object(void);

#endif
