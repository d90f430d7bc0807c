/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/tmpdir.h"

#include "base/file.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *root;

const char *am_test_tmpdir(void)
{
	if (!root) {
		root = g_build_filename(g_get_tmp_dir(), "am-test-XXXXXX",
		                        NULL);
		cr_assert(g_mkdtemp(root) != NULL, "temporary directory");
	}
	return root;
}

void am_test_tmpdir_end(void)
{
	struct am_error err = {0};

	if (!root)
		return;
	cr_expect(am_remove_tree(root, &err) == AM_OK, "%s", err.text);
	g_clear_pointer(&root, g_free);
}

char *am_test_path(const char *fmt, ...)
{
	va_list args;
	char *rel, *path;

	va_start(args, fmt);
	rel = g_strdup_vprintf(fmt, args);
	va_end(args);
	path = g_strconcat(am_test_tmpdir(), "/", rel, NULL);
	g_free(rel);
	return path;
}

void am_test_write(const char *path, const void *data, size_t len)
{
	char *full = am_test_path("%s", path);
	char *dir = g_path_get_dirname(full);
	struct am_error err = {0};
	int fd;

	cr_assert(am_make_dirs(dir, &err) == AM_OK, "%s", err.text);
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	cr_assert(fd >= 0, "%s", full);
	cr_assert(am_write_all(fd, data, len, full, &err) == AM_OK, "%s",
	          err.text);
	close(fd);
	g_free(dir);
	g_free(full);
}

void am_test_write_text(const char *path, const char *text)
{
	am_test_write(path, text, strlen(text));
}

void am_test_mkdir(const char *path)
{
	char *full = am_test_path("%s", path);
	struct am_error err = {0};

	cr_assert(am_make_dirs(full, &err) == AM_OK, "%s", err.text);
	g_free(full);
}

char *am_test_read(const char *path, size_t *len)
{
	char *full = am_test_path("%s", path);
	char *text = NULL;
	gsize n = 0;

	cr_assert(g_file_get_contents(full, &text, &n, NULL), "%s", full);
	if (len)
		*len = n;
	g_free(full);
	return text;
}

bool am_test_exists(const char *path)
{
	char *full = am_test_path("%s", path);
	bool yes = !access(full, F_OK);

	g_free(full);
	return yes;
}

void am_test_mtime(const char *path, int64_t sec)
{
	char *full = am_test_path("%s", path);
	struct timespec times[2] = {{.tv_sec = sec}, {.tv_sec = sec}};

	cr_assert(!utimensat(AT_FDCWD, full, times, 0), "%s", full);
	g_free(full);
}
