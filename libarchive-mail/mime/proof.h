/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_PROOF_H
#define AM_MIME_PROOF_H

#include "base/error.h"

struct am_blob;
struct am_limits;

/*
 * What a mail proves of itself, offline: whether these are the bytes that
 * somebody signed or counted.  Nobody's identity is proven: no key is fetched,
 * no chain of trust is looked at.
 *
 * body         DKIM's and ARC's SHA-256 of the body (mime/body_hash.h)
 * smime        the digest in each signer's attributes is that of the signed
 *              part, and where the signer's certificate is in it, the
 *              signature holds under that (RFC 8551, RFC 5652)
 * pgp          the first 16 bits of the digest, which stand in a signature in
 *              the clear, are those of the signed part (RFC 3156, RFC 4880):
 *              one changed mail in 65,536 would pass, of
 *              text in half as many.  Keys are not needed,
 *              so whether the signature holds is not said
 * content_md5  each part's Content-MD5 is that of its content (RFC 1864)
 */
enum am_proof_verdict {
	AM_PROOF_NONE,    /* nothing in it that could be checked */
	AM_PROOF_WRONG,   /* one of them does not hold */
	AM_PROOF_RIGHT,   /* all that could be checked hold */
	AM_PROOF_UNKNOWN, /* there is something, which we cannot check */
};

struct am_proof {
	enum am_proof_verdict body, smime, pgp, content_md5;
};

/* Any thread.  What is larger than 64 MiB is not read: all NONE. */
AM_MUST_USE int am_proof_read(struct am_proof *out, const struct am_blob *raw,
                              const struct am_limits *limits,
                              struct am_error *err);
/* "none", "wrong", "right", "unknown". */
const char *am_proof_word(enum am_proof_verdict verdict);

/* By number, for tables. */
#define AM_PROOF_KINDS 4
extern const char *const am_proof_names[AM_PROOF_KINDS];
enum am_proof_verdict am_proof_get(const struct am_proof *proof, unsigned kind);

#endif
