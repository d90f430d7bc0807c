/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hash.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

/* Numbers of pieces around the number of lanes, lengths around those where
 * padding takes a block more, each piece from a heap block of its own size so
 * that reading too far is noticed. */
Test(hash_many, gives_what_openssl_gives)
{
	struct am_sha256 *sha = am_sha256_new();
	enum { MOST = 9 };
	static const size_t lens[] = {0,  1,   55,  56,  57,  63,  64,
	                              65, 119, 120, 127, 128, 129, 5000};
	struct am_piece pieces[MOST];
	uint8_t *data[MOST], out[MOST][AM_SHA256_LEN], one[AM_SHA256_LEN];
	unsigned seed = 7;

	for (size_t round = 0; round < 500; round++) {
		size_t n = round % (MOST + 1);
		for (size_t i = 0; i < n; i++) {
			size_t len =
				lens[(size_t)rand_r(&seed) % AM_COUNT(lens)];
			data[i] = malloc(len ? len : 1);
			for (size_t k = 0; k < len; k++)
				data[i][k] = (uint8_t)rand_r(&seed);
			pieces[i] = (struct am_piece){data[i], len};
		}
		am_sha256_many(pieces, n, out);
		for (size_t i = 0; i < n; i++) {
			am_sha256_update(sha, pieces[i].data, pieces[i].len);
			am_sha256_final(sha, one);
			cr_assert_not(memcmp(out[i], one, sizeof one),
			              "round %zu, piece %zu of %zu bytes",
			              round, i, pieces[i].len);
			am_sha256(pieces[i].data, pieces[i].len, out[i]);
			cr_assert_not(memcmp(out[i], one, sizeof one),
			              "%zu bytes alone", pieces[i].len);
			free(data[i]);
		}
	}
	am_sha256_free(&sha);
}

/* Two streams of pieces around a block's length, none and long ones among
 * them. */
Test(hash_many, two_streams_side_by_side)
{
	static const size_t lens[] = {0,  0,   1,   55,  63,  64,
	                              65, 127, 128, 129, 5000};
	struct am_sha256 *sha[2] = {am_sha256_new(), am_sha256_new()};
	uint8_t out[2][AM_SHA256_LEN], one[AM_SHA256_LEN];
	unsigned seed = 9;

	for (size_t round = 0; round < 500; round++) {
		struct am_sha256_pair *pair = am_sha256_pair_new();
		for (size_t i = 0; i < round % 12; i++) {
			struct am_piece both[2] = {{NULL, 0}, {NULL, 0}};
			uint8_t *data[2] = {NULL, NULL};
			for (size_t k = 0; k < 2; k++) {
				size_t len = lens[(size_t)rand_r(&seed) %
				                  AM_COUNT(lens)];
				data[k] = len ? malloc(len) : NULL;
				for (size_t at = 0; at < len; at++)
					data[k][at] = (uint8_t)rand_r(&seed);
				am_sha256_update(sha[k], data[k], len);
				both[k] = (struct am_piece){data[k], len};
			}
			am_sha256_pair_update(pair, both);
			free(data[0]);
			free(data[1]);
		}
		am_sha256_pair_end(&pair, out);
		for (size_t k = 0; k < 2; k++) {
			am_sha256_final(sha[k], one);
			cr_assert_not(memcmp(out[k], one, sizeof one),
			              "round %zu, stream %zu", round, k);
		}
	}
	am_sha256_free(&sha[0]);
	am_sha256_free(&sha[1]);
}

/* FIPS 180-4's own examples. */
Test(hash_many, agrees_with_the_standard)
{
	static const struct {
		const char *text, *hex;
	} cases[] = {
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff"
	                "61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db0"
	         "6c1"},
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7"
	             "852b855"},
	};
	struct am_piece pieces[AM_COUNT(cases)];
	uint8_t out[AM_COUNT(cases)][AM_SHA256_LEN];
	char hex[AM_SHA256_HEX];

	for (size_t i = 0; i < AM_COUNT(cases); i++)
		pieces[i] = (struct am_piece){(const uint8_t *)cases[i].text,
		                              strlen(cases[i].text)};
	am_sha256_many(pieces, AM_COUNT(cases), out);
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		am_hex(out[i], AM_SHA256_LEN, hex);
		cr_expect_str_eq(hex, cases[i].hex);
	}
}
