/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_FOLLOW_H
#define AM_FORMATS_MBOX_FOLLOW_H

#include "base/compiler.h"

/* What stands behind a separator line: the sign that tells a message from a
 * sentence.  Thunderbird's rule, and a little more. */
enum am_mbox_follow {
	AM_MBOX_FOLLOW_NO,      /* text */
	AM_MBOX_FOLLOW_EMPTY,   /* an empty line: an empty header block */
	AM_MBOX_FOLLOW_ONE,     /* one header field, then an empty line */
	AM_MBOX_FOLLOW_BROKEN,  /* two, but a line before them is none */
	AM_MBOX_FOLLOW_HEADERS, /* two */
	AM_MBOX_FOLLOW_END,     /* the end of the file */
	AM_MBOX_FOLLOW_MORE     /* cannot tell from these bytes */
};

/*
 * Another separator counts as an empty line: a message that was begun and
 * never written.
 *
 * The bytes behind a separator; `whole`: the file ends with them.  *passed:
 * how many of them are ">From " lines, which some writers leave between a
 * separator and the headers.
 */
enum am_mbox_follow am_mbox_follow_read(const uint8_t *at, size_t len,
                                        bool whole, uint8_t eol,
                                        size_t *passed);

#endif
