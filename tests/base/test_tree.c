/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "helpers.h"

#include "base/file.h"

#include <criterion/criterion.h>

#include <sys/stat.h>
#include <unistd.h>

Test(tree, makes_all_the_folders_of_a_path)
{
	char *dir = test_dir();
	char *deep = g_build_filename(dir, "a", "b//c", "d/", NULL);
	char *file = test_file(dir, "file", "x", 1);
	char *under = g_build_filename(file, "x", NULL);
	struct am_error err;

	cr_assert_eq(am_make_dirs(deep, NULL), AM_OK);
	cr_assert(g_file_test(deep, G_FILE_TEST_IS_DIR));
	cr_assert_eq(am_make_dirs(deep, NULL), AM_OK);
	cr_assert_eq(am_make_dirs("/", NULL), AM_OK);
	cr_assert_eq(am_make_dirs(file, &err), AM_FAILED);
	cr_assert_eq(err.kind, AM_E_EXISTS);
	cr_assert_eq(am_make_dirs(under, &err), AM_FAILED);
	g_free(deep);
	g_free(file);
	g_free(under);
	test_dir_remove(&dir);
}

Test(tree, removes_links_but_not_what_they_point_to)
{
	char *dir = test_dir();
	char *keep = g_build_filename(dir, "keep", NULL);
	char *gone = g_build_filename(dir, "gone", NULL);
	char *sub = g_build_filename(gone, "x", "y", NULL);
	char *link = g_build_filename(gone, "link", NULL);

	cr_assert_eq(am_make_dirs(keep, NULL), AM_OK);
	cr_assert_eq(am_make_dirs(sub, NULL), AM_OK);
	char *inside = test_file(keep, "inside", "x", 1);
	char *old = test_file(sub, "old", "x", 1);
	cr_assert_eq(symlink(keep, link), 0);
	cr_assert_eq(am_remove_tree(gone, NULL), AM_OK);
	cr_assert_not(g_file_test(gone, G_FILE_TEST_EXISTS));
	cr_assert(g_file_test(inside, G_FILE_TEST_EXISTS));
	cr_assert_eq(am_remove_tree(gone, NULL), AM_OK);
	/* A link given by name goes itself, too. */
	cr_assert_eq(symlink(keep, gone), 0);
	cr_assert_eq(am_remove_tree(gone, NULL), AM_OK);
	cr_assert(g_file_test(inside, G_FILE_TEST_EXISTS));
	g_free(keep);
	g_free(gone);
	g_free(sub);
	g_free(link);
	g_free(inside);
	g_free(old);
	test_dir_remove(&dir);
}
