/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_MANIFEST_TARGET_H
#define MAILARK_MANIFEST_TARGET_H

#include "mime/proof.h"
#include "transfer/digest.h"

struct am_place;
struct session;

/* All that is in a place, by hashes; 65 bytes of memory a message. */
struct manifest_target;

struct manifest_found {
	struct am_digest digest;
	uint8_t proof; /* manifest_pack() */
};

/* AM_FATAL when it could not be read to its end; that was told. */
AM_MUST_USE int manifest_target_read(struct manifest_target **out,
                                     struct session *s,
                                     const struct am_place *place);
void manifest_target_free(struct manifest_target **target);
/* One with these bytes, or else with these but for line ends; NULL: none. */
const struct manifest_found *
manifest_target_find(const struct manifest_target *target,
                     const uint8_t raw[AM_SHA256_LEN],
                     const uint8_t lf[AM_SHA256_LEN]);
uint64_t manifest_target_count(const struct manifest_target *target);

/* What a mail proves of itself, in two bits a kind. */
uint8_t manifest_pack(const struct am_proof *proof);
enum am_proof_verdict manifest_verdict(uint8_t packed, unsigned kind);

#endif
