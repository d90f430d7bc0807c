/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CRC-32 with the processor's carry-less multiplication: Gopal and others,
 * "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction",
 * Intel 2009.  Four times 16 bytes are folded forward by 64 at a time, then to
 * one of 16, which zlib finishes: of that number the CRC is the same.  A
 * processor without the instructions, and what is short, is zlib's alone.
 */
#include "base/hash.h"

#include <glib.h>
#include <zlib.h>

#include <string.h>

/* zlib takes NULL for "the initial value, please". */
static uint32_t by_zlib(uint32_t crc, const uint8_t *data, size_t len)
{
	return len ? (uint32_t)crc32_z(crc, data, len) : crc;
}

#if defined(__x86_64__)

#include <immintrin.h>

enum { STEP = 64, WORTH_IT = 128 };

#define CLMUL __attribute__((target("pclmul,sse4.1")))

CLMUL static inline __m128i fold(__m128i x, __m128i by, __m128i next)
{
	__m128i low = _mm_clmulepi64_si128(x, by, 0x00);
	__m128i high = _mm_clmulepi64_si128(x, by, 0x11);

	return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

CLMUL static inline __m128i load(const uint8_t *at)
{
	return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* len is WORTH_IT or more. */
CLMUL static uint32_t by_folding(uint32_t crc, const uint8_t *data, size_t len)
{
	/* x^(8 * distance + 32) and x^(8 * distance - 32) modulo the
	 * polynomial, bits reversed and one to the left: of 64 and of 16
	 * bytes. */
	const __m128i by64 = _mm_set_epi64x(0x1c6e41596, 0x154442bd4);
	const __m128i by16 = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
	uint8_t rest[16];
	__m128i x[4];

	for (int k = 0; k < 4; k++)
		x[k] = load(data + 16 * k);
	x[0] = _mm_xor_si128(x[0], _mm_cvtsi32_si128((int)~crc));
	for (data += STEP, len -= STEP; len >= STEP; data += STEP, len -= STEP)
		for (int k = 0; k < 4; k++)
			x[k] = fold(x[k], by64, load(data + 16 * k));
	for (int k = 1; k < 4; k++)
		x[0] = fold(x[0], by16, x[k]);
	for (; len >= 16; data += 16, len -= 16)
		x[0] = fold(x[0], by16, load(data));
	_mm_storeu_si128((__m128i *)(void *)rest, x[0]);
	/* From no bits set: the inversion of the start is in x already. */
	return by_zlib(by_zlib(~UINT32_C(0), rest, sizeof(rest)), data, len);
}

/* Set once, then constant. */
static bool has_instructions(void)
{
	enum { NO = 1, YES = 2 };
	static gsize known;

	if (g_once_init_enter(&known)) {
		bool yes = __builtin_cpu_supports("pclmul") &&
		           __builtin_cpu_supports("sse4.1");
		g_once_init_leave(&known, yes ? YES : NO);
	}
	return known == YES;
}

#else

enum { WORTH_IT = 1 };

static bool has_instructions(void)
{
	return false;
}

static uint32_t by_folding(uint32_t crc, const uint8_t *data, size_t len)
{
	return by_zlib(crc, data, len);
}

#endif

uint32_t am_crc32(uint32_t crc, const void *data, size_t len)
{
	return len >= WORTH_IT && has_instructions()
	               ? by_folding(crc, data, len)
	               : by_zlib(crc, data, len);
}
