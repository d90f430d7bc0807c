/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The hashes of a run of messages, side by side: in a worker, before the sink
 * prepares them one by one.  Only of what lies in memory and has no CR: what
 * has CRLFs is hashed twice, in both forms, which are side by side themselves.
 */
#include "transfer/pump.h"

#include "base/blob.h"
#include "base/hash.h"

#include <string.h>

void am_pump_hash(struct am_entry *first, size_t n)
{
	struct am_piece pieces[AM_CLAIM_MAX];
	uint8_t hashes[AM_CLAIM_MAX][AM_SHA256_LEN];
	struct am_message *of[AM_CLAIM_MAX];
	size_t found = 0;

	for (size_t i = 0; i < n && found < AM_CLAIM_MAX; i++) {
		struct am_message *msg = first[i].msg;
		/* No bytes yet: of a source that loads on the workers. */
		if (first[i].kind != AM_ENTRY_MESSAGE || !msg->raw)
			continue;
		const uint8_t *data = am_blob_bytes(msg->raw);
		size_t len = (size_t)am_blob_size(msg->raw);
		if (!data || memchr(data, '\r', len))
			continue;
		pieces[found] = (struct am_piece){data, len};
		of[found++] = msg;
	}
	if (!found)
		return;
	am_sha256_many(pieces, found, hashes);
	for (size_t i = 0; i < found; i++) {
		memcpy(of[i]->hash, hashes[i], AM_SHA256_LEN);
		of[i]->hashed = true;
	}
}
