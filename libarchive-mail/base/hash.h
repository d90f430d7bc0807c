/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_HASH_H
#define AM_BASE_HASH_H

#include "base/compiler.h"

#define AM_SHA256_LEN 32
#define AM_SHA256_HEX 65 /* with the NUL */

/* SHA-256 through OpenSSL (SHA-NI where the processor has it). */
struct am_sha256;

struct am_sha256 *am_sha256_new(void);
void am_sha256_free(struct am_sha256 **hash);
void am_sha256_update(struct am_sha256 *hash, const void *data, size_t len);
/* The digest; the object is then as new, ready for another run. */
void am_sha256_final(struct am_sha256 *hash, uint8_t out[AM_SHA256_LEN]);

/* All at once; without OpenSSL where the processor has instructions for it. */
void am_sha256(const void *data, size_t len, uint8_t out[AM_SHA256_LEN]);
/* The hashes of several pieces at once: where the processor has instructions
 * for it, nearly twice as fast as one after the other. */
struct am_piece {
	const uint8_t *data;
	size_t len;
};
void am_sha256_many(const struct am_piece *pieces, size_t n,
                    uint8_t (*out)[AM_SHA256_LEN]);
/* The hashes of two streams that come side by side, piece by piece; either may
 * have nothing at times (len 0).  The end frees it. */
struct am_sha256_pair;

struct am_sha256_pair *am_sha256_pair_new(void);
void am_sha256_pair_update(struct am_sha256_pair *pair,
                           const struct am_piece both[2]);
void am_sha256_pair_end(struct am_sha256_pair **pair,
                        uint8_t (*out)[AM_SHA256_LEN]);
/* Lower-case hexadecimal of any bytes; out has room for 2 * len + 1. */
void am_hex(const uint8_t *data, size_t len, char *out);
/* false unless s is exactly 2 * len hexadecimal digits. */
bool am_unhex(const char *s, uint8_t *out, size_t len);

/* CRC-32 (IEEE, zlib's); start with 0, feed the result back in to go on. */
uint32_t am_crc32(uint32_t crc, const void *data, size_t len);

#endif
