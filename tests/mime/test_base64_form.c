/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/base64_form.h"
#include "mime/base64_group.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

/* 0 … n - 1 */
static uint32_t below(GRand *random, size_t n)
{
	return g_rand_int(random) % (uint32_t)n;
}

static void fill(GRand *random, uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)g_rand_int(random);
}

static void gather(void *user, const uint8_t *data, size_t len)
{
	g_byte_array_append(user, data, (guint)len);
}

static bool probe(const char *text, size_t len, size_t piece,
                  struct am_base64_form *form, GByteArray *out)
{
	struct am_base64_probe *p = am_base64_probe_new(gather, out);
	uint64_t decoded = 0;
	bool good = true;

	g_byte_array_set_size(out, 0);
	for (size_t at = 0; at < len && good; at += piece)
		good = am_base64_probe_feed(p, (const uint8_t *)text + at,
		                            len - at < piece ? len - at
		                                             : piece);
	good = am_base64_probe_end(p, form, &decoded);
	cr_assert(!good || decoded == out->len);
	am_base64_probe_free(&p);
	return good;
}

/* The text of bytes in a form, by the encoder, in pieces. */
static GByteArray *encode(const uint8_t *data, size_t len,
                          const struct am_base64_form *form, size_t piece)
{
	struct am_base64_encoder e;
	GByteArray *out = g_byte_array_new();
	const char *end = form->crlf ? "\r\n" : "\n";

	am_base64_encoder_init(&e, form);
	uint8_t *buf = g_malloc(am_base64_encode_room(&e, piece));
	for (uint32_t i = 0; i < form->lead; i++)
		g_byte_array_append(out, (const uint8_t *)end,
		                    (guint)strlen(end));
	for (size_t at = 0; at < len; at += piece) {
		size_t n =
			am_base64_encode(&e, buf, data + at,
		                         len - at < piece ? len - at : piece);
		cr_assert_leq(n, am_base64_encode_room(&e, piece));
		g_byte_array_append(out, buf, (guint)n);
	}
	g_byte_array_append(out, buf, (guint)am_base64_encode_end(&e, buf));
	for (uint32_t i = 0; i < form->trail; i++)
		g_byte_array_append(out, (const uint8_t *)end,
		                    (guint)strlen(end));
	g_free(buf);
	return out;
}

Test(base64_form, tells_exact_from_nearly)
{
	static const struct {
		const char *text;
		bool exact;
		uint32_t line, lead, trail;
		bool crlf;
	} table[] = {
		{"QUJD", true, 0, 0, 0, false},
		{"QUJD\n", true, 0, 0, 1, false},
		{"\r\n\r\nQUJD\r\n\r\n\r\n", true, 0, 2, 3, true},
		{"QUJD\nQUJD\nQUI=\n", true, 4, 0, 1, false},
		{"QUJD\r\nQUJD\r\nQQ==", true, 4, 0, 0, true},
		{"QUJDQUJD\nQUJD\n\n", true, 8, 0, 2, false},
		{"", false, 0, 0, 0, false},
		{"\n", false, 0, 0, 0, false},
		{"QUJ", false, 0, 0, 0, false},
		{"QUJD\n\nQUJD", false, 0, 0, 0, false},
		{"QUJD\nQUJDQUJD", false, 0, 0, 0, false},
		{"QUJDQUJD\nQUJD\nQUJDQUJD", false, 0, 0, 0, false},
		{"QUJD\r\nQUJD\n", false, 0, 0, 0, false},
		{"QUJD\rQUJD", false, 0, 0, 0, false},
		{"QUJD\r", false, 0, 0, 0, false},
		{"QUI=QUJD", false, 0, 0, 0, false},
		{"QUI=\nQUJD", false, 0, 0, 0, false},
		{"QUJ=", false, 0, 0, 0, false}, /* bits left over */
		{"QR==", false, 0, 0, 0, false},
		{"Q===", false, 0, 0, 0, false},
		{"====", false, 0, 0, 0, false},
		{"QU=D", false, 0, 0, 0, false},
		{"QUJD QUJD", false, 0, 0, 0, false},
		{" QUJD", false, 0, 0, 0, false},
		{"QUJD\n ", false, 0, 0, 0, false},
		{"QUJD\n--\n", false, 0, 0, 0, false},
		{"QUJ-", false, 0, 0, 0, false}, /* the other alphabet */
		{"QUJDQ\nUJDQU\nJD", false, 0, 0, 0, false},
		{"\xC3\xA4QU", false, 0, 0, 0, false},
	};
	GByteArray *out = g_byte_array_new();

	for (size_t i = 0; i < AM_COUNT(table); i++) {
		size_t len = strlen(table[i].text);
		for (size_t piece = 1; piece <= len + 1; piece++) {
			struct am_base64_form f;
			bool exact = probe(table[i].text, len, piece, &f, out);
			cr_assert_eq(exact, table[i].exact, "row %zu piece %zu",
			             i, piece);
			if (!exact)
				continue;
			cr_assert_eq(f.line_chars, table[i].line, "row %zu", i);
			cr_assert_eq(f.lead, table[i].lead, "row %zu", i);
			cr_assert_eq(f.trail, table[i].trail, "row %zu", i);
			cr_assert_eq(f.crlf, table[i].crlf, "row %zu", i);
		}
	}
	g_byte_array_free(out, TRUE);
}

Test(base64_form, whatever_is_called_exact_encodes_to_itself)
{
	static const uint32_t lines[] = {0,  4,  8,    60,   64,    72,
	                                 76, 80, 1000, 4100, 65536, 70000};
	GRand *random = g_rand_new_with_seed(8);
	GByteArray *out = g_byte_array_new();
	unsigned exact = 0;

	for (int i = 0; i < 3000; i++) {
		size_t len = 1 + below(random, i % 50 ? 400 : 120000);
		uint8_t *data = g_malloc(len);
		fill(random, data, len);
		struct am_base64_form in = {
			lines[below(random, AM_COUNT(lines))], below(random, 2),
			below(random, 3), below(random, 3)};
		GByteArray *text =
			encode(data, len, &in, 1 + below(random, 5000));
		uint64_t want;
		cr_assert(am_base64_text_len(&in, len, &want));
		cr_assert_eq(text->len, want);
		if (i % 3 == 0)
			text->data[below(random, text->len)] =
				(uint8_t) "A=\n\r \x80"[below(random, 6)];
		struct am_base64_form f;
		size_t piece = 1 + below(random, text->len + 10);
		bool good =
			probe((char *)text->data, text->len, piece, &f, out);
		if (i % 3 && in.line_chars <= 65536)
			cr_assert(good, "line %u", in.line_chars);
		if (good) {
			exact++;
			GByteArray *again =
				encode(out->data, out->len, &f, 7777);
			cr_assert_eq(again->len, text->len);
			cr_assert(!memcmp(again->data, text->data, text->len));
			g_byte_array_free(again, TRUE);
		}
		if (i % 3) {
			/* Any group can be found and decoded alone. */
			uint64_t off = below(random, (uint32_t)len) / 3 * 3;
			uint64_t at = am_base64_text_at(&in, off);
			struct am_base64_decoder d = {.n_carry = 0};
			uint8_t *to = g_malloc(text->len + 3);
			size_t got;
			cr_assert(am_base64_decode(
				&d, to, &got, text->data + at, text->len - at));
			cr_assert_eq(got, len - off);
			cr_assert(!memcmp(to, data + off, got));
			g_free(to);
		}
		g_byte_array_free(text, TRUE);
		g_free(data);
	}
	cr_assert_gt(exact, 1500);
	g_byte_array_free(out, TRUE);
	g_rand_free(random);
}

Test(base64_form, the_vector_road_agrees_with_the_plain_one_on_every_byte)
{
	uint8_t text[64], to[48], one[3];

	for (unsigned v = 0; v < 256; v++) {
		for (size_t at = 0; at < sizeof text; at++) {
			memset(text, 'k', sizeof text);
			text[at] = (uint8_t)v;
			bool plain = am_base64_decode_groups(
				one, text + at / 4 * 4, 1);
			bool wide = am_base64_decode_groups(to, text, 16);
			cr_assert_eq(plain, wide, "%u at %zu", v, at);
			if (wide)
				cr_assert(!memcmp(to + at / 4 * 3, one, 3));
		}
	}
}
