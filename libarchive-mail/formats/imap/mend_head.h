/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_MEND_HEAD_H
#define AM_FORMATS_IMAP_MEND_HEAD_H

#include "base/compiler.h"

#include <glib.h>

/*
 * Header blocks made acceptable, in memory: the part of mend.h that knows
 * fields.  Line ends stay as they are; those that are added are CRLF.
 */
#define AM_IMAP_LINE_MOST 998 /* RFC 5322 §2.1.1 */

enum am_imap_head_mending {
	AM_IMAP_HEAD_FIELDS = 1, /* lines that are no field and no fold */
	AM_IMAP_HEAD_WORDS = 2,  /* raw 8-bit text: RFC 2047 words */
	AM_IMAP_HEAD_QP = 4,     /* the body becomes quoted-printable */
	AM_IMAP_HEAD_FOLD = 8    /* lines beyond AM_IMAP_LINE_MOST */
};

/* The block with `what` done to it (bits).  `bare`: a body follows, and what
 * parts it from the header is for AM_IMAP_HEAD_FIELDS to add. */
GString *am_imap_head_mend(const char *block, size_t len, unsigned what,
                           bool bare);

/*
 * Has a line that is neither "Name: …" nor the fold of one.  Where fields
 * follow it becomes a fold of the field before it (a fold whose blank was
 * lost), or a field of its own at the top; "Name : …" loses the blank; where
 * none follow the body has begun, and gets its empty line.  `bare`: a body
 * follows, with or without that line.
 */
bool am_imap_head_is_odd(const char *block, size_t len, bool bare);

#endif
