/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wraps.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

struct wraps *wraps;

ssize_t __real_write(int fd, const void *buf, size_t n);
ssize_t __real_pwrite(int fd, const void *buf, size_t n, off_t at);
ssize_t __real_pwritev(int fd, const struct iovec *v, int n, off_t at);
int __real_fdatasync(int fd);
int __real_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __real_ftruncate(int fd, off_t len);
ssize_t __wrap_write(int fd, const void *buf, size_t n);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t n, off_t at);
ssize_t __wrap_pwritev(int fd, const struct iovec *v, int n, off_t at);
int __wrap_fdatasync(int fd);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_ftruncate(int fd, off_t len);

void wraps_init(void)
{
	if (wraps)
		return;
	wraps = mmap(NULL, sizeof *wraps, PROT_READ | PROT_WRITE,
	             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (wraps == MAP_FAILED)
		abort();
}

void wraps_arm(enum wrap_mode mode, unsigned at)
{
	*wraps = (struct wraps){.mode = mode, .at = at};
}

enum verdict { GO, HALF, FAIL };

/* Before a step.  Criterion's own writing is not ours: nothing is armed. */
static enum verdict before(bool writes)
{
	if (!wraps || !wraps->at)
		return GO;
	unsigned step = ++wraps->steps;
	bool now = step == wraps->at;

	switch (wraps->mode) {
	case WRAP_COUNT:
	case WRAP_DIE_AFTER:
		return GO;
	case WRAP_DIE:
		if (now)
			_exit(WRAP_EXIT);
		return GO;
	case WRAP_DIE_SHORT:
		return now ? HALF : GO;
	case WRAP_SHORT:
		wraps->hits += now;
		return now ? HALF : GO;
	case WRAP_ENOSPC:
		now = step >= wraps->at && writes;
		errno = ENOSPC;
		break;
	case WRAP_EIO:
		errno = EIO;
		break;
	}
	wraps->hits += now;
	return now ? FAIL : GO;
}

static void after(void)
{
	if (wraps && wraps->at && wraps->steps == wraps->at &&
	    (wraps->mode == WRAP_DIE_AFTER || wraps->mode == WRAP_DIE_SHORT))
		_exit(WRAP_EXIT);
}

ssize_t __wrap_write(int fd, const void *buf, size_t n)
{
	enum verdict v = before(true);
	if (v == FAIL)
		return -1;
	ssize_t r = __real_write(fd, buf, v == HALF && n > 1 ? n / 2 : n);
	after();
	return r;
}

ssize_t __wrap_pwrite(int fd, const void *buf, size_t n, off_t at)
{
	enum verdict v = before(true);
	if (v == FAIL)
		return -1;
	ssize_t r = __real_pwrite(fd, buf, v == HALF && n > 1 ? n / 2 : n, at);
	after();
	return r;
}

ssize_t __wrap_pwritev(int fd, const struct iovec *v, int n, off_t at)
{
	if (before(true) == FAIL)
		return -1;
	ssize_t r = __real_pwritev(fd, v, n, at);
	after();
	return r;
}

/* Of the archive: SQLite, which is linked in, syncs the catalog by the same
 * calls. */
static void note_synced(int fd)
{
	char link[64], path[PATH_MAX] = "";
	struct stat st;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	if (wraps && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    readlink(link, path, sizeof path - 1) > 0 &&
	    !strstr(path, ".cache/"))
		wraps->synced = (uint64_t)st.st_size;
}

int __wrap_fdatasync(int fd)
{
	if (before(false) == FAIL)
		return -1;
	int r = __real_fdatasync(fd);
	note_synced(fd);
	after();
	return r;
}

int __wrap_fsync(int fd)
{
	if (before(false) == FAIL)
		return -1;
	int r = __real_fsync(fd);
	note_synced(fd);
	after();
	return r;
}

int __wrap_rename(const char *from, const char *to)
{
	if (before(true) == FAIL)
		return -1;
	int r = __real_rename(from, to);
	after();
	return r;
}

int __wrap_ftruncate(int fd, off_t len)
{
	if (before(true) == FAIL)
		return -1;
	int r = __real_ftruncate(fd, len);
	after();
	return r;
}
