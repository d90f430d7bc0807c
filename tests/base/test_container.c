/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/unpack.h"

#include "helpers.h"

#include "base/file.h"
#include "base/reader.h"

#include <criterion/criterion.h>

#include <locale.h>
#include <string.h>
#include <unistd.h>

static char *dir;

static void setup(void)
{
	dir = test_dir();
}

static void teardown(void)
{
	test_dir_remove(&dir);
}

TestSuite(container, .init = setup, .fini = teardown);

static const struct {
	const char *name, *data;
	int64_t mtime;
} members[] = {
	{"mail/one.mbox", "From a@b\n\nhello\n", 1000000000},
	{"empty", "", 1000000002},
	{"Entw\xC3\xBCrfe/\xE6\x97\xA5.eml", "abc", 1600000000},
	{"a/very/long/name/0123456789/0123456789/0123456789/0123456789/"
         "0123456789/0123456789/0123456789/0123456789/0123456789/x",
         "deep", 1600000000},
};

static const char *const endings[] = {".zip",     ".tar",    ".tar.gz", ".tgz",
                                      ".tar.zst", ".tar.xz", ".TAR"};

static char *pack(const char *ending, struct am_error *err)
{
	char *path = g_strdup_printf("%s/pack%s", dir, ending);
	struct am_pack *p;

	cr_assert_eq(am_pack_open(&p, path, err), AM_OK);
	for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
		struct am_reader *r;
		size_t n = strlen(members[i].data);
		cr_assert_eq(am_reader_memory(&r, members[i].data, n, NULL),
		             AM_OK);
		cr_assert_eq(am_pack_add(p, members[i].name, n,
		                         members[i].mtime, r, err),
		             AM_OK, "%s", err->text);
		am_reader_close(&r);
	}
	cr_assert_not(g_file_test(path, G_FILE_TEST_EXISTS));
	cr_assert_eq(am_pack_close(&p, true, err), AM_OK, "%s", err->text);
	cr_assert_null(p);
	return path;
}

static struct am_container *open_path(const char *path)
{
	struct am_container *c;
	struct am_file *f;
	struct am_error err;

	cr_assert_eq(am_file_open(&f, path, NULL), AM_OK);
	cr_assert_eq(am_container_open(&c, f, &err), AM_OK, "%s", err.text);
	am_file_unref(&f);
	return c;
}

static void go_round(void)
{
	for (size_t e = 0; e < G_N_ELEMENTS(endings); e++) {
		struct am_error err = {.kind = AM_E_NONE};
		char *path = pack(endings[e], &err);
		struct am_container *c = open_path(path);
		struct am_member m;
		for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
			struct am_reader *r;
			int status;
			cr_assert_eq(am_container_next(c, &m, &err), AM_OK);
			cr_expect_str_eq(m.name, members[i].name);
			cr_expect_eq(m.mtime, members[i].mtime);
			cr_expect_eq(m.size, strlen(members[i].data));
			if (i == 1)
				continue; /* pass one over */
			cr_assert_eq(am_container_reader(c, &r, &err), AM_OK);
			GString *s = drain(r, &status, &err);
			cr_expect_eq(status, AM_END);
			cr_expect_str_eq(s->str, members[i].data);
			g_string_free(s, TRUE);
			cr_assert_eq(am_container_reader(c, &r, &err),
			             AM_FAILED);
		}
		cr_assert_eq(am_container_next(c, &m, &err), AM_END, "%s: %s",
		             endings[e], err.text);
		am_container_close(&c);
		cr_assert_null(c);
		g_free(path);
	}
}

Test(container, goes_round_in_a_plain_locale)
{
	(void)setlocale(LC_ALL, "C");
	go_round();
}

Test(container, goes_round_in_a_utf8_locale)
{
	(void)setlocale(LC_ALL, "C.UTF-8");
	go_round();
}

Test(container, passes_over_folders_and_links)
{
	static const char tar[] = "tar -cf pack.tar a && cat pack.tar";
	char *sub = g_build_filename(dir, "a", "b", NULL);
	char *link = g_build_filename(dir, "a", "link", NULL);

	cr_assert_eq(am_make_dirs(sub, NULL), AM_OK);
	g_free(test_file(sub, "file", "x", 1));
	cr_assert_eq(symlink("b/file", link), 0);
	GString *t = filter_through(dir, tar, "", 0);
	if (!t)
		cr_skip_test("no tar");
	char *path = test_file(dir, "t.tar", t->str, t->len);
	struct am_container *c = open_path(path);
	struct am_member m;
	cr_assert_eq(am_container_next(c, &m, NULL), AM_OK);
	cr_assert_str_eq(m.name, "a/b/file");
	cr_assert_eq(am_container_next(c, &m, NULL), AM_END);
	am_container_close(&c);
	g_string_free(t, TRUE);
	g_free(sub);
	g_free(link);
	g_free(path);
}

Test(container, a_member_reader_dies_with_the_next_one)
{
	struct am_error err;
	char *path = pack(".zip", &err);
	struct am_container *c = open_path(path);
	struct am_member m;
	struct am_reader *r, *second;
	const uint8_t *data;
	size_t len;

	cr_assert_eq(am_container_reader(c, &r, &err), AM_FAILED);
	cr_assert_eq(am_container_next(c, &m, NULL), AM_OK);
	cr_assert_eq(am_container_reader(c, &r, NULL), AM_OK);
	cr_assert_eq(am_container_next(c, &m, NULL), AM_OK);
	cr_assert_eq(am_container_next(c, &m, NULL), AM_OK);
	cr_assert_eq(am_reader_peek(r, 1, &data, &len, &err), AM_FATAL);
	cr_assert_eq(am_container_reader(c, &second, NULL), AM_OK);
	am_reader_close(&r);
	am_container_close(&c);
	cr_assert_eq(am_reader_peek(second, 1, &data, &len, &err), AM_FATAL);
	am_reader_close(&second);
	g_free(path);
}

/* What a container gives until it ends, members' bytes checked; the status. */
static int walk(struct am_container *c, size_t *n_whole)
{
	struct am_member m;
	int status, r;

	*n_whole = 0;
	while (!(r = am_container_next(c, &m, NULL)) || r == AM_FAILED) {
		struct am_reader *reader;
		if (r || am_container_reader(c, &reader, NULL))
			continue;
		g_string_free(drain(reader, &status, NULL), TRUE);
		*n_whole += status == AM_END;
	}
	return r;
}

Test(container, cut_at_every_offset_never_ends_clean, .timeout = 60)
{
	static const char *const some[] = {".zip", ".tar", ".tar.gz"};

	for (size_t e = 0; e < G_N_ELEMENTS(some); e++) {
		struct am_error err;
		char *path = pack(some[e], &err);
		gchar *all;
		gsize len;
		cr_assert(g_file_get_contents(path, &all, &len, NULL));
		/* A tar may lack the padding of its last block. */
		gsize end = strcmp(some[e], ".tar") ? len : len - 1024;
		for (gsize cut = 1; cut < end; cut += e == 1 ? 61 : 1) {
			struct am_file *f = test_open(dir, "cut", all, cut);
			struct am_container *c;
			size_t n_whole;
			int r = am_container_open(&c, f, &err);
			if (!r)
				r = walk(c, &n_whole);
			cr_expect(r == AM_FATAL || r == AM_FAILED,
			          "%s cut at %zu of %zu: %d, %zu members",
			          some[e], cut, len, r, n_whole);
			am_container_close(&c);
			am_file_unref(&f);
		}
		g_free(all);
		g_free(path);
	}
}

Test(container, damage_in_a_member_is_its_own)
{
	struct am_error err;
	char *path = pack(".zip", &err);
	gchar *all;
	gsize len;
	size_t n_whole;

	cr_assert(g_file_get_contents(path, &all, &len, NULL));
	/* The deflated bytes of the first member: behind header and name. */
	char *at = memmem(all, len, "one.mbox", 8);
	cr_assert(at);
	for (int i = 40; i < 50; i++)
		at[i] = (char)(at[i] ^ 0x55);
	struct am_file *f = test_open(dir, "bad.zip", all, len);
	struct am_container *c;
	cr_assert_eq(am_container_open(&c, f, &err), AM_OK);
	(void)walk(c, &n_whole);
	cr_assert_lt(n_whole, G_N_ELEMENTS(members));
	am_container_close(&c);
	am_file_unref(&f);
	g_free(all);
	g_free(path);
}

Test(container, sniffs)
{
	uint8_t zeros[512] = {0};
	struct am_error err;
	struct am_container *c;

	cr_assert_str_eq(am_container_sniff((const uint8_t *)"PK\3\4", 4),
	                 "zip");
	cr_assert_str_eq(am_container_sniff((const uint8_t *)"PK\5\6", 4),
	                 "zip");
	cr_assert_null(am_container_sniff((const uint8_t *)"PK\3", 3));
	cr_assert_null(am_container_sniff(zeros, sizeof zeros));
	cr_assert_null(am_container_sniff(NULL, 0));
	struct am_file *f = test_open(dir, "x", "From a", 6);
	cr_assert_eq(am_container_open(&c, f, &err), AM_FAILED);
	cr_assert_eq(err.kind, AM_E_FORMAT);
	am_file_unref(&f);
}
