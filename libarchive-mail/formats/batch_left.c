/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/batch_left.h"

#include <glib.h>

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK        ".lock"
#define STALE_AFTER (36 * 3600)

/* Open and locked, or -1. */
static int open_lock(int tmp_fd, const char *name, int flags)
{
	struct stat st;
	int fd = openat(tmp_fd, name,
	                O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | flags,
	                0600);

	/* Gone meanwhile, it locks nothing. */
	if (fd >= 0 && (flock(fd, LOCK_EX | LOCK_NB) || fstat(fd, &st) ||
	                !S_ISREG(st.st_mode) || !st.st_nlink)) {
		if (flags & O_CREAT)
			unlinkat(tmp_fd, name, 0);
		close(fd);
		fd = -1;
	}
	return fd;
}

void am_batch_left_lock(struct am_batch_lock *out, int tmp_fd, int64_t *start,
                        int64_t pid)
{
	enum { TRIES = 10 };

	*out = (struct am_batch_lock){.fd = -1};
	for (int i = 0; i < TRIES && out->fd < 0; i++) {
		g_free(out->name);
		*start += i;
		out->name = g_strdup_printf(AM_BATCH_PREFIX "%" PRId64
		                                            ".%" PRId64 LOCK,
		                            *start, pid);
		out->fd = open_lock(tmp_fd, out->name, O_CREAT | O_EXCL);
	}
}

void am_batch_left_unlock(struct am_batch_lock *lock, int tmp_fd)
{
	if (lock->fd >= 0) {
		unlinkat(tmp_fd, lock->name, 0);
		close(lock->fd);
	}
	g_free(lock->name);
	*lock = (struct am_batch_lock){.fd = -1};
}

static bool is_stale(int tmp_fd, const char *name)
{
	struct stat st;

	/* ctime: the mtime is the date of the message. */
	return !fstatat(tmp_fd, name, &st, AT_SYMLINK_NOFOLLOW) &&
	       S_ISREG(st.st_mode) && time(NULL) - st.st_ctime > STALE_AFTER;
}

/* "mailark.12.34.5" and "mailark.12.34.lock" are of one process. */
static bool same_owner(const char *name, const char *lock)
{
	return !strncmp(name, lock, strlen(lock) - strlen(LOCK) + 1);
}

static unsigned remove_left(int tmp_fd, const GPtrArray *names,
                            const char *lock)
{
	int fd = open_lock(tmp_fd, lock, 0);
	unsigned n = 0;

	if (fd < 0)
		return 0;
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		if (same_owner(name, lock) && strcmp(name, lock) != 0)
			n += !unlinkat(tmp_fd, name, 0);
	}
	unlinkat(tmp_fd, lock, 0);
	close(fd);
	return n;
}

unsigned am_batch_left_clear(int tmp_fd)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	/* With an offset of its own. */
	int fd = openat(tmp_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;
	unsigned n = 0;

	while (dir && (e = readdir(dir)))
		if (g_str_has_prefix(e->d_name, AM_BATCH_PREFIX))
			g_ptr_array_add(names, g_strdup(e->d_name));
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		/* The Maildir rule: that old, it is a corpse. */
		if (g_str_has_suffix(name, LOCK))
			n += remove_left(tmp_fd, names, name);
		else if (is_stale(tmp_fd, name))
			n += !unlinkat(tmp_fd, name, 0);
	}
	g_ptr_array_unref(names);
	return n;
}
