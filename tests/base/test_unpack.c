/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/unpack.h"

#include "helpers.h"

#include "base/file.h"
#include "base/reader.h"

#include <criterion/criterion.h>

#include <string.h>

static char *dir;

static void setup(void)
{
	dir = test_dir();
}

static void teardown(void)
{
	test_dir_remove(&dir);
}

TestSuite(unpack, .init = setup, .fini = teardown);

static const struct {
	const char *name, *command;
	size_t block;
} methods[] = {
	{"gzip", "gzip", 0},
	{"zstd", "zstd", 131072},
	{"bzip2", "bzip2 -1", 100000},
	{"xz", "xz", 0},
	{"lzma", "xz --format=lzma", 0},
	{"lz4", "lz4 -B4 --content-size", 65536},
};

static GString *unpacked(const void *data, size_t len, int *status,
                         struct am_error *err)
{
	struct am_file *f = test_open(dir, "packed", data, len);
	struct am_reader *r;

	*status = am_unpack_open(&r, f, err);
	am_file_unref(&f);
	return *status ? g_string_new(NULL) : drain(r, status, err);
}

static GString *sample(size_t n)
{
	GString *s = g_string_new(NULL);
	uint32_t x = 1;

	for (size_t i = 0; s->len < n; i++) {
		x = x * 1664525 + 1013904223;
		g_string_append_printf(s, "%zu: %08x\n", i, x);
	}
	return s;
}

Test(unpack, every_method_goes_round)
{
	GString *text = sample(300000);

	for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
		for (size_t len = 0; len <= text->len; len += text->len / 2) {
			int status;
			GString *z = filter_through(dir, methods[i].command,
			                            text->str, len);
			if (!z)
				continue;
			const char *name = am_unpack_sniff(
				(const uint8_t *)z->str, z->len);
			cr_assert(name, "%s", methods[i].name);
			cr_expect_str_eq(name, methods[i].name);
			GString *s = unpacked(z->str, z->len, &status, NULL);
			cr_expect_eq(status, AM_END, "%s", name);
			cr_expect(s->len == len &&
			          !memcmp(s->str, text->str, len));
			g_string_free(s, TRUE);
			/* Twice, one behind the other (.lzma cannot). */
			gsize one = z->len;
			g_string_append_len(z, z->str, (gssize)one);
			s = unpacked(z->str, z->len, &status, NULL);
			if (strcmp(name, "lzma")) {
				cr_expect_eq(status, AM_END, "%s", name);
				cr_expect_eq(s->len, 2 * len, "%s", name);
			}
			g_string_free(s, TRUE);
			g_string_free(z, TRUE);
		}
	}
	g_string_free(text, TRUE);
}

Test(unpack, cut_at_every_offset_never_ends_clean)
{
	GString *text = sample(400);

	for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
		GString *z = filter_through(dir, methods[i].command, text->str,
		                            text->len);
		if (!z)
			continue;
		/* From where the magic is whole. */
		for (size_t cut = 14; cut < z->len; cut++) {
			struct am_error err = {.kind = AM_E_NONE};
			int status;
			GString *s = unpacked(z->str, cut, &status, &err);
			cr_expect_eq(status, AM_FATAL, "%s cut at %zu of %zu",
			             methods[i].name, cut, z->len);
			cr_expect_eq(err.kind, AM_E_FORMAT, "%s: %s",
			             methods[i].name, err.text);
			cr_expect(g_str_has_prefix(text->str, s->str));
			g_string_free(s, TRUE);
		}
		g_string_free(z, TRUE);
	}
	g_string_free(text, TRUE);
}

Test(unpack, bytes_before_a_damage_come_out)
{
	GString *text = sample(1000000);

	for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
		struct am_error err;
		int status;
		GString *z = filter_through(dir, methods[i].command, text->str,
		                            text->len);
		if (!z)
			continue;
		size_t cut = z->len * 3 / 4;
		GString *s = unpacked(z->str, cut, &status, &err);
		cr_expect_eq(status, AM_FATAL);
		/* This text packs evenly; a block of lz4 or bzip2 -1 is all or
		 * nothing. */
		cr_expect_geq(s->len + methods[i].block + 32768,
		              text->len * 3 / 4, "%s: %zu", methods[i].name,
		              s->len);
		cr_expect(!memcmp(s->str, text->str, s->len));
		g_string_free(s, TRUE);
		/* All that lacks is the last byte of the trailer. */
		s = unpacked(z->str, z->len - 1, &status, &err);
		cr_expect_eq(status, AM_FATAL);
		cr_expect_eq(s->len, text->len, "%s: %zu", methods[i].name,
		             s->len);
		g_string_free(s, TRUE);
		/* Nothing wrong comes out as if it were right. */
		z->str[cut] ^= 0x10;
		s = unpacked(z->str, z->len, &status, &err);
		cr_expect_eq(status, AM_FATAL, "%s", methods[i].name);
		g_string_free(s, TRUE);
		g_string_free(z, TRUE);
	}
	g_string_free(text, TRUE);
}

Test(unpack, what_is_not_packed_is_itself)
{
	static const char *const texts[] = {"",
	                                    "x",
	                                    "From a@b Mon\n",
	                                    "begin 644 x\n#86)C\n`\nend\n",
	                                    "BZh9",
	                                    "\x5D\x00\x00\x01"};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		int status;
		size_t n = strlen(texts[i]);
		cr_expect_null(am_unpack_sniff((const uint8_t *)texts[i], n));
		GString *s = unpacked(texts[i], n, &status, NULL);
		cr_expect_eq(status, AM_END);
		cr_expect_str_eq(s->str, texts[i]);
		g_string_free(s, TRUE);
	}
}

Test(unpack, of_what_comes_by_once)
{
	static const uint8_t packed[] = {/* gzip of "hello\n" */
	                                 0x1f, 0x8b, 8, 0,    0,    0,    0,
	                                 0,    0,    3, 0xcb, 0x48, 0xcd, 0xc9,
	                                 0xc9, 0xe7, 2, 0,    0x20, 0x30, 0x3a,
	                                 0x36, 6,    0, 0,    0};
	static const uint8_t *const bytes[] = {packed,
	                                       (const uint8_t *)"hello\n"};
	static const size_t lens[] = {sizeof packed, 6};

	for (size_t i = 0; i < 2; i++) {
		struct am_reader *raw = NULL, *r = NULL;
		struct am_error err = {0};
		int status;
		cr_assert_eq(am_reader_memory(&raw, bytes[i], lens[i], &err),
		             AM_OK);
		cr_assert_eq(am_unpack_reader(&r, raw, &err), AM_OK);
		GString *all = drain(r, &status, &err);
		cr_expect_str_eq(all->str, "hello\n", "%zu", i);
		cr_expect_eq(status, AM_END);
		g_string_free(all, TRUE);
	}
}
