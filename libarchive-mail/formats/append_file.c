/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/append_file.h"

#include "base/file.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOM (256 * 1024)

struct am_append {
	int fd;
	char *path;
	bool regular;
	bool named; /* its name is on disk */
	uint64_t filed, committed, torn;
	bool was_there;
	GString *buf; /* what follows `filed` */
};

/* Where the last line ends; 0 when there is no line end at all. */
static int find_end(struct am_append *f, uint64_t size, uint64_t *end,
                    struct am_error *err)
{
	char block[4096];

	for (uint64_t at = size; at;) {
		size_t want = at < sizeof(block) ? (size_t)at : sizeof(block);
		ssize_t got = pread(f->fd, block, want, (off_t)(at - want));
		if (got != (ssize_t)want)
			return am_fail_sys(err, AM_FATAL, "%s", f->path);
		const char *last = memrchr(block, '\n', want);
		if (last) {
			*end = at - want + (size_t)(last - block) + 1;
			return AM_OK;
		}
		at -= want;
	}
	*end = 0;
	return AM_OK;
}

static int look(struct am_append *f, struct am_error *err)
{
	struct stat st;
	uint64_t size, end = 0;

	if (fstat(f->fd, &st))
		return am_fail_sys(err, AM_FATAL, "%s", f->path);
	f->regular = S_ISREG(st.st_mode);
	if (!f->regular)
		return AM_OK;
	if (flock(f->fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
		return am_fail(err, AM_FATAL, AM_E_BUSY,
		               "%s: another process writes to it", f->path);
	size = (uint64_t)st.st_size;
	f->was_there = size > 0;
	int r = find_end(f, size, &end, err);
	if (r)
		return r;
	f->filed = f->committed = end;
	f->torn = size - end;
	return AM_OK;
}

int am_append_open(struct am_append **out, const char *path,
                   struct am_error *err)
{
	struct am_append *f = g_new0(struct am_append, 1);
	int r;

	f->path = g_strdup(path);
	f->buf = g_string_sized_new(ROOM + 4096);
	f->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
	if (f->fd < 0 && (errno == ENXIO || errno == EACCES)) {
		int why = errno;
		f->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		if (f->fd < 0)
			errno = why;
	}
	r = f->fd < 0 ? am_fail_sys(err, AM_FATAL, "%s", path) : look(f, err);
	if (r) {
		/* Nothing of it is ours. */
		f->was_there = true;
		am_append_close(&f);
		return r;
	}
	*out = f;
	return AM_OK;
}

uint64_t am_append_size(const struct am_append *f)
{
	return f->filed + f->buf->len;
}

uint64_t am_append_torn(const struct am_append *f)
{
	return f->torn;
}

static int send(struct am_append *f, const void *data, size_t len,
                struct am_error *err)
{
	const uint8_t *at = data;

	if (!f->regular) {
		int r = am_write_all(f->fd, data, len, f->path, err);
		f->filed += r ? 0 : len;
		return r;
	}
	/* The torn end goes under what is written now. */
	if (f->torn && ftruncate(f->fd, (off_t)f->filed))
		return am_fail_sys(err, AM_FATAL, "%s", f->path);
	f->torn = 0;
	while (len) {
		ssize_t n = pwrite(f->fd, at, len, (off_t)f->filed);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return am_fail_sys(err, AM_FATAL, "%s", f->path);
		at += n;
		len -= (size_t)n;
		f->filed += (uint64_t)n;
	}
	return AM_OK;
}

static int flush(struct am_append *f, struct am_error *err)
{
	int r = send(f, f->buf->str, f->buf->len, err);

	g_string_truncate(f->buf, 0);
	return r;
}

int am_append_write(struct am_append *f, const void *data, size_t len,
                    struct am_error *err)
{
	if (f->buf->len + len > ROOM) {
		int r = flush(f, err);
		if (r)
			return r;
	}
	if (len > ROOM)
		return send(f, data, len, err);
	g_string_append_len(f->buf, data, (gssize)len);
	return AM_OK;
}

int am_append_cut(struct am_append *f, uint64_t size, struct am_error *err)
{
	if (size >= f->filed) {
		g_string_truncate(f->buf, (gsize)(size - f->filed));
		return AM_OK;
	}
	g_string_truncate(f->buf, 0);
	if (!f->regular)
		return am_fail(err, AM_FATAL, AM_E_IO,
		               "%s: what was written cannot be taken back",
		               f->path);
	if (ftruncate(f->fd, (off_t)size))
		return am_fail_sys(err, AM_FATAL, "%s", f->path);
	f->filed = size;
	return AM_OK;
}

int am_append_commit(struct am_append *f, struct am_error *err)
{
	int r = flush(f, err);

	if (!r && f->regular)
		r = am_sync_fd(f->fd, f->path, err);
	if (!r && f->regular && !f->named)
		r = am_sync_parent(f->path, err);
	if (r)
		return AM_FATAL;
	f->named = true;
	f->committed = f->filed;
	return AM_OK;
}

void am_append_close(struct am_append **file)
{
	struct am_append *f = *file;

	*file = NULL;
	if (!f)
		return;
	/* A process that dies here leaves what the next open takes back. */
	if (f->fd >= 0 && f->regular && f->filed > f->committed)
		(void)!ftruncate(f->fd, (off_t)f->committed);
	if (f->fd >= 0 && f->regular && !f->was_there && !f->named)
		unlink(f->path);
	if (f->fd >= 0)
		close(f->fd);
	g_string_free(f->buf, TRUE);
	g_free(f->path);
	g_free(f);
}
