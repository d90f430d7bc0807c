/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/unpack.h"

#include "helpers.h"

#include "base/reader.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

static void expect_empty(const char *dir)
{
	GDir *d = g_dir_open(dir, 0, NULL);

	cr_expect_null(g_dir_read_name(d));
	g_dir_close(d);
}

Test(pack, nothing_stays_without_commit)
{
	static const char *const names[] = {"a.zip", "a.tar", "a.tar.zst"};
	char *dir = test_dir();

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		char *path = g_build_filename(dir, names[i], NULL);
		struct am_pack *p;
		struct am_reader *r;
		cr_assert_eq(am_pack_open(&p, path, NULL), AM_OK);
		cr_assert_eq(am_reader_memory(&r, "abc", 3, NULL), AM_OK);
		cr_assert_eq(am_pack_add(p, "x", 3, INT64_MIN, r, NULL), AM_OK);
		am_reader_close(&r);
		cr_assert_eq(am_pack_close(&p, false, NULL), AM_OK);
		expect_empty(dir);
		g_free(path);
	}
	test_dir_remove(&dir);
}

Test(pack, a_member_that_is_not_as_long_as_it_said_spoils_it_all)
{
	static const struct {
		const char *name;
		uint64_t size;
		int ending;
	} table[] = {
		{"a.zip", 2, AM_END},   {"a.zip", 4, AM_END},
		{"a.tar", 2, AM_END},   {"a.tar", 4, AM_END},
		{"a.zip", 4, AM_FATAL}, {"a.tar.gz", 4, AM_FAILED},
	};
	char *dir = test_dir();

	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		char *path = g_build_filename(dir, table[i].name, NULL);
		struct am_pack *p;
		struct am_error err;
		struct am_reader *r = trickle("abc", 3, 1, table[i].ending);
		cr_assert_eq(am_pack_open(&p, path, NULL), AM_OK);
		cr_expect_eq(am_pack_add(p, "x", table[i].size, 0, r, &err),
		             AM_FATAL, "row %zu", i);
		am_reader_close(&r);
		cr_assert_eq(am_reader_memory(&r, "abc", 3, NULL), AM_OK);
		cr_expect_eq(am_pack_add(p, "y", 3, 0, r, &err), AM_FATAL);
		am_reader_close(&r);
		cr_expect_eq(am_pack_close(&p, true, &err), AM_FATAL);
		expect_empty(dir);
		g_free(path);
	}
	test_dir_remove(&dir);
}

Test(pack, unknown_endings_and_sizes)
{
	char *dir = test_dir();
	char *path = g_build_filename(dir, "a.rar", NULL);
	char *tar = g_build_filename(dir, "a.tar", NULL);
	char *none = g_build_filename(dir, "no", "a.tar", NULL);
	struct am_pack *p;
	struct am_error err;
	struct am_reader *r;

	cr_assert_eq(am_pack_open(&p, path, &err), AM_FAILED);
	cr_assert_eq(err.kind, AM_E_ARGUMENT);
	cr_assert_eq(am_pack_open(&p, none, &err), AM_FATAL);
	cr_assert_eq(err.kind, AM_E_NOTFOUND);
	cr_assert_eq(am_pack_open(&p, tar, &err), AM_OK);
	cr_assert_eq(am_reader_memory(&r, "abc", 3, NULL), AM_OK);
	cr_assert_eq(am_pack_add(p, "x", UINT64_MAX, 0, r, &err), AM_FAILED);
	cr_assert_eq(am_pack_add(p, "x", 3, 0, r, &err), AM_OK);
	am_reader_close(&r);
	cr_assert_eq(am_pack_close(&p, true, &err), AM_OK);
	g_free(path);
	g_free(tar);
	g_free(none);
	test_dir_remove(&dir);
}

Test(pack, a_full_disk_is_told_and_leaves_nothing)
{
	static const char *const names[] = {"a.zip", "a.tar", "a.tar.gz"};
	char *dir = test_dir();
	uint8_t *noise = g_malloc(400000);
	uint32_t x = 1;

	for (size_t i = 0; i < 400000; i++)
		noise[i] = (uint8_t)((x = x * 1664525 + 1013904223) >> 24);
	(void)signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){1000, 1000}), 0);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		char *path = g_build_filename(dir, names[i], NULL);
		struct am_pack *p;
		struct am_reader *r;
		struct am_error err = {.kind = AM_E_NONE};
		cr_assert_eq(am_pack_open(&p, path, NULL), AM_OK);
		cr_assert_eq(am_reader_memory(&r, noise, 400000, NULL), AM_OK);
		cr_expect_eq(am_pack_add(p, "x", 400000, 0, r, &err), AM_FATAL);
		cr_expect_eq(err.kind, AM_E_IO, "%s", err.text);
		am_reader_close(&r);
		cr_expect_eq(am_pack_close(&p, true, &err), AM_FATAL);
		expect_empty(dir);
		g_free(path);
	}
	g_free(noise);
	test_dir_remove(&dir);
}
