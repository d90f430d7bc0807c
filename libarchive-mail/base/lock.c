/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"

#include "base/time.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The lock is flock(2)'s, the text in the file is for people.  Releasing
 * removes the file, so taking must look whether what it locked is still the
 * file of that name: else two could hold locks on two files.
 */
struct am_lock {
	int fd;
	char path[];
};

/* The owner may be between opening and writing: then there is no text yet. */
static void read_owner(int fd, char *text, size_t room)
{
	ssize_t n = pread(fd, text, room - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7F)
			*p = ' ';
	g_strchomp(text);
}

static int fail_busy(int fd, const char *path, struct am_error *err)
{
	char owner[160];

	read_owner(fd, owner, sizeof owner);
	return am_fail(err, AM_FAILED, AM_E_BUSY, "%s: locked by %s", path,
	               *owner ? owner : "another process");
}

static int write_owner(int fd, const char *path, const char *command,
                       struct am_error *err)
{
	struct am_when now = {.sec = am_time_now(), .known = true};
	char when[AM_TIME_ROOM];
	char host[256];

	am_time_iso(&now, when);
	if (gethostname(host, sizeof host))
		g_strlcpy(host, "?", sizeof host);
	host[sizeof host - 1] = '\0';

	char *text = g_strdup_printf("%ld %s %s %s\n", (long)getpid(), host,
	                             when, command ? command : "-");
	int r = AM_OK;
	if (ftruncate(fd, 0))
		r = am_fail_sys(err, AM_FAILED, "%s", path);
	else if (am_write_all(fd, text, strlen(text), path, err))
		r = AM_FAILED;
	g_free(text);
	return r;
}

static bool is_file_at(int fd, const char *path)
{
	struct stat ours, named;

	return !fstat(fd, &ours) && !stat(path, &named) &&
	       ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

/* People know the file that is locked, not the one beside it. */
static int fail_open(const char *path, struct am_error *err)
{
	int why = errno, len = (int)strlen(path);
	char *dir = g_path_get_dirname(path);
	int r;

	if (len > 5 && !strcmp(path + len - 5, ".lock"))
		len -= 5;
	errno = why;
	if (why == ENOENT)
		r = am_fail_sys(err, AM_FAILED, "%s", dir);
	else
		r = am_fail_sys(err, AM_FAILED,
		                "%.*s: no lock file can be made beside it", len,
		                path);
	g_free(dir);
	return r;
}

/* AM_RETRY when the file was removed under us. */
static int take_once(int *out, const char *path, struct am_error *err)
{
	int r = AM_OK;

	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
	if (fd < 0)
		return fail_open(path, err);
	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno == EINTR)
			continue;
		r = errno == EWOULDBLOCK
		            ? fail_busy(fd, path, err)
		            : am_fail_sys(err, AM_FAILED, "%s", path);
		goto out;
	}
	if (!is_file_at(fd, path))
		r = AM_RETRY;
out:
	if (r)
		close(fd);
	else
		*out = fd;
	return r;
}

int am_lock_take(struct am_lock **out, const char *path, const char *command,
                 struct am_error *err)
{
	int fd = -1;
	int r;

	*out = NULL;
	do
		r = take_once(&fd, path, err);
	while (r == AM_RETRY);
	if (r)
		return r;
	r = write_owner(fd, path, command, err);
	if (r) {
		unlink(path);
		close(fd);
		return r;
	}
	size_t len = strlen(path);
	struct am_lock *lock = g_malloc(sizeof *lock + len + 1);
	lock->fd = fd;
	memcpy(lock->path, path, len + 1);
	*out = lock;
	return AM_OK;
}

void am_lock_release(struct am_lock **lock)
{
	struct am_lock *l = *lock;

	*lock = NULL;
	if (!l)
		return;
	/* Before the close, while it is certainly ours. */
	if (is_file_at(l->fd, l->path))
		unlink(l->path);
	close(l->fd);
	g_free(l);
}
