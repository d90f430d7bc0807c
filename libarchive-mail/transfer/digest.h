/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TRANSFER_DIGEST_H
#define AM_TRANSFER_DIGEST_H

#include "base/error.h"
#include "base/hash.h"

struct am_blob;

/*
 * By what a message is told from others: SHA-256 of its exact bytes, and of
 * its bytes with every CRLF as LF, which an IMAP and a Maildir copy of one
 * mail share.  Streams; any thread.
 */
struct am_digest {
	uint8_t raw[AM_SHA256_LEN];
	uint8_t lf[AM_SHA256_LEN]; /* equal to raw when there is no CRLF */
};

AM_MUST_USE int am_digest_read(struct am_digest *out,
                               const struct am_blob *blob,
                               struct am_error *err);
/*
 * The same mail in files of another kind: line ends as LF and one at the end,
 * since a text file may not be able to hold a message without.  Only for
 * finding what is in a target already.
 */
AM_MUST_USE int am_digest_text(uint8_t out[AM_SHA256_LEN],
                               const struct am_blob *blob,
                               struct am_error *err);

#endif
