/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file_replace.h"

#include "base/file.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* How often a random name may be taken before we stop believing in it. */
enum { NAME_TRIES = 100 };

/* Locked, and nobody took it away as left over before it was. */
static bool is_ours(int fd)
{
	struct stat st;

	/* Without locks on this file system nobody can clear either. */
	return flock(fd, LOCK_EX | LOCK_NB) || fstat(fd, &st) || st.st_nlink;
}

int am_file_replace_open(int *out, char **temp, const char *path,
                         struct am_error *err)
{
	struct stat st;

	*out = -1;
	*temp = NULL;
	/* Not mkstemp: that makes 0600, and umask(2) cannot be read without
	 * changing it under other threads. */
	for (int i = 0; i < NAME_TRIES; i++) {
		char *name =
			g_strdup_printf("%s.%08x.tmp", path, g_random_int());
		int fd =
			open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd >= 0 && !is_ours(fd)) {
			close(fd);
			g_free(name);
			continue;
		}
		if (fd >= 0) {
			/* A mode the user gave to the old file goes on; where
			 * it cannot, the umask's is the safe one. */
			if (!stat(path, &st) && S_ISREG(st.st_mode))
				(void)!fchmod(fd, st.st_mode & 0777);
			*out = fd;
			*temp = name;
			return AM_OK;
		}
		int sys = errno;
		g_free(name);
		errno = sys;
		if (sys != EEXIST)
			break;
	}
	return am_fail_sys(err, AM_FATAL, "%s", path);
}

void am_file_replace_drop(int *fd, char **temp)
{
	if (*fd < 0)
		return;
	close(*fd);
	*fd = -1;
	unlink(*temp);
	g_free(*temp);
	*temp = NULL;
}

/* "NAME.12345678.tmp" */
static bool is_temp(const char *name, const char *of)
{
	const char *at = name + strlen(of);

	return g_str_has_prefix(name, of) && *at++ == '.' &&
	       strspn(at, "0123456789abcdef") == 8 && !strcmp(at + 8, ".tmp");
}

void am_file_replace_clear(const char *path)
{
	char *dir = g_path_get_dirname(path), *base = g_path_get_basename(path);
	GDir *d = g_dir_open(dir, 0, NULL);
	const char *name;

	while (d && (name = g_dir_read_name(d))) {
		if (!is_temp(name, base))
			continue;
		char *temp = g_build_filename(dir, name, NULL);
		int fd = open(temp,
		              O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB))
			(void)unlink(temp);
		if (fd >= 0)
			close(fd);
		g_free(temp);
	}
	if (d)
		g_dir_close(d);
	g_free(base);
	g_free(dir);
}

int am_file_replace_place(int *fd, char **temp, const char *path,
                          struct am_error *err)
{
	if (*fd < 0)
		return AM_OK;
	if (rename(*temp, path)) {
		int r = am_fail_sys(err, AM_FATAL, "%s", path);
		am_file_replace_drop(fd, temp);
		return r;
	}
	/* Nothing to learn from close: the sync has told. */
	close(*fd);
	*fd = -1;
	g_free(*temp);
	*temp = NULL;
	return AM_OK;
}

int am_file_replace_commit(int *fd, char **temp, const char *path,
                           struct am_error *err)
{
	if (*fd < 0)
		return AM_OK;
	int r = am_sync_fd(*fd, path, err);
	if (r) {
		am_file_replace_drop(fd, temp);
		return r;
	}
	r = am_file_replace_place(fd, temp, path, err);
	return r ? r : am_sync_parent(path, err);
}

/* /dev/stdout, a FIFO: nothing that another file could take the place of. */
static int write_into(const char *path, const void *data, size_t len,
                      struct am_error *err)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return am_fail_sys(err, AM_FATAL, "%s", path);
	int r = am_write_all(fd, data, len, path, err);
	close(fd);
	return r;
}

int am_file_replace(const char *path, const void *data, size_t len,
                    struct am_error *err)
{
	struct stat st;
	char *temp;
	int fd;

	if (!stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return write_into(path, data, len, err);
	int r = am_file_replace_open(&fd, &temp, path, err);
	if (r)
		return r;
	r = am_write_all(fd, data, len, path, err);
	if (!r)
		r = am_file_replace_commit(&fd, &temp, path, err);
	am_file_replace_drop(&fd, &temp);
	return r;
}
