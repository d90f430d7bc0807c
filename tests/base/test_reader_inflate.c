/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/reader.h"

#include "helpers.h"

#include <criterion/criterion.h>
#include <zlib.h>

#include <string.h>

/* windowBits: raw -15, zlib 15, gzip 31. */
static GString *deflated(const char *s, size_t len, int bits)
{
	z_stream z = {0};
	GString *out = g_string_sized_new(len + 100);

	deflateInit2(&z, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY);
	g_string_set_size(out, deflateBound(&z, len) + 20);
	z.next_in = (Bytef *)(uintptr_t)s;
	z.avail_in = (uInt)len;
	z.next_out = (Bytef *)out->str;
	z.avail_out = (uInt)out->len;
	cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	g_string_set_size(out, z.total_out);
	deflateEnd(&z);
	return out;
}

static GString *inflated(const void *data, size_t len, size_t step, int *status,
                         struct am_error *err)
{
	struct am_reader *r;

	cr_assert_eq(
		am_reader_inflate(&r, trickle(data, len, step, AM_END), NULL),
		AM_OK);
	return drain(r, status, err);
}

static const char text[] = "the quick brown fox jumps over the lazy dog, the "
			   "quick brown fox does it again 0123456789";

Test(reader_inflate, knows_the_three_wrappings_at_any_step)
{
	static const int bits[] = {-15, 15, 31, 9};

	for (size_t i = 0; i < G_N_ELEMENTS(bits); i++) {
		GString *z = deflated(text, strlen(text), bits[i]);
		for (size_t step = 1; step < 100; step += 13) {
			int status;
			GString *s =
				inflated(z->str, z->len, step, &status, NULL);
			cr_expect_eq(status, AM_END);
			cr_expect_str_eq(s->str, text);
			g_string_free(s, TRUE);
		}
		g_string_free(z, TRUE);
	}
}

Test(reader_inflate, cut_anywhere_gives_what_came_before_then_fatal)
{
	static const int bits[] = {-15, 15, 31};

	for (size_t i = 0; i < G_N_ELEMENTS(bits); i++) {
		GString *z = deflated(text, strlen(text), bits[i]);
		size_t before = 0;
		for (size_t cut = 1; cut < z->len; cut++) {
			struct am_error err;
			int status;
			GString *s = inflated(z->str, cut, 1, &status, &err);
			cr_expect_eq(status, AM_FATAL, "cut at %zu", cut);
			cr_expect_eq(err.kind, AM_E_FORMAT);
			cr_expect(g_str_has_prefix(text, s->str));
			cr_expect_geq(s->len, before);
			before = s->len;
			g_string_free(s, TRUE);
		}
		/* Only the checksum was missing at the last cut. */
		cr_expect(bits[i] < 0 || before == strlen(text));
		g_string_free(z, TRUE);
	}
}

Test(reader_inflate, checksums_are_compared)
{
	static const int bits[] = {15, 31};

	for (size_t i = 0; i < G_N_ELEMENTS(bits); i++) {
		GString *z = deflated(text, strlen(text), bits[i]);
		for (size_t back = 1; back <= 4; back++) {
			struct am_error err;
			int status;
			z->str[z->len - back] ^= 1;
			GString *s = inflated(z->str, z->len, 9, &status, &err);
			cr_expect_eq(status, AM_FATAL);
			cr_expect_str_eq(s->str, text);
			g_string_free(s, TRUE);
			z->str[z->len - back] ^= 1;
		}
		g_string_free(z, TRUE);
	}
}

Test(reader_inflate, members_padding_and_garbage)
{
	GString *one = deflated("one ", 4, 31);
	GString *two = deflated("two", 3, 31);
	GString *empty = deflated("", 0, 31);
	GString *all = g_string_new_len(one->str, (gssize)one->len);
	int status;

	g_string_append_len(all, empty->str, (gssize)empty->len);
	g_string_append_len(all, two->str, (gssize)two->len);
	for (size_t zeros = 0; zeros < 600; zeros += 299) {
		GString *s = inflated(all->str, all->len, 3, &status, NULL);
		cr_expect_eq(status, AM_END);
		cr_expect_str_eq(s->str, "one two");
		g_string_free(s, TRUE);
		g_string_set_size(all, all->len + 299);
		memset(all->str + all->len - 299, 0, 299);
	}
	g_string_append_c(all, 'x');
	GString *s = inflated(all->str, all->len, 3, &status, NULL);
	cr_expect_eq(status, AM_FATAL);
	cr_expect_str_eq(s->str, "one two");
	g_string_free(s, TRUE);
	g_string_free(all, TRUE);
	g_string_free(one, TRUE);
	g_string_free(two, TRUE);
	g_string_free(empty, TRUE);
	s = inflated("", 0, 1, &status, NULL);
	cr_expect_eq(status, AM_END);
	g_string_free(s, TRUE);
}
