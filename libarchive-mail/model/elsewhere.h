/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MODEL_ELSEWHERE_H
#define AM_MODEL_ELSEWHERE_H

#include "base/error.h"
#include "base/hash.h"

struct am_blob;
struct am_ctx;

/* Where the bytes of a message lie that an archive knows and does not hold. */
struct am_address {
	const char *location; /* the path of the source it came from */
	const char *as;       /* how that was read, as after --from; "" */
	const char *origin;   /* the message's, in that source */
	uint64_t size;
	const uint8_t *hash; /* AM_SHA256_LEN of it */
};

/*
 * Reading such messages, for what stands below the formats (am_ctx.elsewhere).
 *
 *   read   *state begins as NULL and keeps what is open from one call to the
 *          next; a thread has its own.  The very bytes, proven by their hash,
 *          or AM_FAILED: AM_E_NOTFOUND where they are gone, AM_E_CORRUPT where
 *          there are others now.
 *   close  *state becomes NULL.
 */
struct am_elsewhere;

struct am_elsewhere_ops {
	int (*read)(struct am_elsewhere **state, struct am_ctx *ctx,
	            const struct am_address *at, struct am_blob **out,
	            struct am_error *err);
	void (*close)(struct am_elsewhere **state);
};

#endif
