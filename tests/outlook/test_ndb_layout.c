/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst/ndb_layout.h"

#include "outlook/pst/crypt.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

/* Encode what was decoded of any bytes and decode it again: the same, in each
 * of the three layouts; and the bytes are the same where all of them mean
 * something. */
#define INVERSE(name, size)                                                 \
	do {                                                                \
		struct am_pst_##name a, b;                                  \
		uint8_t in[64], out[64], again[64];                         \
		for (unsigned i = 0; i < sizeof(in); i++)                   \
			in[i] = (uint8_t)g_random_int_range(0, 256);        \
		memset(out, 0, sizeof(out));                                \
		memset(again, 0, sizeof(again));                            \
		am_pst_##name##_decode(g, &a, in);                          \
		am_pst_##name##_encode(g, &a, out);                         \
		am_pst_##name##_decode(g, &b, out);                         \
		am_pst_##name##_encode(g, &b, again);                       \
		cr_expect(!memcmp(out, again, size), #name " in layout %d", \
		          g->kind);                                         \
		cr_expect(out[size] == 0, #name " writes too far");         \
	} while (0)

Test(ndb_layout, decode_undoes_encode)
{
	g_random_set_seed(1);
	for (unsigned k = 0; k < 3; k++) {
		const struct am_pst_geometry *g = am_pst_geometry(k);
		for (unsigned n = 0; n < 200; n++) {
			INVERSE(page_trailer, g->wide ? 16 : 12);
			INVERSE(bt_counts, g->kind == AM_PST_OST4K ? 6 : 4);
			INVERSE(bt_index, g->bt_index);
			INVERSE(nbt_entry, g->bt_nbt);
			INVERSE(bbt_entry, g->bt_bbt);
			INVERSE(block_trailer, g->block_trailer);
			INVERSE(list_head, 8);
			INVERSE(sl_entry, g->sl_entry);
			INVERSE(si_entry, g->si_entry);
		}
	}
}

Test(ndb_layout, fields_lie_where_the_specification_says)
{
	const struct am_pst_geometry *u = am_pst_geometry(AM_PST_UNICODE);
	const struct am_pst_geometry *a = am_pst_geometry(AM_PST_ANSI);
	const struct am_pst_geometry *o = am_pst_geometry(AM_PST_OST4K);
	struct am_pst_page_trailer page = {0x81, 0x81, 0x1234, 0x55667788, 9};
	struct am_pst_bbt_entry block = {{0x10, 0x4400}, 100, 300, 2};
	struct am_pst_block_trailer end = {100, 7, 0x01020304, 0x10, 300};
	uint8_t b[64];

	am_pst_page_trailer_encode(u, &page, b);
	cr_expect(!memcmp(
		b, "\x81\x81\x34\x12\x88\x77\x66\x55\x09\0\0\0\0\0\0\0", 16));
	am_pst_page_trailer_encode(a, &page, b);
	cr_expect(!memcmp(b, "\x81\x81\x34\x12\x09\0\0\0\x88\x77\x66\x55", 12));
	am_pst_bbt_entry_encode(u, &block, b);
	cr_expect(!memcmp(b + 16, "\x64\0\x02\0\0\0\0\0", 8));
	am_pst_bbt_entry_encode(o, &block, b);
	cr_expect(!memcmp(b + 16, "\x64\0\x2c\x01\x02\0\0\0", 8));
	am_pst_block_trailer_encode(o, &end, b);
	cr_expect(!memcmp(b + 16, "\0\0\x2c\x01\0\0\0\0", 8));
	am_pst_block_trailer_encode(a, &end, b);
	cr_expect(!memcmp(b, "\x64\0\x07\0\x10\0\0\0\x04\x03\x02\x01", 12));
}

Test(ndb_layout, headers_of_the_three_kinds)
{
	for (unsigned k = 0; k < 3; k++) {
		struct am_pst_header out, in = {.kind = k,
		                                .client = 'S' | 'M' << 8,
		                                .version = k == AM_PST_ANSI ? 15
		                                           : k == 1         ? 23
		                                                    : 36,
		                                .client_version = 19,
		                                .crypt = AM_PST_CRYPT_CYCLIC,
		                                .amap_valid = 2,
		                                .unique = 77,
		                                .next_block = 0x1234,
		                                .next_page = 0x56,
		                                .eof = 271360,
		                                .amap_last = 0x4400,
		                                .amap_free = 5,
		                                .pmap_free = 6,
		                                .nbt = {1, 0x4800},
		                                .bbt = {2, 0x4a00}};
		uint8_t bytes[AM_PST_HEADER_MAX] = {0};
		struct am_error err = {0};
		in.nids[4] = 0x10001;
		am_pst_header_encode(&in, bytes);
		size_t len = am_pst_geometry(k)->header;
		cr_assert(am_pst_header_decode(&out, bytes, len, &err) == 0,
		          "%s", err.text);
		cr_expect(!out.crc_wrong);
		cr_expect(!memcmp(&in, &out, sizeof(in)), "layout %u", k);
		bytes[20] ^= 1;
		cr_assert(am_pst_header_decode(&out, bytes, len, &err) == 0);
		cr_expect(out.crc_wrong);
		cr_expect(am_pst_header_decode(&out, bytes, len - 1, &err) ==
		          AM_FATAL);
	}
}

Test(ndb_layout, refuses_what_it_cannot_read)
{
	static const struct {
		unsigned version, crypt;
		enum am_kind kind;
		const char *word;
	} cases[] = {
		{37, 1, AM_E_UNSUPPORTED, "Windows Information Protection"},
		{23, 0x10, AM_E_UNSUPPORTED, "Windows Information Protection"},
		{23, 3, AM_E_UNSUPPORTED, "not known"},
		{99, 1, AM_E_UNSUPPORTED, "version 99"},
	};
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct am_pst_header h = {.kind = AM_PST_UNICODE,
		                          .version = 23};
		uint8_t bytes[AM_PST_HEADER_MAX];
		struct am_error err = {0};
		h.crypt = (uint8_t)cases[i].crypt;
		am_pst_header_encode(&h, bytes);
		bytes[10] = (uint8_t)cases[i].version;
		cr_expect(am_pst_header_decode(&h, bytes, sizeof(bytes),
		                               &err) == AM_FATAL);
		cr_expect(err.kind == cases[i].kind &&
		                  strstr(err.text, cases[i].word),
		          "%s", err.text);
	}
	struct am_pst_header h;
	struct am_error err = {0};
	cr_expect(am_pst_header_decode(&h, (const uint8_t *)"From x", 6,
	                               &err) == AM_FATAL);
	cr_expect(err.kind == AM_E_FORMAT);
}

Test(ndb_layout, both_ciphers_come_back_and_hide)
{
	static const char text[] = "the quick brown fox jumps over a lazy dog";
	for (unsigned c = AM_PST_CRYPT_PERMUTE; c <= AM_PST_CRYPT_CYCLIC; c++) {
		uint8_t all[512], was[512];
		for (unsigned i = 0; i < sizeof(all); i++)
			all[i] = was[i] = (uint8_t)i;
		am_pst_encrypt(c, 0x12345678, all, sizeof(all));
		cr_expect(memcmp(all, was, sizeof(all)) != 0);
		am_pst_decrypt(c, 0x12345678, all, sizeof(all));
		cr_expect(!memcmp(all, was, sizeof(all)));
	}
	/* Known: the first bytes of mpbbR, in the order of the input. */
	uint8_t first[4] = {0, 1, 2, 3};
	am_pst_encrypt(AM_PST_CRYPT_PERMUTE, 0, first, 4);
	cr_expect(!memcmp(first, "\x41\x36\x13\x62", 4));
	cr_expect(am_pst_crc(text, 0) == 0);
	cr_expect(am_pst_sig(0x4400, 0x4400) == 0);
	cr_expect(am_pst_sig(0x12345678, 0) == (0x1234 ^ 0x5678));
}

/* What is long may be done many at a time, what is short is not. */
Test(ndb_layout, a_long_block_is_obscured_as_its_bytes_are)
{
	uint8_t whole[1000], single[1000];

	for (size_t len = 0; len <= sizeof(whole); len += len < 200 ? 1 : 89) {
		for (size_t i = 0; i < len; i++)
			whole[i] = single[i] = (uint8_t)(i * 7 + len);
		am_pst_encrypt(AM_PST_CRYPT_PERMUTE, 0, whole, len);
		for (size_t i = 0; i < len; i++)
			am_pst_encrypt(AM_PST_CRYPT_PERMUTE, 0, &single[i], 1);
		cr_assert_arr_eq(whole, single, len, "%zu bytes", len);
		am_pst_decrypt(AM_PST_CRYPT_PERMUTE, 0, whole, len);
		for (size_t i = 0; i < len; i++)
			cr_assert_eq(whole[i], (uint8_t)(i * 7 + len));
	}
}
