/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/reader.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

/* So often it is asked whether to go on waiting. */
#define WAIT_MS 200
/* So long a named pipe may lie there without anybody who writes. */
#define ALONE_MS 10000

struct stream {
	int fd;
	bool met;       /* somebody writes, or did */
	unsigned alone; /* for so many ms nobody has */
	bool (*stop)(void *user);
	void *user;
};

static int stopped(const struct stream *s, struct am_error *err)
{
	if (!s->stop || !s->stop(s->user))
		return AM_OK;
	return am_fail(err, AM_FATAL, AM_E_CANCELLED, "cancelled");
}

/* Nothing is there to read: is there anybody to write?  Where reading does not
 * block, a pipe tells: it is at its end when nobody has it open. */
static int look_around(struct stream *s, uint8_t *buf, size_t room, size_t *got,
                       struct am_error *err)
{
	*got = 0;
	if (s->met)
		return AM_OK;
	ssize_t n = read(s->fd, buf, room);
	s->met = n != 0;
	if (n > 0)
		*got = (size_t)n;
	s->alone += WAIT_MS;
	if (n || s->alone < ALONE_MS)
		return AM_OK;
	return am_fail(err, AM_FATAL, AM_E_IO,
	               "a pipe that nobody writes into, for %u seconds",
	               ALONE_MS / 1000);
}

/* Whoever writes into a pipe may take any time. */
static int fill(void *self, uint8_t *buf, size_t room, size_t *got,
                struct am_error *err)
{
	struct stream *s = self;
	struct pollfd p = {.fd = s->fd, .events = POLLIN};

	for (;;) {
		int r = stopped(s, err);
		if (r)
			return r;
		int ready = poll(&p, 1, WAIT_MS);
		if (ready < 0 && errno == EINTR)
			continue;
		if (!ready) {
			r = look_around(s, buf, room, got, err);
			if (r || *got)
				return r;
			continue;
		}
		ssize_t n = read(s->fd, buf, room);
		s->met = true;
		if (n >= 0) {
			*got = (size_t)n;
			return n ? AM_OK : AM_END;
		}
		if (errno != EINTR && errno != EAGAIN)
			return am_fail_sys(err, AM_FATAL, "reading a stream");
	}
}

static void close_stream(void *self)
{
	struct stream *s = self;

	close(s->fd);
	g_free(s);
}

int am_reader_fd(struct am_reader **out, int fd, bool (*stop)(void *user),
                 void *user, struct am_error *err)
{
	static const struct am_reader_ops ops = {.fill = fill,
	                                         .close = close_stream};
	struct stream *s = g_new0(struct stream, 1);

	int flags = fcntl(fd, F_GETFL);
	*s = (struct stream){.fd = fd,
	                     .met = flags < 0 || !(flags & O_NONBLOCK),
	                     .stop = stop,
	                     .user = user};
	return am_reader_new(out, &ops, s, err);
}
