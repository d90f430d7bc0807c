/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/net.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* After an interrupt there is still this much time to say goodbye. */
#define GRACE_US 1000000
#define NAP_US   400

/* ---- the speed limit ---- */

/* A quarter of a second's worth at once, but whole packets. */
static double burst(const struct am_bucket *b)
{
	double quarter = (double)b->rate / 4;

	return quarter < 4096 ? 4096 : quarter;
}

/* How many of `want` may pass now; 0: none before ready_at. */
static size_t allow(struct am_bucket *b, size_t want)
{
	if (!b->rate)
		return want;
	int64_t now = g_get_monotonic_time();
	double max = burst(b);
	b->tokens += (double)(now - b->filled) * (double)b->rate / 1e6;
	b->filled = now;
	if (b->tokens > max)
		b->tokens = max;
	/* Some at a time: a call for each byte helps nobody. */
	double need = (double)want < max / 4 ? (double)want : max / 4;
	if (b->tokens < need) {
		double us = (need - b->tokens) * 1e6 / (double)b->rate;
		b->ready_at = now + (int64_t)us + 1;
		return 0;
	}
	return (double)want < b->tokens ? want : (size_t)b->tokens;
}

static void spend(struct am_bucket *b, size_t n)
{
	if (b->rate)
		b->tokens -= (double)n;
}

/* ---- opening and closing ---- */

int am_net_init(struct am_net *net, int fd, const char *peer, unsigned stall_ms,
                uint64_t rate, const struct am_cancel *cancel,
                struct am_error *err)
{
	int one = 1;
	int64_t now = g_get_monotonic_time();

	*net = (struct am_net){
		.fd = fd, .wake = -1, .cancel = cancel, .stall_ms = stall_ms};
	net->in.rate = net->out.rate = rate;
	net->in.filled = net->out.filled = net->moved = now;
	net->peer = g_strdup(peer);
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC)) {
		int r = am_fail_sys(err, AM_FATAL, "%s: cannot use the socket",
		                    peer);
		am_net_close(net);
		return r;
	}
	/* Our buffer gathers; the kernel need not hold back the rest.  Not
	 * every socket is TCP: a refusal does no harm. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
	net->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (net->wake < 0) {
		int r = am_fail_sys(err, AM_FATAL,
		                    "cannot make an event descriptor");
		am_net_close(net);
		return r;
	}
	return AM_OK;
}

void am_net_close(struct am_net *net)
{
	if (net->fd >= 0)
		(void)close(net->fd);
	if (net->wake >= 0)
		(void)close(net->wake);
	net->fd = net->wake = -1;
	g_clear_pointer(&net->peer, g_free);
}

/* ---- one try ---- */

enum am_io am_net_recv(struct am_net *net, void *buf, size_t room, size_t *got)
{
	*got = 0;
	if (net->sys)
		return AM_IO_BAD;
	if (net->eof)
		return AM_IO_END;
	room = allow(&net->in, room);
	if (!room)
		return AM_IO_WANT_READ;
	ssize_t n;
	do {
		n = recv(net->fd, buf, room, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return AM_IO_WANT_READ;
		net->sys = errno;
		return AM_IO_BAD;
	}
	if (!n) {
		net->eof = true;
		return AM_IO_END;
	}
	*got = (size_t)n;
	spend(&net->in, *got);
	net->n_in += *got;
	net->moved = g_get_monotonic_time();
	return AM_IO_OK;
}

enum am_io am_net_send(struct am_net *net, const void *data, size_t len,
                       size_t *sent)
{
	*sent = 0;
	len = allow(&net->out, len);
	if (!len)
		return AM_IO_WANT_WRITE;
	ssize_t n;
	do {
		n = send(net->fd, data, len, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return AM_IO_WANT_WRITE;
		net->out_sys = errno;
		return AM_IO_BAD;
	}
	*sent = (size_t)n;
	spend(&net->out, *sent);
	net->n_out += *sent;
	net->moved = g_get_monotonic_time();
	return AM_IO_OK;
}

/* ---- waiting ---- */

int am_net_check(const struct am_net *net, struct am_error *err)
{
	if (am_cancel_asked(net->cancel))
		return am_fail(err, AM_FATAL, AM_E_CANCELLED, "cancelled");
	if (atomic_load_explicit(&net->interrupted, memory_order_acquire))
		return am_fail(err, AM_FATAL, AM_E_CANCELLED,
		               "connection interrupted");
	return AM_OK;
}

/* Interrupted: only writing goes on, and not for long. */
static int check_waiting(struct am_net *net, bool out, int64_t now,
                         bool *interrupted, struct am_error *err)
{
	*interrupted =
		atomic_load_explicit(&net->interrupted, memory_order_acquire);
	if (am_cancel_asked(net->cancel) || (*interrupted && !out))
		return am_net_check(net, err);
	if (*interrupted && !net->grace_until)
		net->grace_until = now + GRACE_US;
	if (*interrupted && now >= net->grace_until)
		return am_net_check(net, err);
	return AM_OK;
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* One look.  AM_END: nothing yet. */
static int look(struct am_net *net, bool in, bool out, bool interrupted,
                int64_t now, int64_t until)
{
	struct pollfd p[2] = {
		{.fd = net->fd},
		{.fd = interrupted ? -1 : net->wake, .events = POLLIN}};

	if (net->cancel)
		until = sooner(until, now + AM_NET_TICK_MS * 1000);
	if (interrupted)
		until = sooner(until, net->grace_until);
	if (in && net->in.ready_at > now)
		until = sooner(until, net->in.ready_at);
	else if (in)
		p[0].events |= POLLIN;
	if (out && net->out.ready_at > now)
		until = sooner(until, net->out.ready_at);
	else if (out)
		p[0].events |= POLLOUT;
	/* A hang-up is told also to those who did not ask: do not spin. */
	if (!p[0].events)
		p[0].fd = -1;
	/* A server that gathers small answers (Courier's "OK" and then its "+")
	 * holds back the second until the first is acknowledged, and the kernel
	 * would take 40 ms for that, as we have nothing to send. */
	if (p[0].events & POLLIN) {
		int one = 1;
		(void)setsockopt(net->fd, IPPROTO_TCP, TCP_QUICKACK, &one,
		                 sizeof one);
	}
	int64_t ms = until > now ? (until - now + 999) / 1000 : 0;
	if (net->on_wait && ms)
		net->on_wait(net->on_wait_user, true);
	int n = poll(p, 2, ms > G_MAXINT ? G_MAXINT : (int)ms);
	if (net->on_wait && ms)
		net->on_wait(net->on_wait_user, false);
	int64_t after = g_get_monotonic_time();
	net->waited_us += after - now;
	if (n > 0 && p[0].revents)
		return AM_OK;
	/* Held back by ourselves: that is no stall. */
	if ((in && net->in.ready_at > now && net->in.ready_at <= after) ||
	    (out && net->out.ready_at > now && net->out.ready_at <= after)) {
		net->moved = after;
		return AM_OK;
	}
	return AM_END;
}

int am_net_wait(struct am_net *net, bool in, bool out, int64_t until,
                struct am_error *err)
{
	for (;;) {
		bool interrupted;
		int64_t now = g_get_monotonic_time();
		int r = check_waiting(net, out, now, &interrupted, err);
		if (r)
			return r;
		if (look(net, in, out, interrupted, now, until) == AM_OK)
			return AM_OK;
		now = g_get_monotonic_time();
		if (now >= until) {
			r = check_waiting(net, out, now, &interrupted, err);
			return r ? r : AM_END;
		}
	}
}

void am_net_nap(struct am_net *net)
{
	int64_t before = g_get_monotonic_time();

	g_usleep(NAP_US);
	net->waited_us += g_get_monotonic_time() - before;
}

void am_net_begin(struct am_net *net)
{
	net->moved = g_get_monotonic_time();
}

int am_net_await(struct am_net *net, bool in, bool out, struct am_error *err)
{
	int64_t stall = net->moved + (int64_t)net->stall_ms * 1000;
	int64_t until = stall;

	if (net->deadline)
		until = sooner(until, net->deadline);
	int r = am_net_wait(net, in, out, until, err);
	if (r != AM_END)
		return r;
	if (until < stall)
		return am_fail(err, AM_RETRY, AM_E_IO,
		               "%s: TLS was not agreed in time", net->peer);
	return am_fail(err, AM_RETRY, AM_E_IO,
	               "%s: no byte moved for %u.%u seconds", net->peer,
	               net->stall_ms / 1000, net->stall_ms % 1000 / 100);
}

int am_net_broken(const struct am_net *net, struct am_error *err)
{
	int sys = net->sys ? net->sys : net->out_sys;

	if (!sys)
		return am_fail(err, AM_RETRY, AM_E_IO,
		               "%s closed the connection", net->peer);
	errno = sys;
	int r = am_fail_sys(err, AM_RETRY, "%s", net->peer);
	/* Of a connection ENOENT or ENOMEM mean nothing special. */
	if (err)
		err->kind = AM_E_IO;
	return r;
}
