/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/columns.h"

#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(columns, .fini = am_test_tmpdir_end);

static const struct am_row rows[] = {
	{.id = 3,
         .day = AM_DAY_NONE,
         .size = 10,
         .texts = {"b@x", "", "pdf", "z"},
         .mid = 1,
         .thread = 1,
         .exact = 7,
         .near = {1, 2, 3, 4, 5, 6, 7, 8}},
	{.id = 4,
         .day = -3,
         .size = UINT64_C(1) << 40,
         .texts = {"a@x", "l", "", "z"},
         .mid = 2,
         .thread = 1,
         .parent = 1},
	{.id = 9,
         .day = 18000,
         .size = 0,
         .texts = {"b@x", "", "", ""},
         .mid = UINT64_MAX,
         .near = {UINT16_MAX}},
	{.id = 10, .day = 1, .size = 5, .texts = {"0@x", "l", "pdf png", "a"}},
	{.id = 20, .day = 2, .size = 6, .texts = {"b@x", "k", "pdf", "zz"}},
};

static void write_rows(const char *name, size_t from, size_t to)
{
	struct am_columns_writer *w;
	struct am_error err = {.text = ""};
	char *path = am_test_path("%s", name);

	cr_assert_eq(am_columns_create(&w, path, &err), AM_OK, "%s", err.text);
	for (size_t i = from; i < to; i++)
		am_columns_add(w, &rows[i]);
	cr_assert_eq(am_columns_finish(&w, &err), AM_OK, "%s", err.text);
	cr_assert_null(w);
	g_free(path);
}

static uint32_t value32(struct am_columns *c, enum am_column column, uint64_t i)
{
	uint32_t v = 0;

	cr_assert_eq(am_columns_read(c, column, i, 1, &v, NULL), AM_OK);
	return v;
}

static uint64_t value64(struct am_columns *c, enum am_column column, uint64_t i)
{
	uint64_t v = 0;

	cr_assert_eq(am_columns_read(c, column, i, 1, &v, NULL), AM_OK);
	return v;
}

static void expect_rows(const char *name, size_t n)
{
	struct am_columns *c;
	struct am_error err = {.text = ""};
	char *path = am_test_path("%s", name);
	uint64_t at;

	cr_assert_eq(am_columns_open(&c, path, &err), AM_OK, "%s", err.text);
	cr_assert_eq(am_columns_documents(c), n);
	for (int d = 0; d < AM_DICTIONARY_COUNT; d++) {
		uint32_t texts;
		cr_assert_eq(am_columns_texts(c, (enum am_dictionary)d, &texts,
		                              &err),
		             AM_OK, "%s", err.text);
		for (uint32_t i = 1; i < texts; i++)
			cr_expect_lt(
				strcmp(am_columns_text(c, (enum am_dictionary)d,
			                               i - 1),
			               am_columns_text(c, (enum am_dictionary)d,
			                               i)),
				0);
		cr_expect_str_eq(
			am_columns_text(c, (enum am_dictionary)d, texts), "");
	}
	for (uint64_t i = 0; i < n; i++) {
		const struct am_row *row = &rows[i];
		uint16_t near[AM_NEAR_HASHES];
		cr_expect_eq(value32(c, AM_COLUMN_ID, i), row->id);
		cr_expect_eq((int32_t)value32(c, AM_COLUMN_DAY, i), row->day);
		cr_expect_eq(value32(c, AM_COLUMN_SIZE, i),
		             (uint32_t)MIN(row->size, UINT32_MAX));
		for (int d = 0; d < AM_DICTIONARY_COUNT; d++)
			cr_expect_str_eq(
				am_columns_text(
					c, (enum am_dictionary)d,
					value32(c,
			                        (enum am_column)(
							(int)AM_COLUMN_FROM +
							d),
			                        i)),
				row->texts[d]);
		cr_expect_eq(value64(c, AM_COLUMN_MID, i), row->mid);
		cr_expect_eq(value64(c, AM_COLUMN_THREAD, i), row->thread);
		cr_expect_eq(value64(c, AM_COLUMN_PARENT, i), row->parent);
		cr_expect_eq(value64(c, AM_COLUMN_EXACT, i), row->exact);
		cr_assert_eq(
			am_columns_read(c, AM_COLUMN_NEAR, i, 1, near, &err),
			AM_OK);
		cr_expect_eq(memcmp(near, row->near, sizeof(near)), 0);
		cr_expect_eq(am_columns_find(c, row->id, &at, &err), AM_OK);
		cr_expect_eq(at, i);
	}
	static const uint32_t none[] = {0, 1, 5, 8, 11, 21, UINT32_MAX};
	for (size_t i = 0; i < AM_COUNT(none); i++)
		cr_expect_eq(am_columns_find(c, none[i], &at, &err), AM_END);
	am_columns_close(&c);
	g_free(path);
}

Test(columns, keeps_rows_and_joins_files)
{
	struct am_error err = {.text = ""};

	write_rows("all", 0, AM_COUNT(rows));
	expect_rows("all", AM_COUNT(rows));
	write_rows("a", 0, 2);
	write_rows("b", 2, 3);
	write_rows("c", 3, AM_COUNT(rows));
	char *paths[] = {am_test_path("a"), am_test_path("b"),
	                 am_test_path("c")};
	char *to = am_test_path("joined"), *bad = am_test_path("bad");
	cr_assert_eq(am_columns_merge((const char *const *)paths, 3, to, &err),
	             AM_OK, "%s", err.text);
	expect_rows("joined", AM_COUNT(rows));
	/* Ids that do not ascend are no index of ours. */
	const char *const wrong[] = {paths[1], paths[0]};
	cr_expect_eq(am_columns_merge(wrong, 2, bad, &err), AM_FAILED);
	cr_expect_eq(err.kind, AM_E_CORRUPT);
	for (size_t i = 0; i < 3; i++)
		g_free(paths[i]);
	g_free(to);
	g_free(bad);
}

/* Whatever a byte is changed to: a status, or some other answer. */
static void read_all(const char *path)
{
	struct am_columns *c;
	struct am_error err;
	uint8_t room[64];
	uint64_t at;
	uint32_t n;

	if (am_columns_open(&c, path, &err))
		return;
	for (uint64_t i = 0; i < am_columns_documents(c); i++)
		for (int k = 0; k < AM_COLUMN_COUNT; k++)
			if (am_columns_read(c, (enum am_column)k, i, 1, room,
			                    &err))
				break;
	for (int d = 0; d < AM_DICTIONARY_COUNT; d++)
		if (!am_columns_texts(c, (enum am_dictionary)d, &n, &err))
			for (uint32_t i = 0; i <= n; i++)
				cr_assert_leq(
					strlen(am_columns_text(
						c, (enum am_dictionary)d, i)),
					1000);
	for (uint32_t id = 0; id < 25; id++)
		if (am_columns_find(c, id, &at, &err) == AM_OK)
			cr_expect_lt(at, am_columns_documents(c));
	am_columns_close(&c);
}

Test(columns, is_not_led_astray_by_damage)
{
	size_t len;
	char *path = am_test_path("all"), *to = am_test_path("joined");
	struct am_error err;

	write_rows("all", 0, AM_COUNT(rows));
	char *text = am_test_read("all", &len);
	for (size_t i = 0; i < len; i++) {
		static const char values[] = {0x01, (char)0x80, (char)0xff};
		for (size_t k = 0; k < AM_COUNT(values); k++) {
			const char *const both[] = {path};
			text[i] ^= values[k];
			am_test_write("all", text, len);
			read_all(path);
			if (am_columns_merge(both, 1, to, &err) == AM_OK)
				read_all(to);
			text[i] ^= values[k];
		}
		am_test_write("all", text, i);
		read_all(path);
	}
	g_free(text);
	g_free(path);
	g_free(to);
}
