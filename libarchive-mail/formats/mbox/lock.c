/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/lock.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STALE_SECONDS 600

static int create(const char *name)
{
	char text[32];
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	int n = g_snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	ssize_t done = write(fd, text, (size_t)n);
	(void)done; /* who holds it is for people; that it exists is the lock */
	close(fd);
	return 0;
}

int am_mbox_lock_dot(const char *path, char **lock, struct am_error *err)
{
	struct stat st;
	char *name = g_strconcat(path, ".lock", NULL);
	*lock = NULL;
	int r = create(name);
	if (r && errno == EEXIST && !stat(name, &st) &&
	    st.st_mtime + STALE_SECONDS < time(NULL)) {
		(void)unlink(name);
		r = create(name);
	}
	if (!r) {
		*lock = name;
		return AM_OK;
	}
	if (errno == EEXIST)
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
