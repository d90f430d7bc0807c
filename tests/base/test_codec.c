/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/codec.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static const enum am_codec all[] = {AM_CODEC_STORED, AM_CODEC_ZLIB,
                                    AM_CODEC_ZSTD};

Test(codec, goes_round_with_any_level_and_size)
{
	static const size_t sizes[] = {0, 1, 100, 70000, 1 << 20};
	static const int levels[] = {0, 1, 9, AM_LEVEL_FACTS};
	struct am_coder *coder = am_coder_new();
	uint8_t *raw = g_malloc(1 << 20), *back = g_malloc(1 << 20);

	for (size_t i = 0; i < 1 << 20; i++)
		raw[i] = (uint8_t)((i * i) >> 11);
	for (size_t c = 0; c < 3; c++) {
		for (size_t i = 0; i < 20; i++) {
			size_t n = sizes[i % 5];
			size_t len = am_codec_bound(all[c], n);
			uint8_t *packed = g_malloc(len + 1);
			cr_assert_eq(am_codec_pack(coder, all[c], levels[i / 5],
			                           raw, n, packed, &len, NULL),
			             AM_OK);
			cr_assert_eq(am_codec_unpack(coder, all[c], packed, len,
			                             back, n, NULL),
			             AM_OK);
			cr_assert(!memcmp(raw, back, n));
			g_free(packed);
		}
	}
	am_coder_free(&coder);
	cr_assert_null(coder);
	am_coder_free(&coder);
	g_free(raw);
	g_free(back);
}

Test(codec, anything_but_the_exact_bytes_is_corrupt)
{
	struct am_coder *coder = am_coder_new();
	char raw[400], back[401];

	for (size_t i = 0; i < sizeof raw; i++)
		raw[i] = (char)(i % 17);
	for (size_t c = 0; c < 3; c++) {
		struct am_error err;
		uint8_t packed[600];
		size_t len = sizeof packed;
		cr_assert_eq(am_codec_pack(coder, all[c], 0, raw, sizeof raw,
		                           packed, &len, NULL),
		             AM_OK);
		for (size_t cut = 0; cut < len; cut++) {
			cr_assert_eq(am_codec_unpack(coder, all[c], packed, cut,
			                             back, 400, &err),
			             AM_FAILED);
			cr_assert_eq(err.kind, AM_E_CORRUPT);
		}
		static const size_t wrong[] = {0, 399, 401};
		for (size_t i = 0; i < 3; i++)
			cr_assert_eq(am_codec_unpack(coder, all[c], packed, len,
			                             back, wrong[i], &err),
			             AM_FAILED, "codec %zu row %zu", c, i);
		packed[len] = 'x';
		cr_assert_eq(am_codec_unpack(coder, all[c], packed, len + 1,
		                             back, 400, &err),
		             AM_FAILED);
		/* And the coder is still good. */
		cr_assert_eq(am_codec_unpack(coder, all[c], packed, len, back,
		                             400, &err),
		             AM_OK);
	}
	am_coder_free(&coder);
}

Test(codec, too_little_room_is_said)
{
	struct am_coder *coder = am_coder_new();

	for (size_t c = 0; c < 3; c++) {
		struct am_error err;
		uint8_t out[8];
		size_t len = 3;
		cr_assert_eq(am_codec_pack(coder, all[c], 0, "abcdefgh", 8, out,
		                           &len, &err),
		             AM_FAILED);
		cr_assert_eq(err.kind, AM_E_LIMIT);
		len = sizeof out;
		cr_assert_eq(am_codec_pack(coder, AM_CODEC_STORED, 0,
		                           "abcdefgh", 8, out, &len, &err),
		             AM_OK);
	}
	am_coder_free(&coder);
}

Test(codec, names)
{
	static const char *const names[] = {"stored", "zlib", "zstd"};
	struct am_error err;
	enum am_codec c;

	for (size_t i = 0; i < 3; i++) {
		cr_assert_eq(am_codec_parse(&c, names[i], &err), AM_OK);
		cr_assert_eq(c, all[i]);
	}
	cr_assert_eq(am_codec_parse(&c, "lzma", &err), AM_FAILED);
	cr_assert_eq(err.kind, AM_E_ARGUMENT);
}

Test(codec, gives_the_beginning_without_the_rest)
{
	enum { LEN = 300000 };
	struct am_coder *coder = am_coder_new();
	uint8_t *raw = g_malloc(LEN), *out = g_malloc(LEN);
	struct am_error err = {0};

	for (size_t i = 0; i < LEN; i++)
		raw[i] = (uint8_t)(i * i >> 7 ^ i);
	for (int codec = AM_CODEC_STORED; codec <= AM_CODEC_ZSTD; codec++) {
		size_t len = am_codec_bound((enum am_codec)codec, LEN);
		uint8_t *packed = g_malloc(len);
		cr_assert_eq(am_codec_pack(coder, (enum am_codec)codec, 0, raw,
		                           LEN, packed, &len, &err),
		             AM_OK);
		for (size_t want = 0; want <= LEN; want += LEN / 10) {
			size_t got = 0;
			memset(out, 0, LEN);
			cr_assert_eq(am_codec_unpack_some(coder,
			                                  (enum am_codec)codec,
			                                  packed, len, out, LEN,
			                                  want, &got, &err),
			             AM_OK, "%s", err.text);
			cr_expect(got >= want && got <= LEN);
			cr_expect_arr_eq(out, raw, got);
		}
		size_t got;
		if (codec != AM_CODEC_STORED)
			cr_expect_eq(am_codec_unpack_some(
					     coder, (enum am_codec)codec,
					     packed, len / 3, out, LEN, LEN / 2,
					     &got, &err),
			             AM_FAILED);
		g_free(packed);
	}
	g_free(raw);
	g_free(out);
	am_coder_free(&coder);
}

Test(codec, gives_what_stands_before_the_damage)
{
	enum { LEN = 1000000 };
	struct am_coder *coder = am_coder_new();
	uint8_t *raw = g_malloc(LEN), *out = g_malloc(LEN);
	struct am_error err = {0};

	/* Packs alike everywhere. */
	for (uint32_t i = 0, seed = 1; i < LEN; i++) {
		seed = seed * 1664525 + 1013904223;
		raw[i] = (uint8_t)(' ' + (seed >> 26));
	}
	for (int codec = AM_CODEC_STORED; codec <= AM_CODEC_ZSTD; codec++) {
		size_t len = am_codec_bound((enum am_codec)codec, LEN), got;
		uint8_t *packed = g_malloc(len);
		cr_assert_eq(am_codec_pack(coder, (enum am_codec)codec, 0, raw,
		                           LEN, packed, &len, &err),
		             AM_OK);
		am_codec_salvage(coder, (enum am_codec)codec, packed, len, out,
		                 LEN, &got);
		cr_expect_eq(got, LEN);
		cr_expect_arr_eq(out, raw, LEN);
		/* Cut off, and overwritten from the middle on. */
		am_codec_salvage(coder, (enum am_codec)codec, packed,
		                 len * 3 / 4, out, LEN, &got);
		cr_expect(got > LEN / 4 && got < LEN, "%d: %zu", codec, got);
		cr_expect_arr_eq(out, raw, got);
		memset(packed + len / 2, 0xff, len - len / 2);
		am_codec_salvage(coder, (enum am_codec)codec, packed, len, out,
		                 LEN, &got);
		cr_expect(got > LEN / 8 && got <= LEN, "%d: %zu", codec, got);
		cr_expect_arr_eq(out, raw, LEN / 8);
		g_free(packed);
	}
	am_coder_free(&coder);
	g_free(raw);
	g_free(out);
}
