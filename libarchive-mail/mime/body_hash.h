/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_BODY_HASH_H
#define AM_MIME_BODY_HASH_H

#include "base/compiler.h"

/*
 * Is this the body that was signed?  A DKIM signature (RFC 6376) and the seal
 * that each stop of a forwarded mail puts on it (RFC 8617) hold a SHA-256 of
 * the body, so they can tell which of several readings of some stored bytes is
 * the mail as it was sent.  Keys and headers are not looked at: nobody's
 * identity is proven here, only bytes.
 */
enum am_body_hash {
	AM_BODY_HASH_NONE,  /* no signature with a hash that can be computed */
	AM_BODY_HASH_WRONG, /* none of them holds */
	AM_BODY_HASH_RIGHT  /* at least one does */
};

/* raw: the message, with lines that end in LF or CRLF. */
enum am_body_hash am_body_hash_check(const uint8_t *raw, size_t len);

#endif
