/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"

#include "base/bytes.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct am_file {
	_Atomic unsigned refs;
	int fd;
	uint64_t size;
	char path[];
};

static struct am_file *new_file(int fd, const struct stat *st, const char *path)
{
	size_t len = strlen(path);
	struct am_file *file = g_malloc(sizeof *file + len + 1);

	atomic_init(&file->refs, 1);
	file->fd = fd;
	file->size = (uint64_t)st->st_size;
	memcpy(file->path, path, len + 1);
	return file;
}

int am_file_open(struct am_file **out, const char *path, struct am_error *err)
{
	struct stat st;

	*out = NULL;
	/* O_NONBLOCK: a FIFO without a writer would hold us here. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		/* A socket in the file system, or a device without a driver. */
		if (errno == ENXIO || errno == ENODEV)
			return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
			               "%s: not a regular file", path);
		return am_fail_sys(err, AM_FAILED, "%s", path);
	}
	if (fstat(fd, &st)) {
		int r = am_fail_sys(err, AM_FAILED, "%s", path);
		close(fd);
		return r;
	}
	if (!S_ISREG(st.st_mode)) {
		close(fd);
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED, "%s: %s", path,
		               S_ISDIR(st.st_mode) ? "a directory, not a file"
		                                   : "not a regular file");
	}
	*out = new_file(fd, &st, path);
	return AM_OK;
}

struct am_file *am_file_ref(struct am_file *file)
{
	atomic_fetch_add_explicit(&file->refs, 1, memory_order_relaxed);
	return file;
}

void am_file_unref(struct am_file **file)
{
	struct am_file *f = *file;

	*file = NULL;
	if (!f ||
	    atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) != 1)
		return;
	close(f->fd);
	g_free(f);
}

uint64_t am_file_size(const struct am_file *file)
{
	return file->size;
}

const char *am_file_path(const struct am_file *file)
{
	return file->path;
}

int am_file_fd(const struct am_file *file)
{
	return file->fd;
}

bool am_file_write_locked(const struct am_file *file)
{
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};

	if (!fcntl(file->fd, F_OFD_GETLK, &lock) && lock.l_type == F_WRLCK)
		return true;
	/* flock(2) can only be tried. */
	if (flock(file->fd, LOCK_SH | LOCK_NB))
		return errno == EWOULDBLOCK;
	(void)flock(file->fd, LOCK_UN);
	return false;
}

int am_file_read(const struct am_file *file, uint64_t offset, void *buf,
                 size_t want, size_t *got, struct am_error *err)
{
	uint8_t *to = buf;

	*got = 0;
	while (*got < want) {
		uint64_t at;
		if (!am_add_u64(offset, *got, &at) || at > INT64_MAX)
			return AM_OK; /* no file reaches that far */
		ssize_t n = pread(file->fd, to + *got, want - *got, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return am_fail_sys(err, AM_FAILED,
			                   "%s: at offset %" PRIu64, file->path,
			                   at);
		if (!n)
			return AM_OK;
		*got += (size_t)n;
	}
	return AM_OK;
}

int am_file_read_all(const struct am_file *file, uint64_t offset, void *buf,
                     size_t want, struct am_error *err)
{
	size_t got;
	int r = am_file_read(file, offset, buf, want, &got, err);

	if (r)
		return r;
	if (got < want)
		return am_fail(err, AM_FAILED, AM_E_IO,
		               "%s: file shrank while it was read", file->path);
	return AM_OK;
}

int am_write_all(int fd, const void *data, size_t len, const char *what,
                 struct am_error *err)
{
	const uint8_t *from = data;

	while (len) {
		ssize_t n = write(fd, from, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return am_fail_sys(err, AM_FATAL, "%s", what);
		from += n;
		len -= (size_t)n;
	}
	return AM_OK;
}

/* File systems that cannot sync a descriptor of this sort say one of these;
 * nothing is lost that the user could have had. */
static bool cannot_sync(int sys)
{
	return sys == EINVAL || sys == EROFS || sys == ENOTSUP;
}

int am_sync_fd(int fd, const char *what, struct am_error *err)
{
	int r;

	do
		r = fdatasync(fd);
	while (r && errno == EINTR);
	if (r && !cannot_sync(errno))
		return am_fail_sys(err, AM_FATAL, "%s: cannot sync", what);
	return AM_OK;
}

int am_sync_parent(const char *path, struct am_error *err)
{
	char *dir = g_path_get_dirname(path);
	int r;

	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		r = am_fail_sys(err, AM_FATAL, "%s", dir);
		goto out;
	}
	r = am_sync_fd(fd, dir, err);
	close(fd);
out:
	g_free(dir);
	return r;
}

int am_file_temp(int *out, const char *tmpdir, struct am_error *err)
{
	if (!tmpdir)
		tmpdir = "/tmp";
	*out = open(tmpdir, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
	if (*out >= 0)
		return AM_OK;

	/* Not every file system has nameless files (NFS, some overlays). */
	char *name = g_build_filename(tmpdir, "mailark-XXXXXX", NULL);
	int r = AM_OK;
	*out = mkostemp(name, O_CLOEXEC);
	if (*out < 0)
		r = am_fail_sys(err, AM_FATAL, "%s: no temporary file", tmpdir);
	else
		unlink(name);
	g_free(name);
	return r;
}
