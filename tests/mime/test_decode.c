/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/decode.h"

#include "base/reader.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <string.h>

typedef int decode_fn(struct am_reader **out, struct am_reader *inner,
                      struct am_error *err);

/* A reader that gives a few bytes at a time. */
struct trickle {
	const char *s;
	size_t len, step;
};

static int fill(void *self, uint8_t *buf, size_t room, size_t *got,
                struct am_error *err)
{
	struct trickle *t = self;

	(void)err;
	*got = t->step < t->len ? t->step : t->len;
	if (*got > room)
		*got = room;
	if (!*got)
		return AM_END;
	memcpy(buf, t->s, *got);
	t->s += *got;
	t->len -= *got;
	return AM_OK;
}

static void done(void *self)
{
	(void)self;
}

static void check(decode_fn *decode, const char *in, size_t in_len,
                  const char *want, size_t want_len)
{
	static const struct am_reader_ops ops = {.fill = fill, .close = done};

	/* The bytes come in pieces of `step`, and go in pieces of `take`. */
	for (size_t step = 1; step < 9; step += 3) {
		for (size_t take = 1; take < 200; take += 66) {
			struct trickle t = {in, in_len, step};
			struct am_reader *inner, *r;
			GString *got = g_string_new(NULL);
			char buf[200];
			size_t n;
			cr_assert_eq(am_reader_new(&inner, &ops, &t, NULL), 0);
			cr_assert_eq(decode(&r, inner, NULL), 0);
			while (!am_reader_read(r, buf, take, &n, NULL) && n)
				g_string_append_len(got, buf, (gssize)n);
			cr_assert_eq(got->len, want_len, "%s: \"%s\"", in,
			             got->str);
			cr_assert_eq(memcmp(got->str, want, want_len), 0,
			             "%s: \"%s\"", in, got->str);
			g_string_free(got, TRUE);
			am_reader_close(&r);
		}
	}
}

struct sample {
	const char *in, *out;
};

static void check_all(decode_fn *decode, const struct sample *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(decode, s[i].in, strlen(s[i].in), s[i].out,
		      strlen(s[i].out));
}

Test(decode, base64_passes_over_what_is_none)
{
	static const struct sample samples[] = {
		{"", ""},
		{"SGVsbG8=", "Hello"},
		{"SGVs\r\nbG8=\r\n", "Hello"},
		{"S G\tV-s_b.G8=", "Hello"},
		{"SGVsbG8", "Hello"},
		{"SGVsbG8gd29ybGQ", "Hello world"},
		{"SGVsbG8=IHdvcmxk", "Hello world"},
		{"SGVsbG8==\nIHdvcmxk", "Hello world"},
		{"===SGVsbG8=", "Hello"},
		{"SA==", "H"},
		{"S", ""},
		{"\xff\xfeSA==", "H"},
	};

	check_all(am_decode_base64, samples, AM_COUNT(samples));
}

Test(decode, base64_of_many_bytes)
{
	uint8_t raw[10000];

	for (size_t i = 0; i < sizeof raw; i++)
		raw[i] = (uint8_t)(i * i >> 3);
	char *text = g_base64_encode(raw, sizeof raw);
	check(am_decode_base64, text, strlen(text), (char *)raw, sizeof raw);
	g_free(text);
}

Test(decode, qp_keeps_what_encodes_nothing)
{
	static const struct sample samples[] = {
		{"", ""},
		{"plain\r\ntext\n", "plain\r\ntext\n"},
		{"caf=C3=A9 =c3=a9", "café é"},
		{"soft=\nline=\r\nend=", "softlineend"},
		{"soft= \t\nblanks=  ", "softblanks"},
		{"a  \nb\t \r\nc   ", "a\nb\r\nc"},
		{"a  b \t c", "a  b \t c"},
		{"=", ""},
		{"=4", "=4"},
		{"=ZZ =G1", "=ZZ =G1"},
		{"50% = half", "50% = half"},
		{"==41", "=A"},
		{"a=\rb= \rc", "abc"}, /* an old Mac's */
		{"a \r", "a\r"},
		{"a \rb", "a \rb"},
		{"=00", "\0"},
	};

	check_all(am_decode_qp, samples, AM_COUNT(samples) - 1);
	check(am_decode_qp, "=00x", 4, "\0x", 2);
}

Test(decode, qp_keeps_long_runs_of_blanks)
{
	GString *s = g_string_new("a");

	for (int i = 0; i < 5000; i++)
		g_string_append_c(s, ' ');
	g_string_append_c(s, 'b');
	check(am_decode_qp, s->str, s->len, s->str, s->len);
	g_string_free(s, TRUE);
}

Test(decode, uu_takes_the_first_file)
{
	static const struct sample samples[] = {
		{"", ""},
		{"no file\nhere\n", ""},
		{"words\nbegin 644 x.txt\n%2&5L;&\\\n`\nend\nmore\n", "Hello"},
		{"begin 0644 x\r\n%2&5L;&\\\r\n \r\nend\r\n", "Hello"},
		{"begin 644 x\n%2&5L;&\\\n#", "Hello\0"},
		{"begin 644 x\n#0V%T\n#0V%T", "CatCat"},
		{"begin at the beginning\n#0V%T\n", ""},
		{"begin 644 x\n!  \nend\nbegin 644 y\n#0V%T\nend\n", "\0"},
	};

	for (size_t i = 0; i < 4; i++)
		check(am_decode_uu, samples[i].in, strlen(samples[i].in),
		      samples[i].out, strlen(samples[i].out));
	/* Missing letters are zeros. */
	check(am_decode_uu, samples[4].in, strlen(samples[4].in), "Hello\0\0\0",
	      8);
	for (size_t i = 5; i < 7; i++)
		check(am_decode_uu, samples[i].in, strlen(samples[i].in),
		      samples[i].out, strlen(samples[i].out));
	check(am_decode_uu, samples[7].in, strlen(samples[7].in), "\0", 1);
}

Test(decode, uu_gets_past_lines_without_end)
{
	GString *s = g_string_new(NULL);

	for (int i = 0; i < 10000; i++)
		g_string_append(s, "x y ");
	g_string_append(s, "\nbegin 644 x\n#0V%T\nend\n");
	check(am_decode_uu, s->str, s->len, "Cat", 3);
	g_string_free(s, TRUE);
}
