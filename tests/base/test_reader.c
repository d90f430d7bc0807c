/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/reader.h"

#include "helpers.h"

#include "base/file.h"

#include <criterion/criterion.h>

#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static GString *numbers(size_t n)
{
	GString *s = g_string_new(NULL);

	for (size_t i = 0; i < n; i++)
		g_string_append_printf(s, "line %zu\n", i);
	return s;
}

Test(reader, peek_gives_at_least_what_is_asked_until_the_end)
{
	static const size_t steps[] = {1, 2, 7, 4096, 1 << 20};
	GString *all = numbers(40000);

	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		struct am_reader *r =
			trickle(all->str, all->len, steps[i], AM_END);
		const uint8_t *data;
		size_t len, at = 0;
		for (size_t want = 1; at < all->len; want = want * 5 % 9973) {
			cr_assert_eq(am_reader_offset(r), at);
			cr_assert_eq(am_reader_peek(r, want, &data, &len, NULL),
			             AM_OK);
			cr_assert(len >= want || at + len == all->len);
			cr_assert(!memcmp(data, all->str + at, len));
			size_t n = len < want / 2 + 1 ? len : want / 2 + 1;
			am_reader_skip(r, n);
			at += n;
		}
		cr_assert_eq(am_reader_peek(r, 1, &data, &len, NULL), AM_END);
		cr_assert_eq(am_reader_peek(r, 0, &data, &len, NULL), AM_END);
		am_reader_close(&r);
		cr_assert_null(r);
	}
	g_string_free(all, TRUE);
}

Test(reader, ready_counts_what_needs_no_fill)
{
	struct am_reader *r = trickle("abcdefgh", 8, 3, AM_END);
	const uint8_t *data;
	size_t len;

	cr_assert_eq(am_reader_ready(r), 0);
	cr_assert_eq(am_reader_peek(r, 1, &data, &len, NULL), AM_OK);
	cr_assert_eq(am_reader_ready(r), len);
	am_reader_skip(r, 2);
	cr_assert_eq(am_reader_ready(r), len - 2);
	am_reader_close(&r);
}

Test(reader, peek_grows_beyond_its_buffer)
{
	GString *all = numbers(100000);
	struct am_reader *r = trickle(all->str, all->len, 1000, AM_END);
	const uint8_t *data;
	size_t len;

	cr_assert_eq(am_reader_peek(r, 700000, &data, &len, NULL), AM_OK);
	cr_assert(len >= 700000 && !memcmp(data, all->str, len));
	am_reader_skip(r, 650000);
	cr_assert_eq(am_reader_peek(r, 300000, &data, &len, NULL), AM_OK);
	cr_assert(!memcmp(data, all->str + 650000, len));
	am_reader_close(&r);
	g_string_free(all, TRUE);
}

Test(reader, lines_with_their_endings)
{
	static const char text[] = "one\r\n\nthree\nlast";
	static const char *const lines[] = {"one\r\n", "\n", "three\n", "last"};

	for (size_t step = 1; step < sizeof text; step++) {
		struct am_reader *r = trickle(text, strlen(text), step, AM_END);
		const uint8_t *data;
		size_t len, total = 0;
		for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
			cr_assert_eq(am_reader_line(r, 7, &data, &len, NULL),
			             AM_OK);
			cr_assert_eq(len, strlen(lines[i]));
			cr_assert(!memcmp(data, lines[i], len));
			total += len;
			cr_assert_eq(am_reader_offset(r), total);
		}
		cr_assert_eq(am_reader_line(r, 7, &data, &len, NULL), AM_END);
		am_reader_close(&r);
	}
}

Test(reader, lines_have_a_limit_that_takes_nothing)
{
	static const struct {
		const char *text;
		size_t max;
		int status;
	} table[] = {
		{"abc\nx", 4, AM_OK}, {"abc\nx", 3, AM_FAILED},
		{"abc", 3, AM_OK},    {"abcd", 3, AM_FAILED},
		{"", 3, AM_END},      {"a", 0, AM_FAILED},
		{"", 0, AM_END},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		for (size_t step = 1; step < 6; step += 4) {
			struct am_error err;
			const uint8_t *data;
			size_t len;
			struct am_reader *r =
				trickle(table[i].text, strlen(table[i].text),
			                step, AM_END);
			cr_expect_eq(am_reader_line(r, table[i].max, &data,
			                            &len, &err),
			             table[i].status, "row %zu", i);
			if (table[i].status == AM_FAILED) {
				cr_expect_eq(err.kind, AM_E_LIMIT);
				cr_expect_eq(am_reader_offset(r), 0);
				cr_expect_eq(
					am_reader_peek(r, 1, &data, &len, &err),
					AM_OK);
			}
			am_reader_close(&r);
		}
	}
}

Test(reader, long_lines_cross_the_buffer)
{
	GString *all = g_string_new(NULL);

	for (size_t n = 1; n < 400000; n = n * 3 + 1) {
		for (size_t i = 0; i < n; i++)
			g_string_append_c(all, 'x');
		g_string_append_c(all, '\n');
	}
	struct am_reader *r = trickle(all->str, all->len, 333, AM_END);
	const uint8_t *data;
	size_t len, want = 1;
	int status;
	while (!(status = am_reader_line(r, 1 << 20, &data, &len, NULL))) {
		cr_assert_eq(len, want + 1);
		want = want * 3 + 1;
	}
	cr_assert_eq(status, AM_END);
	cr_assert_geq(want, 400000);
	am_reader_close(&r);
	g_string_free(all, TRUE);
}

Test(reader, an_error_comes_after_the_bytes_and_sticks)
{
	struct am_error err = {.kind = AM_E_NONE};
	struct am_reader *r = trickle("abcdef", 6, 2, AM_FATAL);
	const uint8_t *data;
	size_t len, got;
	char buf[10];
	int status;

	cr_assert_eq(am_reader_peek(r, 100, &data, &len, &err), AM_OK);
	cr_assert_eq(len, 6);
	am_reader_skip(r, 6);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(am_reader_peek(r, 1, &data, &len, &err), AM_FATAL);
		cr_assert_eq(err.kind, AM_E_IO);
		cr_assert_str_eq(err.text, "the trickle broke");
	}
	am_reader_close(&r);

	r = trickle("abcdef", 6, 4, AM_FATAL);
	cr_assert_eq(am_reader_read(r, buf, 10, &got, &err), AM_FATAL);
	cr_assert(got == 6 && !memcmp(buf, "abcdef", 6));
	am_reader_close(&r);

	r = trickle("ab\ncd", 5, 1, AM_FATAL);
	cr_assert_eq(am_reader_line(r, 9, &data, &len, NULL), AM_OK);
	cr_assert_eq(am_reader_line(r, 9, &data, &len, NULL), AM_OK);
	cr_assert_eq(len, 2);
	cr_assert_eq(am_reader_line(r, 9, &data, &len, NULL), AM_FATAL);
	am_reader_close(&r);

	GString *s = drain(trickle("abc", 3, 1, AM_FAILED), &status, NULL);
	cr_assert_str_eq(s->str, "abc");
	cr_assert_eq(status, AM_FAILED);
	g_string_free(s, TRUE);
}

static int fill_sometimes(void *self, uint8_t *buf, size_t room, size_t *got,
                          struct am_error *err)
{
	int *n = self;

	(void)room;
	if (++*n % 2)
		return am_fail(err, AM_RETRY, AM_E_IO, "later");
	if (*n > 10)
		return AM_END;
	buf[0] = 'x';
	*got = 1;
	return AM_OK;
}

Test(reader, retry_does_not_stick)
{
	static const struct am_reader_ops ops = {.fill = fill_sometimes};
	struct am_reader *r;
	const uint8_t *data;
	size_t len;
	int calls = 0, retries = 0, status;

	cr_assert_eq(am_reader_new(&r, &ops, &calls, NULL), AM_OK);
	while ((status = am_reader_peek(r, 5, &data, &len, NULL)) == AM_RETRY)
		retries++;
	cr_assert_eq(status, AM_OK);
	cr_assert_eq(len, 5);
	cr_assert_eq(retries, 5);
	am_reader_close(&r);
}

Test(reader, read_fills_small_and_large_buffers)
{
	GString *all = numbers(60000);
	char *dir = test_dir();
	struct am_file *f = test_open(dir, "n", all->str, all->len);
	static const size_t wants[] = {1, 100, 200000, 131072, 3, 400000};
	uint8_t *buf = g_malloc(all->len + 1);

	for (int kind = 0; kind < 3; kind++) {
		struct am_reader *r;
		size_t at = 0, got;
		if (kind == 0)
			r = trickle(all->str, all->len, 4099, AM_END);
		else if (kind == 1)
			cr_assert_eq(am_reader_file(&r, f, 0, all->len, NULL),
			             AM_OK);
		else
			cr_assert_eq(
				am_reader_memory(&r, all->str, all->len, NULL),
				AM_OK);
		for (size_t i = 0; at < all->len; i = (i + 1) % 6) {
			cr_assert_eq(
				am_reader_read(r, buf, wants[i], &got, NULL),
				AM_OK);
			cr_assert(got == wants[i] || at + got == all->len);
			cr_assert(!memcmp(buf, all->str + at, got));
			at += got;
			cr_assert_eq(am_reader_offset(r), at);
		}
		cr_assert_eq(am_reader_read(r, buf, 5, &got, NULL), AM_OK);
		cr_assert_eq(got, 0);
		am_reader_close(&r);
	}
	g_free(buf);
	am_file_unref(&f);
	test_dir_remove(&dir);
	g_string_free(all, TRUE);
}

Test(reader, a_slice_of_a_file_that_may_shrink)
{
	char *dir = test_dir();
	struct am_file *f = test_open(dir, "n", "0123456789", 10);
	struct am_error err;
	struct am_reader *r;
	int status;

	cr_assert_eq(am_reader_file(&r, f, 2, 5, NULL), AM_OK);
	GString *s = drain(r, &status, NULL);
	cr_assert_eq(status, AM_END);
	cr_assert_str_eq(s->str, "23456");
	g_string_free(s, TRUE);
	cr_assert_eq(am_reader_file(&r, f, 10, 0, NULL), AM_OK);
	g_string_free(drain(r, &status, NULL), TRUE);
	cr_assert_eq(status, AM_END);
	cr_assert_eq(am_reader_file(&r, f, 8, 3, &err), AM_FAILED);
	cr_assert_eq(am_reader_file(&r, f, UINT64_MAX, 3, &err), AM_FAILED);
	cr_assert_eq(am_reader_file(&r, f, 3, UINT64_MAX, &err), AM_FAILED);

	cr_assert_eq(am_reader_file(&r, f, 0, 10, NULL), AM_OK);
	cr_assert_eq(truncate(am_file_path(f), 4), 0);
	s = drain(r, &status, &err);
	cr_assert_eq(status, AM_FATAL);
	cr_assert_eq(err.kind, AM_E_IO);
	cr_assert_str_eq(s->str, "0123");
	g_string_free(s, TRUE);
	am_file_unref(&f);
	test_dir_remove(&dir);
}
