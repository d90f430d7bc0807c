/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/lock.h"

#include "base/file.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STALE_SECONDS 600
#define OURS          "mailark on "
#define WORK          "safe, from, to: "

enum { TEXT_ROOM = 420 };

/* The process, as all programs say it; and for ourselves, whose, and what it
 * does.  Always as long. */
static size_t print_text(char text[TEXT_ROOM], const struct am_mbox_work *work)
{
	return (size_t)g_snprintf(text, TEXT_ROOM,
	                          "%ld\n" OURS "%.255s\n" WORK "%020" PRIu64
	                          " %020" PRIu64 " %020" PRIu64 "\n",
	                          (long)getpid(), g_get_host_name(), work->safe,
	                          work->from, work->to);
}

static int create(const char *name)
{
	char text[TEXT_ROOM];
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	size_t n = print_text(text, &(struct am_mbox_work){0});
	ssize_t done = write(fd, text, n);
	(void)done; /* that it exists is the lock */
	close(fd);
	return 0;
}

int am_mbox_lock_work(const char *lock, const struct am_mbox_work *work,
                      bool sync, struct am_error *err)
{
	char text[TEXT_ROOM];
	size_t n = print_text(text, work);
	int fd = open(lock, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	/* Whoever took it away took it for stale. */
	if (fd < 0 && errno == ENOENT)
		return AM_OK;
	int r = fd < 0 || pwrite(fd, text, n, 0) != (ssize_t)n
	                ? am_fail_sys(err, AM_FAILED, "%s", lock)
	                : AM_OK;
	if (!r && sync)
		r = am_sync_fd(fd, lock, err);
	if (fd >= 0)
		close(fd);
	return r;
}

static void read_work(const char *text, struct am_mbox_work *work)
{
	uint64_t *const to[] = {&work->safe, &work->from, &work->to};
	char *at = NULL;

	if (!g_str_has_prefix(text, WORK))
		return;
	text += strlen(WORK);
	for (size_t i = 0; i < AM_COUNT(to); i++, text = at + 1) {
		*to[i] = g_ascii_strtoull(text, &at, 10);
		if (at != text + 20 || *at != (i < 2 ? ' ' : '\n')) {
			*work = (struct am_mbox_work){0};
			return;
		}
	}
}

/* Whoever lives after all holds the file's own lock too. */
bool am_mbox_lock_left(const char *lock, struct am_mbox_work *work)
{
	char text[TEXT_ROOM] = "", *host;
	int fd = open(lock, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	long pid = n > 0 ? strtol(text, &host, 10) : 0;

	*work = (struct am_mbox_work){0};
	if (fd >= 0)
		close(fd);
	if (pid <= 0 || pid > INT_MAX || !g_str_has_prefix(host, "\n" OURS))
		return false;
	host += strlen("\n" OURS);
	char *end = strchr(host, '\n');
	if (!end)
		return false;
	*end = 0;
	read_work(end + 1, work);
	return !strcmp(host, g_get_host_name()) && kill((pid_t)pid, 0) &&
	       errno == ESRCH;
}

int am_mbox_lock_dot(const char *path, char **lock, struct am_error *err)
{
	struct am_mbox_work work;
	struct stat st;
	char *name = g_strconcat(path, ".lock", NULL);
	*lock = NULL;
	int r = create(name);
	bool there = r && errno == EEXIST;
	if (there && !stat(name, &st) &&
	    (st.st_mtime + STALE_SECONDS < time(NULL) ||
	     am_mbox_lock_left(name, &work))) {
		(void)unlink(name);
		r = create(name);
		there = r && errno == EEXIST;
	}
	if (!r) {
		*lock = name;
		return AM_OK;
	}
	if (there)
		r = am_fail(err, AM_FAILED, AM_E_BUSY,
		            "%s is there: another program has the mailbox",
		            name);
	else if (errno == EACCES || errno == EROFS || errno == EPERM)
		r = AM_OK; /* a spool directory: the other locks must do */
	else
		r = am_fail_sys(err, AM_FAILED, "%s", name);
	g_free(name);
	return r;
}

void am_mbox_unlock_dot(char **lock)
{
	if (*lock)
		(void)unlink(*lock);
	g_clear_pointer(lock, g_free);
}

int am_mbox_lock_fd(int fd, const char *path, struct am_error *err)
{
	int r = flock(fd, LOCK_EX | LOCK_NB);
#ifdef F_OFD_SETLK
	/* Not the process's: reading the file again beside this, and closing
	 * it, must not drop the lock. */
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	if (!r)
		r = fcntl(fd, F_OFD_SETLK, &whole);
#endif
	if (!r)
		return AM_OK;
	if (errno == EWOULDBLOCK || errno == EAGAIN || errno == EACCES)
		return am_fail(err, AM_FAILED, AM_E_BUSY,
		               "%s: another program has locked it", path);
	if (errno == ENOLCK || errno == EOPNOTSUPP || errno == EINVAL)
		return AM_OK; /* a file system without locks */
	return am_fail_sys(err, AM_FAILED, "%s: lock", path);
}
