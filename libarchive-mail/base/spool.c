/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/blob.h"

#include "base/blob_impl.h"
#include "base/file.h"

#include <glib.h>

#include <string.h>
#include <unistd.h>

/*
 * Up to `memory` bytes wait in buf.  The first byte more makes the file and
 * sends buf there; from then on buf collects small writes.
 */
struct am_spool {
	uint8_t *buf;
	size_t len, cap;
	size_t memory;
	uint64_t filed; /* bytes already in the file */
	int fd;         /* -1: no file yet */
	bool broken;    /* a write failed: the bytes are no longer whole */
	char tmpdir[];
};

enum { FIRST_CAP = 4096, WRITE_BUFFER = 64 * 1024 };

int am_spool_open(struct am_spool **out, size_t memory, const char *tmpdir,
                  struct am_error *err)
{
	if (!tmpdir)
		tmpdir = "/tmp";
	size_t len = strlen(tmpdir);
	struct am_spool *spool = g_malloc0(sizeof *spool + len + 1);

	(void)err;
	spool->memory = memory;
	spool->fd = -1;
	memcpy(spool->tmpdir, tmpdir, len + 1);
	*out = spool;
	return AM_OK;
}

static int write_file(struct am_spool *spool, const void *data, size_t len,
                      struct am_error *err)
{
	int r = am_write_all(spool->fd, data, len, "temporary file", err);

	if (r)
		spool->broken = true;
	else
		spool->filed += len;
	return r;
}

static int flush(struct am_spool *spool, struct am_error *err)
{
	size_t len = spool->len;

	spool->len = 0;
	return len ? write_file(spool, spool->buf, len, err) : AM_OK;
}

/* Room for len more in buf, which holds at most `limit`. */
static int grow(struct am_spool *spool, size_t len, size_t limit,
                struct am_error *err)
{
	size_t need = spool->len + len;

	if (need <= spool->cap)
		return AM_OK;
	size_t cap = spool->cap ? spool->cap : FIRST_CAP;
	while (cap < need)
		cap = cap > limit / 2 ? limit : cap * 2;
	if (cap > limit)
		cap = limit;
	uint8_t *buf = g_try_realloc(spool->buf, cap);
	if (!buf)
		return am_fail(err, AM_FAILED, AM_E_MEMORY,
		               "no memory for %zu bytes", cap);
	spool->buf = buf;
	spool->cap = cap;
	return AM_OK;
}

static int append(struct am_spool *spool, const void *data, size_t len,
                  size_t limit, struct am_error *err)
{
	int r = grow(spool, len, limit, err);

	if (r)
		return r;
	memcpy(spool->buf + spool->len, data, len);
	spool->len += len;
	return AM_OK;
}

/* From memory to the file. */
static int move_out(struct am_spool *spool, struct am_error *err)
{
	int r = am_file_temp(&spool->fd, spool->tmpdir, err);

	if (!r)
		r = flush(spool, err);
	if (r)
		spool->broken = true;
	/* What was good for the heap's share may be too much for a buffer. */
	g_free(spool->buf);
	spool->buf = NULL;
	spool->cap = spool->len = 0;
	return r;
}

int am_spool_write(struct am_spool *spool, const void *data, size_t len,
                   struct am_error *err)
{
	int r;

	if (!len)
		return AM_OK;
	if (spool->broken)
		return am_fail(err, AM_FATAL, AM_E_IO,
		               "temporary file: an earlier write failed");
	if (spool->fd < 0) {
		if (len <= spool->memory - spool->len)
			return append(spool, data, len, spool->memory, err);
		r = move_out(spool, err);
		if (r)
			return r;
	}
	if (len > WRITE_BUFFER - spool->len) {
		r = flush(spool, err);
		if (r)
			return r;
	}
	if (len >= WRITE_BUFFER)
		return write_file(spool, data, len, err);
	return append(spool, data, len, WRITE_BUFFER, err);
}

int am_spool_seal(struct am_spool **spool, struct am_blob **out,
                  struct am_error *err)
{
	struct am_spool *s = *spool;
	int r = AM_OK;

	*out = NULL;
	if (s->broken)
		r = am_fail(err, AM_FATAL, AM_E_IO,
		            "temporary file: an earlier write failed");
	else if (s->fd >= 0)
		r = flush(s, err);
	if (r)
		goto out;
	if (s->fd >= 0) {
		*out = am_blob_of_fd(s->fd, s->filed);
		s->fd = -1;
	} else if (s->len <= FIRST_CAP) {
		r = am_blob_copy(out, s->buf, s->len, err);
	} else {
		if (s->cap - s->len > s->len / 8)
			s->buf = g_realloc(s->buf, s->len);
		r = am_blob_take(out, s->buf, s->len, err);
		s->buf = NULL;
	}
out:
	am_spool_drop(spool);
	return r;
}

void am_spool_drop(struct am_spool **spool)
{
	struct am_spool *s = *spool;

	*spool = NULL;
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	g_free(s->buf);
	g_free(s);
}
