/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/lock.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
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

static int create(const char *name)
{
	char text[320];
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	/* The process, as all programs say it; and for ourselves, whose. */
	int n = g_snprintf(text, sizeof(text), "%ld\n" OURS "%.255s\n",
	                   (long)getpid(), g_get_host_name());
	ssize_t done = write(fd, text, (size_t)n);
	(void)done; /* that it exists is the lock */
	close(fd);
	return 0;
}

/* Left by one of us on this machine that was killed?  Whoever lives after all
 * holds the file's own lock too. */
static bool owner_is_gone(const char *name)
{
	char text[320] = "", *host;
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	long pid = n > 0 ? strtol(text, &host, 10) : 0;

	if (fd >= 0)
		close(fd);
	if (pid <= 0 || pid > INT_MAX || !g_str_has_prefix(host, "\n" OURS))
		return false;
	host += strlen("\n" OURS);
	host[strcspn(host, "\n")] = 0;
	return !strcmp(host, g_get_host_name()) && kill((pid_t)pid, 0) &&
	       errno == ESRCH;
}

int am_mbox_lock_dot(const char *path, char **lock, struct am_error *err)
{
	struct stat st;
	char *name = g_strconcat(path, ".lock", NULL);
	*lock = NULL;
	int r = create(name);
	bool there = r && errno == EEXIST;
	if (there && !stat(name, &st) &&
	    (st.st_mtime + STALE_SECONDS < time(NULL) || owner_is_gone(name))) {
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
