/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/whole_file.h"

#include "base/file.h"
#include "base/file_replace.h"

#include <glib.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOM (256 * 1024)

struct am_whole {
	char *path, *temp; /* temp NULL: no regular file */
	int fd;            /* -1: committed */
	GString *buf;
};

static int open_whole(struct am_whole **out, const char *path, bool over,
                      struct am_error *err)
{
	struct am_whole *f;
	struct stat st;
	bool there = !stat(path, &st);
	/* /dev/stdout is a file where the shell made it one; beside it none
	 * can be made. */
	bool direct = there &&
	              (!S_ISREG(st.st_mode) || g_str_has_prefix(path, "/dev/"));
	int r = AM_OK;

	if ((there && S_ISDIR(st.st_mode)) || g_str_has_suffix(path, "/"))
		return am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		               "%s: a file is meant, not a directory", path);
	if (there && !direct && !over && st.st_size)
		return am_fail(err, AM_FATAL, AM_E_EXISTS,
		               "%s is there already, and nothing can be added "
		               "to it: name another, or remove it",
		               path);
	f = g_new0(struct am_whole, 1);
	f->path = g_strdup(path);
	f->buf = g_string_sized_new(ROOM + 4096);
	if (direct) {
		f->fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY);
		if (f->fd < 0)
			r = am_fail_sys(err, AM_FATAL, "%s", path);
	} else {
		am_file_replace_clear(path);
		r = am_file_replace_open(&f->fd, &f->temp, path, err);
	}
	if (r)
		am_whole_close(&f);
	*out = f;
	return r;
}

int am_whole_open(struct am_whole **out, const char *path, struct am_error *err)
{
	return open_whole(out, path, false, err);
}

int am_whole_open_over(struct am_whole **out, const char *path,
                       struct am_error *err)
{
	return open_whole(out, path, true, err);
}

static int flush(struct am_whole *f, struct am_error *err)
{
	int r = am_write_all(f->fd, f->buf->str, f->buf->len, f->path, err);

	g_string_truncate(f->buf, 0);
	return r;
}

int am_whole_write(struct am_whole *f, const void *data, size_t len,
                   struct am_error *err)
{
	g_string_append_len(f->buf, data, (gssize)len);
	return f->buf->len < ROOM ? AM_OK : flush(f, err);
}

int am_whole_commit(struct am_whole *f, struct am_error *err)
{
	int r = f->fd < 0 ? AM_OK : flush(f, err);

	if (r)
		return AM_FATAL;
	if (f->temp)
		return am_file_replace_commit(&f->fd, &f->temp, f->path, err);
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	return AM_OK;
}

void am_whole_close(struct am_whole **file)
{
	struct am_whole *f = *file;

	*file = NULL;
	if (!f)
		return;
	if (f->temp)
		am_file_replace_drop(&f->fd, &f->temp);
	else if (f->fd >= 0)
		close(f->fd);
	g_string_free(f->buf, TRUE);
	g_free(f->path);
	g_free(f);
}
