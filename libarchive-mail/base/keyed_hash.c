/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SipHash (Aumasson, Bernstein: "SipHash: a fast short-input PRF"), with one
 * round a word and three at the end.  GLib has no hash with a key, and
 * OpenSSL's takes longer to be set up than most strings to be hashed.
 */
#include "base/keyed_hash.h"

#include "base/compiler.h"

#include <glib.h>

#include <pthread.h>
#include <string.h>
#include <sys/random.h>

static uint64_t key[2];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_key(void)
{
	/* So few bytes come whole or, on a very old kernel, not at all. */
	if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key) {
		key[0] = (uint64_t)g_get_real_time();
		key[1] = (uint64_t)(uintptr_t)&key;
	}
}

static inline uint64_t turn(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static inline void mix(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = turn(v[1], 13) ^ v[0];
	v[0] = turn(v[0], 32);
	v[2] += v[3];
	v[3] = turn(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = turn(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = turn(v[1], 17) ^ v[2];
	v[2] = turn(v[2], 32);
}

unsigned am_keyed_hash(const void *text)
{
	return am_keyed_hash_bytes(text, strlen(text));
}

unsigned am_keyed_hash_bytes(const void *bytes, size_t len)
{
	const char *at = bytes;
	size_t left = len;

	pthread_once(&once, make_key);
	uint64_t v[4] = {key[0] ^ UINT64_C(0x736f6d6570736575),
	                 key[1] ^ UINT64_C(0x646f72616e646f6d),
	                 key[0] ^ UINT64_C(0x6c7967656e657261),
	                 key[1] ^ UINT64_C(0x7465646279746573)};
	for (bool last = false; !last;) {
		uint64_t word = 0;
		size_t n = MIN(left, sizeof word);
		memcpy(&word, at, n);
		last = n < sizeof word;
		if (last)
			word |= (uint64_t)len << 56;
		at += n;
		left -= n;
		v[3] ^= word;
		mix(v);
		v[0] ^= word;
	}
	v[2] ^= 0xFF;
	for (int i = 0; i < 3; i++)
		mix(v);
	uint64_t hash = v[0] ^ v[1] ^ v[2] ^ v[3];
	return (unsigned)(hash ^ hash >> 32);
}
