/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inner loops of base64, RFC 4648 §4.  The vector form is Wojciech Mula's
 * and Daniel Lemire's ("Faster Base64 Encoding and Decoding Using AVX2
 * Instructions", 2018), 16 characters at a time: lines are 76 long, so wider
 * registers would gain nothing.
 */
#include "mime/base64_group.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define HAVE_SSSE3 1
#include <tmmintrin.h>
#else
#define HAVE_SSSE3 0
#endif

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The six bits of each character; XX for what is none. */
#define XX 255
/* clang-format off */
static const uint8_t values[256] = {
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, 62, XX, XX, XX, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, XX, XX, XX, XX, XX, XX,
	XX,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, XX, XX, XX, XX, XX,
	XX, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
};
/* clang-format on */
#undef XX

static bool decode_plain(uint8_t *to, const uint8_t *text, size_t n)
{
	unsigned bad = 0;

	for (size_t i = 0; i < n; i++, text += 4, to += 3) {
		unsigned a = values[text[0]], b = values[text[1]];
		unsigned c = values[text[2]], d = values[text[3]];
		bad |= a | b | c | d;
		unsigned v = a << 18 | b << 12 | c << 6 | d;
		to[0] = (uint8_t)(v >> 16);
		to[1] = (uint8_t)(v >> 8);
		to[2] = (uint8_t)v;
	}
	return !(bad & 0x80);
}

static void encode_plain(uint8_t *to, const uint8_t *data, size_t n)
{
	for (size_t i = 0; i < n; i++, data += 3, to += 4) {
		unsigned v = (unsigned)data[0] << 16 | (unsigned)data[1] << 8 |
		             data[2];
		to[0] = (uint8_t)digits[v >> 18];
		to[1] = (uint8_t)digits[v >> 12 & 63];
		to[2] = (uint8_t)digits[v >> 6 & 63];
		to[3] = (uint8_t)digits[v & 63];
	}
}

#if HAVE_SSSE3
/* Loads and stores are 16 bytes wide where 12 count: six groups must be left,
 * so that nothing outside is touched. */
enum { STEP = 4, LEFT = 6 };

__attribute__((target("ssse3"))) static size_t
decode_vector(uint8_t *to, const uint8_t *text, size_t n)
{
	const __m128i low_bits =
		_mm_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
	                      0x11, 0x11, 0x13, 0x1A, 0x1B, 0x1B, 0x1B, 0x1A);
	const __m128i high_bits =
		_mm_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08,
	                      0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10);
	const __m128i roll = _mm_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0,
	                                   0, 0, 0, 0, 0, 0, 0);
	const __m128i order = _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13,
	                                    12, -1, -1, -1, -1);
	const __m128i mask = _mm_set1_epi8(0x2F);
	size_t done = 0;

	for (; n - done >= LEFT; done += STEP, text += 16, to += 12) {
		__m128i in =
			_mm_loadu_si128((const __m128i *)(const void *)text);
		__m128i high = _mm_and_si128(_mm_srli_epi32(in, 4), mask);
		__m128i low = _mm_and_si128(in, mask);
		__m128i bad = _mm_and_si128(_mm_shuffle_epi8(low_bits, low),
		                            _mm_shuffle_epi8(high_bits, high));
		/* What is wrong is left to the plain loop to say. */
		if (_mm_movemask_epi8(_mm_cmpgt_epi8(bad, _mm_setzero_si128())))
			break;
		__m128i slash = _mm_cmpeq_epi8(in, mask);
		in = _mm_add_epi8(
			in, _mm_shuffle_epi8(roll, _mm_add_epi8(slash, high)));
		in = _mm_maddubs_epi16(in, _mm_set1_epi32(0x01400140));
		in = _mm_madd_epi16(in, _mm_set1_epi32(0x00011000));
		in = _mm_shuffle_epi8(in, order);
		_mm_storeu_si128((__m128i *)(void *)to, in);
	}
	return done;
}

__attribute__((target("ssse3"))) static size_t
encode_vector(uint8_t *to, const uint8_t *data, size_t n)
{
	const __m128i order = _mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7,
	                                    10, 9, 11, 10);
	const __m128i shift =
		_mm_setr_epi8('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
	                      '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
	                      '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0);
	size_t done = 0;

	for (; n - done >= LEFT; done += STEP, data += 12, to += 16) {
		__m128i in =
			_mm_loadu_si128((const __m128i *)(const void *)data);
		in = _mm_shuffle_epi8(in, order);
		__m128i ac = _mm_mulhi_epu16(
			_mm_and_si128(in, _mm_set1_epi32(0x0FC0FC00)),
			_mm_set1_epi32(0x04000040));
		__m128i bd = _mm_mullo_epi16(
			_mm_and_si128(in, _mm_set1_epi32(0x003F03F0)),
			_mm_set1_epi32(0x01000010));
		__m128i six = _mm_or_si128(ac, bd);
		__m128i kind = _mm_subs_epu8(six, _mm_set1_epi8(51));
		__m128i upper = _mm_cmpgt_epi8(_mm_set1_epi8(26), six);
		kind = _mm_or_si128(kind,
		                    _mm_and_si128(upper, _mm_set1_epi8(13)));
		six = _mm_add_epi8(six, _mm_shuffle_epi8(shift, kind));
		_mm_storeu_si128((__m128i *)(void *)to, six);
	}
	return done;
}
#endif

bool am_base64_decode_groups(uint8_t *to, const uint8_t *text, size_t n)
{
#if HAVE_SSSE3
	if (n >= LEFT && __builtin_cpu_supports("ssse3")) {
		size_t done = decode_vector(to, text, n);
		to += done * 3;
		text += done * 4;
		n -= done;
	}
#endif
	return decode_plain(to, text, n);
}

void am_base64_encode_groups(uint8_t *to, const uint8_t *data, size_t n)
{
#if HAVE_SSSE3
	if (n >= LEFT && __builtin_cpu_supports("ssse3")) {
		size_t done = encode_vector(to, data, n);
		to += done * 4;
		data += done * 3;
		n -= done;
	}
#endif
	encode_plain(to, data, n);
}
