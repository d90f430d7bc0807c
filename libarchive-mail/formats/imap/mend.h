/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_MEND_H
#define AM_FORMATS_IMAP_MEND_H

#include "base/error.h"

struct am_blob;
struct am_ctx;

/*
 * What can be changed about a message that a server refuses, smallest first:
 * each step includes those before it.  Only what a message really has is
 * changed; line ends become CRLF in any case, as in everything that is sent.
 */
enum am_imap_mending {
	AM_IMAP_MEND_NOTHING,
	AM_IMAP_MEND_END,         /* a line end behind the last line; an empty
	                           * message becomes an empty line */
	AM_IMAP_MEND_LONE_CR,     /* CR without LF: a line end */
	AM_IMAP_MEND_NUL,         /* NUL bytes go */
	AM_IMAP_MEND_8BIT_HEADER, /* raw 8-bit header text: RFC 2047 words */
	AM_IMAP_MEND_FIELDS,      /* lines of the header that are no fields */
	AM_IMAP_MEND_LONG_LINES,  /* beyond 998 bytes: header lines folded,
	                           * bodies quoted-printable */
	AM_IMAP_MEND_MOST = AM_IMAP_MEND_LONG_LINES
};

/*
 * The message up to this step.  AM_END: this step changes nothing in it.
 * *changed: the words of what was done, in all steps up to here; g_free().
 */
AM_MUST_USE int am_imap_mend(const struct am_blob *raw,
                             enum am_imap_mending step, struct am_ctx *ctx,
                             struct am_blob **out, char **changed,
                             struct am_error *err);

#endif
