/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_PROOF_IMPL_H
#define AM_MIME_PROOF_IMPL_H

#include "mime/proof.h"

/* Bytes as they were signed: header and body of a part with CRLF ends. */
struct am_proof_bytes {
	const uint8_t *data;
	size_t len;
};

/* signature: DER; content: NULL where it is in the signature. */
enum am_proof_verdict am_proof_smime(const struct am_proof_bytes *content,
                                     const struct am_proof_bytes *signature);
/* signature: armoured or not. */
enum am_proof_verdict am_proof_pgp(const struct am_proof_bytes *content,
                                   const struct am_proof_bytes *signature);

#endif
