/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/side_file.h"

#include "base/file.h"

#include <fcntl.h>
#include <unistd.h>

enum { PENDING = 64 * 1024, COPIED = 256 * 1024 };

int am_side_open(struct am_side_file *out, const char *path,
                 struct am_error *err)
{
	static const uint8_t blank[AM_SIDE_HEADER];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0)
		return am_fail_sys(err, AM_FAILED, "%s", path);
	*out = (struct am_side_file){
		.fd = fd,
		.path = g_strdup(path),
		.pending = g_byte_array_new(),
		.table = g_byte_array_new(),
		.offset = sizeof blank,
	};
	g_byte_array_append(out->pending, blank, sizeof blank);
	return AM_OK;
}

int am_side_flush(struct am_side_file *s, bool enough, struct am_error *err)
{
	if (enough && s->pending->len < PENDING)
		return AM_OK;
	int r = am_write_all(s->fd, s->pending->data, s->pending->len, s->path,
	                     err);
	g_byte_array_set_size(s->pending, 0);
	return r;
}

int am_side_copy(struct am_side_file *s, struct am_file *from, uint64_t at,
                 uint64_t end, struct am_error *err)
{
	uint8_t *buf = g_malloc(COPIED);
	int r = am_side_flush(s, false, err);

	while (!r && at < end) {
		size_t want = (size_t)MIN(COPIED, end - at);
		r = am_file_read_all(from, at, buf, want, err);
		if (!r)
			r = am_write_all(s->fd, buf, want, s->path, err);
		at += want;
		s->offset += want;
	}
	g_free(buf);
	return r;
}

int am_side_finish(struct am_side_file *s, const uint8_t header[AM_SIDE_HEADER],
                   struct am_error *err)
{
	int r = am_side_flush(s, false, err);

	if (!r)
		r = am_write_all(s->fd, s->table->data, s->table->len, s->path,
		                 err);
	if (!r && pwrite(s->fd, header, AM_SIDE_HEADER, 0) != AM_SIDE_HEADER)
		r = am_fail_sys(err, AM_FATAL, "%s", s->path);
	if (close(s->fd) && !r)
		r = am_fail_sys(err, AM_FATAL, "%s", s->path);
	s->fd = -1;
	am_side_close(s);
	return r;
}

void am_side_close(struct am_side_file *s)
{
	if (!s->path)
		return;
	if (s->fd >= 0)
		close(s->fd);
	g_byte_array_unref(s->pending);
	g_byte_array_unref(s->table);
	g_free(s->path);
	*s = (struct am_side_file){.fd = -1};
}
