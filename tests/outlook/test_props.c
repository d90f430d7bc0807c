/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/mapi/props.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "outlook/mapi/names.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

Test(props, utf16_of_every_kind)
{
	static const struct {
		const char *in;
		size_t len;
		const char *out;
	} cases[] = {
		{"a\0b\0", 4, "ab"},
		{"a\0\0\0\0\0", 6, "a"},
		{"\xe4\0", 2, "ä"},
		{"\x42\x30", 2, "\xe3\x81\x82"},
		{"\x3d\xd8\x00\xde", 4, "\xf0\x9f\x98\x80"},
		{"\x3d\xd8x\0", 4, "\xef\xbf\xbdx"},
		{"\x00\xde", 2, "\xef\xbf\xbd"},
		{"\x3d\xd8", 2, "\xef\xbf\xbd"},
		{"a\0\0\0b\0", 6,
	         "a\xef\xbf\xbd"
	         "b"},
		{"a\0b", 3, "a"},
		{"", 0, ""},
	};
	struct am_arena *arena = am_arena_new();
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		size_t len;
		char *text = am_mapi_utf16(arena, (const uint8_t *)cases[i].in,
		                           cases[i].len, &len);
		cr_expect_str_eq(text, cases[i].out);
		cr_expect(len == strlen(text));
	}
	am_arena_free(&arena);
}

Test(props, moments)
{
	cr_expect(!am_mapi_filetime(0).known);
	cr_expect(!am_mapi_filetime(UINT64_C(0x0cb34557a3dd4000)).known);
	cr_expect(am_mapi_filetime(UINT64_C(116444736000000000)).sec == 0);
	cr_expect(am_mapi_filetime(1).known);
}

Test(props, several_strings_in_one_value)
{
	static const uint8_t two[] = {2, 0, 0, 0,   12, 0,   0, 0,   14,
	                              0, 0, 0, 'a', 0,  'b', 0, 'c', 0};
	static const uint8_t lies[] = {9, 0, 0, 0x40, 12, 0, 0, 0};
	static const uint8_t turned[] = {2,  0, 0, 0, 14,  0, 0,   0,
	                                 12, 0, 0, 0, 'a', 0, 'b', 0};
	struct am_arena *arena = am_arena_new();
	struct am_mapi_props bag;
	am_mapi_props_init(&bag, arena);
	struct am_mapi_prop p = {
		.tag = 0x8000101f, .len = sizeof(two), .data = two};
	cr_expect_str_eq(am_mapi_text_at(&bag, &p, 0), "a");
	cr_expect_str_eq(am_mapi_text_at(&bag, &p, 1), "bc");
	cr_expect(!am_mapi_text_at(&bag, &p, 2));
	p.data = lies;
	p.len = sizeof(lies);
	cr_expect(!am_mapi_text_at(&bag, &p, 0));
	p.data = turned;
	p.len = sizeof(turned);
	cr_expect(!am_mapi_text_at(&bag, &p, 0));
	am_arena_free(&arena);
}

Test(props, names_by_number_and_by_string)
{
	static const uint8_t guids[16] = {0x02, 0x20, 0x06, 0, 0, 0, 0, 0,
	                                  0xc0, 0,    0,    0, 0, 0, 0, 0x46};
	static const uint8_t strings[] = {16,  0,   0,   0,   'K', 0,   'e',
	                                  0,   'y', 0,   'w', 0,   'o', 0,
	                                  'r', 0,   'd', 0,   's', 0};
	static const uint8_t entries[] = {
		0x0d, 0x82, 0, 0, 6,  0, 0, 0,  /* 820d of the first set */
		0,    0,    0, 0, 5,  0, 1, 0,  /* the string, public */
		99,   0,    0, 0, 5,  0, 2, 0,  /* a string outside */
		1,    0,    0, 0, 20, 0, 3, 0}; /* a set outside */
	struct am_mapi_names *names =
		am_mapi_names_new(guids, sizeof(guids), entries,
	                          sizeof(entries), strings, sizeof(strings));
	cr_expect(am_mapi_named(names, AM_PSETID_APPOINTMENT, 0x820d) ==
	          0x8000);
	cr_expect(am_mapi_named(names, AM_PSETID_TASK, 0x820d) == 0);
	cr_expect(am_mapi_named_string(names, AM_PS_PUBLIC_STRINGS,
	                               "Keywords") == 0x8001);
	cr_expect_str_eq(am_mapi_name_text(names, 0x8000),
	                 "00062002-0000-0000-C000-000000000046 0x820d");
	cr_expect_str_eq(am_mapi_name_text(names, 0x8001),
	                 "00020329-0000-0000-C000-000000000046 Keywords");
	struct am_mapi_name by_number = {.number = 0x820d};
	struct am_mapi_name by_string = {.string = "keywords"};
	memcpy(by_number.set, guids, 16);
	memcpy(by_string.set, guids, 16);
	cr_expect(am_mapi_name_id(names, &by_number) == 0x8000);
	cr_expect(!am_mapi_name_id(names, &by_string));
	by_string.set[0] = 0x29;
	by_string.set[1] = 0x03;
	by_string.set[2] = 0x02;
	cr_expect(am_mapi_name_id(names, &by_string) == 0x8001);
	cr_expect(!am_mapi_name_text(names, 0x8002));
	cr_expect(!am_mapi_name_text(names, 0x8003));
	cr_expect(!am_mapi_name_text(names, 0x9000));
	am_mapi_names_free(&names);
	names = am_mapi_names_new(NULL, 0, NULL, 0, NULL, 0);
	cr_expect(!am_mapi_named(names, AM_PSETID_TASK, 1));
	am_mapi_names_free(&names);
}

/* Many, in no order, two of a kind: the first id counts. */
Test(props, names_are_found_among_many)
{
	enum { N = 3000 };
	uint8_t *entries = g_malloc0(8 * N);
	for (unsigned i = 0; i < N; i++) {
		am_put_le32(entries + 8 * i, i * 7919 % 2000);
		am_put_le16(entries + 8 * i + 4, i % 2 ? 2 : 4);
		am_put_le16(entries + 8 * i + 6, (uint16_t)i);
	}
	struct am_mapi_names *names =
		am_mapi_names_new(NULL, 0, entries, (size_t)8 * N, NULL, 0);
	for (uint32_t number = 0; number < 2001; number++)
		for (unsigned k = 0; k < 2; k++) {
			unsigned want = 0;
			for (unsigned i = 0; !want && i < N; i++)
				if (i * 7919 % 2000 == number && i % 2 == k)
					want = 0x8000 + i;
			cr_assert(am_mapi_named(names,
			                        k ? AM_PS_MAPI
			                          : AM_PS_PUBLIC_STRINGS,
			                        number) == want,
			          "%u", number);
		}
	cr_expect(am_mapi_name_text(names, 0x8000 + N - 1));
	cr_expect(!am_mapi_name_text(names, 0x8000 + N));
	cr_expect(!am_mapi_name_text(names, 0x7fff));
	am_mapi_names_free(&names);
	g_free(entries);
}

Test(props, code_pages_have_the_names_that_mail_has)
{
	cr_expect_eq(am_mapi_codepage("UTF-8"), 65001);
	cr_expect_eq(am_mapi_codepage("Shift_JIS"), 932);
	cr_expect_eq(am_mapi_codepage("latin1"), 28591);
	cr_expect_eq(am_mapi_codepage("euc-kr"), 949);
	cr_expect_eq(am_mapi_codepage("klingon"), 0);
	for (unsigned i = 1; i < 65536; i++) {
		const char *name = am_mapi_charset(i);
		unsigned back = name ? am_mapi_codepage(name) : i;
		cr_expect(back == i || am_mapi_charset(back), "%u", i);
	}
}
