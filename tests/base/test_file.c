/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "helpers.h"

#include "base/file.h"
#include "base/file_replace.h"

#include <criterion/criterion.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
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

TestSuite(file, .init = setup, .fini = teardown);

Test(file, opens_and_reads_regular_files)
{
	struct am_file *f = test_open(dir, "a", "0123456789", 10);
	char buf[20];
	size_t got;

	cr_assert_eq(am_file_size(f), 10);
	cr_assert(g_str_has_suffix(am_file_path(f), "/a"));
	cr_assert_eq(am_file_read(f, 3, buf, 4, &got, NULL), AM_OK);
	cr_assert(got == 4 && !memcmp(buf, "3456", 4));
	cr_assert_eq(am_file_read(f, 8, buf, 20, &got, NULL), AM_OK);
	cr_assert_eq(got, 2);
	cr_assert_eq(am_file_read(f, UINT64_MAX, buf, 20, &got, NULL), AM_OK);
	cr_assert_eq(got, 0);
	struct am_error err;
	cr_assert_eq(am_file_read_all(f, 8, buf, 3, &err), AM_FAILED);
	cr_assert_eq(err.kind, AM_E_IO);
	struct am_file *again = am_file_ref(f);
	am_file_unref(&f);
	cr_assert_eq(am_file_read_all(again, 0, buf, 10, NULL), AM_OK);
	am_file_unref(&again);
	cr_assert_null(again);
	am_file_unref(&again);
}

Test(file, other_sorts_are_refused_without_waiting, .timeout = 5)
{
	char *fifo = g_build_filename(dir, "fifo", NULL);
	char *none = g_build_filename(dir, "none", NULL);
	const char *paths[] = {fifo, dir, "/dev/null"};
	struct am_error err;
	struct am_file *f;

	cr_assert_eq(mkfifo(fifo, 0600), 0);
	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
		cr_assert_eq(am_file_open(&f, paths[i], &err), AM_FAILED);
		cr_assert_eq(err.kind, AM_E_UNSUPPORTED, "%s", paths[i]);
		cr_assert_null(f);
	}
	cr_assert_eq(am_file_open(&f, none, &err), AM_FAILED);
	cr_assert_eq(err.kind, AM_E_NOTFOUND);
	g_free(fifo);
	g_free(none);
}

Test(file, replaces_whole_or_not_at_all)
{
	char *path = test_file(dir, "state", "old", 3);
	gchar *text;
	gsize len;
	int fd;
	char *temp;
	struct stat st;

	cr_assert_eq(chmod(path, 0640), 0);
	cr_assert_eq(am_file_replace(path, "new text", 8, NULL), AM_OK);
	cr_assert(g_file_get_contents(path, &text, &len, NULL));
	cr_assert_str_eq(text, "new text");
	g_free(text);
	cr_assert(!stat(path, &st) && (st.st_mode & 0777) == 0640);

	cr_assert_eq(am_file_replace_open(&fd, &temp, path, NULL), AM_OK);
	cr_assert_eq(am_write_all(fd, "half", 4, "x", NULL), AM_OK);
	am_file_replace_drop(&fd, &temp);
	am_file_replace_drop(&fd, &temp);
	cr_assert(g_file_get_contents(path, &text, &len, NULL));
	cr_assert_str_eq(text, "new text");
	g_free(text);
	/* Nothing is left behind. */
	GDir *d = g_dir_open(dir, 0, NULL);
	cr_assert_str_eq(g_dir_read_name(d), "state");
	cr_assert_null(g_dir_read_name(d));
	g_dir_close(d);
	g_free(path);
	char *bad = g_build_filename(dir, "no", "such", NULL);
	cr_assert_eq(am_file_replace(bad, "x", 1, NULL), AM_FATAL);
	g_free(bad);
}

static int count_files(void)
{
	GDir *d = g_dir_open(dir, 0, NULL);
	int n = 0;

	while (g_dir_read_name(d))
		n++;
	g_dir_close(d);
	return n;
}

/* Of a killed process, and of none that lives. */
Test(file, clears_what_was_never_replaced)
{
	char *path = g_build_filename(dir, "state", NULL), *temp;
	int fd;

	g_free(test_file(dir, "state.12345678.tmp", "x", 1));
	g_free(test_file(dir, "state.1234567.tmp", "x", 1));
	g_free(test_file(dir, "state.frogfrog.tmp", "x", 1));
	g_free(test_file(dir, "other.12345678.tmp", "x", 1));
	cr_assert_eq(am_file_replace_open(&fd, &temp, path, NULL), AM_OK);
	am_file_replace_clear(path);
	cr_expect_eq(count_files(), 4);
	cr_assert_eq(am_file_replace_commit(&fd, &temp, path, NULL), AM_OK);
	cr_expect(g_file_test(path, G_FILE_TEST_EXISTS));
	g_free(path);
}

Test(file, what_is_no_file_is_written_to_not_replaced, .timeout = 5)
{
	char *fifo = g_build_filename(dir, "fifo", NULL), got[9] = "";
	struct stat st;

	cr_assert_eq(mkfifo(fifo, 0600), 0);
	int fd = open(fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	cr_assert_geq(fd, 0);
	cr_assert_eq(am_file_replace(fifo, "new text", 8, NULL), AM_OK);
	cr_assert(!lstat(fifo, &st) && S_ISFIFO(st.st_mode));
	cr_assert_eq(read(fd, got, 8), 8);
	cr_assert_str_eq(got, "new text");
	close(fd);
	g_free(fifo);
}

Test(file, temporary_files_have_no_name)
{
	int fd;
	struct am_error err;

	cr_assert_eq(am_file_temp(&fd, dir, NULL), AM_OK);
	GDir *d = g_dir_open(dir, 0, NULL);
	cr_assert_null(g_dir_read_name(d));
	g_dir_close(d);
	close(fd);
	cr_assert_eq(am_file_temp(&fd, "/nonexistent", &err), AM_FATAL);
}

Test(file, write_errors_are_fatal)
{
	struct am_error err;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		cr_skip_test("no /dev/full");
	cr_assert_eq(am_write_all(fd, "x", 1, "full", &err), AM_FATAL);
	cr_assert_eq(err.kind, AM_E_IO);
	cr_assert(strstr(err.text, "full"));
	close(fd);
}
