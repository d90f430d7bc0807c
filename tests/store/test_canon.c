/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "log_help.h"

#include "store/canon.h"

#include <criterion/criterion.h>

#include <string.h>

/* Fed in pieces of `piece` bytes. */
static GByteArray *to_lf(const uint8_t *data, size_t len, size_t piece)
{
	GByteArray *out = g_byte_array_new();
	uint8_t *buf = g_malloc(piece + 1);
	bool cr = false;

	for (size_t at = 0; at < len; at += piece) {
		size_t n = len - at < piece ? len - at : piece;
		size_t got = am_canon_to_lf(buf, data + at, n, &cr);
		cr_assert_leq(got, n + 1);
		g_byte_array_append(out, buf, (guint)got);
	}
	if (cr)
		g_byte_array_append(out, (const uint8_t *)"\r", 1);
	g_free(buf);
	return out;
}

Test(canon, classes)
{
	static const struct {
		const char *text;
		enum am_eol_class class;
		uint64_t n_lf, n_crlf;
		const char *lf;
	} table[] = {
		{"", AM_EOL_AS_IS, 0, 0, ""},
		{"a", AM_EOL_AS_IS, 0, 0, "a"},
		{"\n", AM_EOL_AS_IS, 1, 0, "\n"},
		{"\r\n", AM_EOL_CRLF_FROM_LF, 1, 1, "\n"},
		{"a\r\nb", AM_EOL_CRLF_FROM_LF, 1, 1, "a\nb"},
		{"a\r\nb\n", AM_EOL_AS_IS, 2, 1, "a\nb\n"},
		{"a\r\r\n", AM_EOL_CRLF_FROM_LF, 1, 1, "a\r\n"},
		{"a\rb\r\n\r", AM_EOL_CRLF_FROM_LF, 1, 1, "a\rb\n\r"},
		{"\n\r", AM_EOL_AS_IS, 1, 0, "\n\r"},
		{"\r", AM_EOL_AS_IS, 0, 0, "\r"},
	};

	for (size_t i = 0; i < AM_COUNT(table); i++) {
		const uint8_t *text = (const uint8_t *)table[i].text;
		size_t len = strlen(table[i].text);
		for (size_t piece = 1; piece < 6; piece++) {
			struct am_canon_count count = {0}, too = {0};
			uint8_t buf[8];
			for (size_t at = 0; at < len; at += piece) {
				size_t k = len - at < piece ? len - at : piece;
				am_canon_count(&count, text + at, k);
				(void)am_canon_count_to_lf(&too, buf, text + at,
				                           k);
			}
			cr_assert_eq(too.n_lf, count.n_lf, "row %zu", i);
			cr_assert_eq(too.n_crlf, count.n_crlf, "row %zu", i);
			cr_assert_eq(too.cr, count.cr, "row %zu", i);
			cr_assert_eq(count.n_lf, table[i].n_lf, "row %zu", i);
			cr_assert_eq(count.n_crlf, table[i].n_crlf, "row %zu",
			             i);
			cr_assert_eq(am_canon_class(&count), table[i].class);
			GByteArray *lf = to_lf(text, len, piece);
			cr_assert_eq(lf->len, strlen(table[i].lf), "row %zu",
			             i);
			cr_assert(!lf->len ||
			          !memcmp(lf->data, table[i].lf, lf->len));
			g_byte_array_free(lf, TRUE);
		}
	}
}

Test(canon, the_way_back_is_exact_for_every_text_of_its_class)
{
	struct logtest_random random = {7};
	unsigned n = 0;

	for (int i = 0; i < 20000; i++) {
		uint8_t text[24], back[48];
		size_t len = logtest_below(&random, sizeof text + 1);
		struct am_canon_count count = {0};
		for (size_t k = 0; k < len; k++)
			text[k] = (uint8_t) "\r\n\r\na"[logtest_below(&random,
			                                              5)];
		/* More often than by chance without a lone LF. */
		for (size_t k = 0; k < len && i % 2; k++)
			if (text[k] == '\n' && (!k || text[k - 1] != '\r'))
				text[k] = 'b';
		am_canon_count(&count, text, len);
		if (am_canon_class(&count) != AM_EOL_CRLF_FROM_LF)
			continue;
		n++;
		GByteArray *lf =
			to_lf(text, len, 1 + logtest_below(&random, 8));
		size_t got = am_canon_to_crlf(back, lf->data, lf->len);
		cr_assert_eq(got, len);
		cr_assert(!memcmp(back, text, len));
		g_byte_array_free(lf, TRUE);
	}
	cr_assert_gt(n, 3000);
}
