/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_SUPPORT_MBOX_STORED_H
#define AM_TESTS_SUPPORT_MBOX_STORED_H

#include "model/message.h"

#include <glib.h>

/* What the mbox held of a message, from its props: what stood before it, its
 * separator, the stored bytes by its recipe, what stood behind.  All messages
 * of a file one behind the other are the file.  Asserts nothing, so that fuzz
 * targets use it too: AM_OK, or that the recipe does not fit. */
int am_test_mbox_stored(GByteArray *to, const struct am_message *msg);

#endif
