/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/rtf/lzfu.h"

#include "base/bytes.h"
#include "base/hash.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

/* The two examples of [MS-OXRTFCP] 4.1. */
static const uint8_t simple[] = {
	0x2d, 0x00, 0x00, 0x00, 0x2b, 0x00, 0x00, 0x00, 0x4c, 0x5a,
	0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0x00, 0x0a, 0x00,
	0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a,
	0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0x00, 0x20, 0x62, 0x77,
	0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0};
static const char simple_text[] =
	"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n";
static const uint8_t crossing[] = {
	0x1a, 0x00, 0x00, 0x00, 0x1c, 0x00, 0x00, 0x00, 0x4c, 0x5a,
	0x46, 0x75, 0xe2, 0xd4, 0x4b, 0x51, 0x41, 0x00, 0x04, 0x20,
	0x57, 0x58, 0x59, 0x5a, 0x0d, 0x6e, 0x7d, 0x01, 0x0e, 0xb0};

static int unpack(const uint8_t *data, size_t len, size_t max, char **text)
{
	struct am_error err = {0};
	uint8_t *out = NULL;
	size_t n = 0;
	int r = am_lzfu_unpack(data, len, max, &out, &n, &err);
	*text = g_strndup(out ? (const char *)out : "", n);
	g_free(out);
	cr_expect(!r == !*err.text);
	return r;
}

Test(lzfu, examples_of_the_specification)
{
	char *text;
	cr_expect(unpack(simple, sizeof(simple), 1000, &text) == 0);
	cr_expect_str_eq(text, simple_text);
	g_free(text);
	cr_expect(unpack(crossing, sizeof(crossing), 1000, &text) == 0);
	cr_expect_str_eq(text, "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}");
	g_free(text);
}

Test(lzfu, cut_off_anywhere_it_fails_and_gives_what_it_has)
{
	for (size_t len = 0; len < sizeof(simple); len++) {
		char *text;
		cr_expect(unpack(simple, len, 1000, &text) == AM_FAILED);
		cr_expect(!strncmp(text, simple_text, strlen(text)));
		g_free(text);
	}
}

Test(lzfu, a_wrong_checksum_is_told)
{
	uint8_t bad[sizeof(simple)];
	char *text;
	memcpy(bad, simple, sizeof(bad));
	bad[33] ^= 1;
	cr_expect(unpack(bad, sizeof(bad), 1000, &text) == AM_FAILED);
	g_free(text);
	memcpy(bad, simple, sizeof(bad));
	bad[8] = 'X';
	cr_expect(unpack(bad, sizeof(bad), 1000, &text) == AM_FAILED);
	g_free(text);
	cr_expect(unpack(simple, sizeof(simple), 10, &text) == AM_FAILED);
	cr_expect(strlen(text) == 10);
	g_free(text);
}

/* Outlook says the compressed size twice where it does not compress. */
Test(lzfu, uncompressed_ignores_the_raw_size)
{
	uint8_t mela[16 + 7] = {0};
	char *text;
	am_put_le32(mela, 12 + 7);
	am_put_le32(mela + 4, 12 + 7);
	memcpy(mela + 8, "MELA", 4);
	memcpy(mela + 16, "{\\rtf1}", 7);
	cr_expect(unpack(mela, sizeof(mela), 100, &text) == 0);
	cr_expect_str_eq(text, "{\\rtf1}");
	g_free(text);
	cr_expect(unpack(mela, sizeof(mela) - 1, 100, &text) == AM_FAILED);
	cr_expect_str_eq(text, "{\\rtf1");
	g_free(text);
}

/* The last two bytes of the preload over and over, then from a place that
 * nothing was written to. */
Test(lzfu, copies_run_into_themselves_and_find_blanks)
{
	uint8_t data[16 + 7] = {0};
	static const uint8_t body[] = {0x07, 0x0c, 0xd3, 0x3e,
	                               0x82, 0x0d, 0x80};
	char *text;
	memcpy(data + 16, body, sizeof(body));
	am_put_le32(data, 12 + sizeof(body));
	am_put_le32(data + 4, 9);
	memcpy(data + 8, "LZFu", 4);
	am_put_le32(data + 12,
	            am_crc32(0xffffffffu, body, sizeof(body)) ^ 0xffffffffu);
	cr_expect(unpack(data, sizeof(data), 100, &text) == 0);
	cr_expect_str_eq(text, "txtxt    ");
	g_free(text);
	cr_expect(unpack(data, sizeof(data), 7, &text) == AM_FAILED);
	cr_expect_str_eq(text, "txtxt  ");
	g_free(text);
}
