/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hash.h"

#include <criterion/criterion.h>

#include <string.h>

/* FIPS 180-2, appendix B. */
static const char abc[] =
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char nothing[] =
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

Test(hash, sha256_in_one_and_in_pieces)
{
	uint8_t digest[AM_SHA256_LEN];
	char hex[AM_SHA256_HEX];
	struct am_sha256 *h = am_sha256_new();

	am_sha256("abc", 3, digest);
	am_hex(digest, sizeof digest, hex);
	cr_assert_str_eq(hex, abc);
	am_sha256(NULL, 0, digest);
	am_hex(digest, sizeof digest, hex);
	cr_assert_str_eq(hex, nothing);
	for (int i = 0; i < 3; i++) {
		am_sha256_update(h, "a", 1);
		am_sha256_update(h, NULL, 0);
		am_sha256_update(h, "bc", 2);
		am_sha256_final(h, digest);
		am_hex(digest, sizeof digest, hex);
		cr_assert_str_eq(hex, abc);
	}
	am_sha256_free(&h);
	cr_assert_null(h);
	am_sha256_free(&h);
}

Test(hash, hexadecimal_is_exact)
{
	static const struct {
		const char *s;
		bool ok;
	} table[] = {{"00ff7f", true},   {"00FF7F", true}, {"00ff7", false},
	             {"00ff7f0", false}, {"", false},      {"00fg7f", false},
	             {" 0ff7f", false}};
	uint8_t out[3];

	for (size_t i = 0; i < AM_COUNT(table); i++) {
		/* From the heap, so that reading too far is noticed. */
		char *s = strdup(table[i].s);
		cr_expect_eq(am_unhex(s, out, 3), table[i].ok, "row %zu", i);
		free(s);
	}
	cr_assert_arr_eq(out, "\0\xFF\x7F", 1);
	cr_assert(am_unhex("", out, 0));
}

Test(hash, crc32_goes_on)
{
	cr_assert_eq(am_crc32(0, "123456789", 9), 0xCBF43926);
	cr_assert_eq(am_crc32(am_crc32(0, "1234", 4), "56789", 5), 0xCBF43926);
	cr_assert_eq(am_crc32(0, NULL, 0), 0);
	cr_assert_eq(am_crc32(5, NULL, 0), 5);
}

/* Short pieces are zlib's, long ones are folded: any length from anywhere. */
Test(hash, crc32_of_long_data_is_that_of_its_pieces)
{
	static uint8_t data[2000];
	uint32_t state = 1;

	for (size_t i = 0; i < sizeof(data); i++) {
		state = state * 1664525 + 1013904223;
		data[i] = (uint8_t)(state >> 24);
	}
	for (size_t at = 0; at < 17; at++)
		for (size_t len = 0; len <= 600 || len == 1900;
		     len += len == 600 ? 1300 : 1) {
			uint32_t crc = (uint32_t)(len * at), sum = crc;
			for (size_t i = 0; i < len; i += 50)
				sum = am_crc32(sum, data + at + i,
				               len - i < 50 ? len - i : 50);
			cr_assert_eq(am_crc32(crc, data + at, len), sum,
			             "%zu bytes from %zu", len, at);
		}
}
