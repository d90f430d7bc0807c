/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/conn_impl.h"

#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/* What drips: see am_conn_next(). */
enum { DRIP_STALLS = 10, DRIP_BYTES = 32 };

int am_conn_tell(int status, const struct am_error *why, struct am_error *err)
{
	if (status < 0 && err)
		*err = *why;
	return status;
}

/* ---- in ---- */

/* One try at bytes as they are under deflate; AM_IO_BAD and AM_IO_END are noted
 * in in_status. */
static enum am_io receive_raw(struct am_conn *c, void *buf, size_t room,
                              size_t *got)
{
	int status = AM_RETRY;
	enum am_io io;

	if (c->tls)
		io = am_tls_recv(c->tls, buf, room, got, &status, &c->in_err);
	else
		io = am_net_recv(&c->net, buf, room, got);
	if (io == AM_IO_BAD)
		c->in_status =
			c->tls ? status : am_net_broken(&c->net, &c->in_err);
	else if (io == AM_IO_END)
		c->in_status = AM_END;
	return io;
}

static enum am_io receive_packed(struct am_conn *c, uint8_t *buf, size_t room,
                                 size_t *got)
{
	*got = 0;
	for (;;) {
		if (am_zip_hungry(c->zip)) {
			size_t n;
			if (c->in_status)
				return AM_IO_END;
			enum am_io io =
				receive_raw(c, c->packed_in, PACKED_BUFFER, &n);
			if (io != AM_IO_OK)
				return io;
			am_zip_feed(c->zip, c->packed_in, n);
		}
		int r = am_zip_take(c->zip, buf, room, got, &c->in_err);
		if (r) {
			c->in_status = r;
			return *got ? AM_IO_OK : AM_IO_BAD;
		}
		if (*got)
			return AM_IO_OK;
	}
}

static enum am_io receive(struct am_conn *c, void *buf, size_t room,
                          size_t *got)
{
	*got = 0;
	if (c->in_status)
		return c->in_status == AM_END ? AM_IO_END : AM_IO_BAD;
	enum am_io io = c->zip ? receive_packed(c, buf, room, got)
	                       : receive_raw(c, buf, room, got);
	c->plain_in += *got;
	return io;
}

/* Into the intake, one chunk at most. */
static enum am_io take_in(struct am_conn *c)
{
	struct chunk *last = g_queue_peek_tail(&c->intake);
	size_t got;

	if (!last || last->to == CHUNK) {
		last = g_new(struct chunk, 1);
		last->from = last->to = 0;
		g_queue_push_tail(&c->intake, last);
	}
	enum am_io io =
		receive(c, last->bytes + last->to, CHUNK - last->to, &got);
	last->to += got;
	c->taken += got;
	if (last->from == last->to)
		g_free(g_queue_pop_tail(&c->intake));
	return io;
}

size_t am_conn_from_intake(struct am_conn *c, uint8_t *buf, size_t room)
{
	size_t got = 0;

	while (got < room && c->taken) {
		struct chunk *first = g_queue_peek_head(&c->intake);
		size_t n = first->to - first->from;
		if (n > room - got)
			n = room - got;
		memcpy(buf + got, first->bytes + first->from, n);
		first->from += n;
		got += n;
		c->taken -= n;
		if (first->from == first->to)
			g_free(g_queue_pop_head(&c->intake));
	}
	return got;
}

void am_conn_next(struct am_conn *c)
{
	c->watched = true;
	c->begun = am_reader_ready(c->reader) || c->taken;
	c->waited_us = 0;
	c->came = 0;
}

/* Something comes, but too little in too long. */
static int check_drip(struct am_conn *c, int64_t since, struct am_error *err)
{
	int64_t window = (int64_t)c->net.stall_ms * 1000 * DRIP_STALLS;

	c->waited_us += g_get_monotonic_time() - since;
	if (!c->watched || !c->begun || c->waited_us < window)
		return AM_OK;
	uint64_t secs = (uint64_t)c->waited_us / G_USEC_PER_SEC;
	if (c->came < secs * DRIP_BYTES + 1)
		return am_fail(err, AM_RETRY, AM_E_IO,
		               "%s: only %" PRIu64 " bytes in %" PRIu64
		               " seconds",
		               c->net.peer, c->came, secs);
	c->waited_us = 0;
	c->came = 0;
	return AM_OK;
}

/* The reader wants bytes: the only place where we wait for some. */
int am_conn_fill(void *self, uint8_t *buf, size_t room, size_t *got,
                 struct am_error *err)
{
	struct am_conn *c = self;
	int r = am_net_check(&c->net, err);

	*got = 0;
	if (r)
		return r;
	if (c->taken) {
		*got = am_conn_from_intake(c, buf, room);
		return AM_OK;
	}
	am_net_begin(&c->net);
	for (bool nap = c->flows;; nap = false) {
		enum am_io io = receive(c, buf, room, got);
		if (io == AM_IO_OK) {
			c->flows = *got >= FLOW;
			c->begun = true;
			c->came += *got;
			return AM_OK;
		}
		if (io == AM_IO_END || io == AM_IO_BAD)
			return am_conn_tell(c->in_status, &c->in_err, err);
		if (nap && io == AM_IO_WANT_READ) {
			am_net_nap(&c->net);
			continue;
		}
		int64_t since = g_get_monotonic_time();
		r = am_net_await(&c->net, io == AM_IO_WANT_READ,
		                 io == AM_IO_WANT_WRITE, err);
		if (!r)
			r = check_drip(c, since, err);
		if (r)
			return r;
	}
}

int am_conn_wait(struct am_conn *c, unsigned ms, struct am_error *err)
{
	int64_t until = g_get_monotonic_time() + (int64_t)ms * 1000;
	int r = am_net_check(&c->net, err);

	if (r || am_reader_ready(c->reader) || c->taken)
		return r;
	for (;;) {
		enum am_io io = take_in(c);
		if (io == AM_IO_OK)
			return AM_OK;
		if (io == AM_IO_END) /* the reader tells */
			return AM_OK;
		if (io == AM_IO_BAD)
			return am_conn_tell(c->in_status, &c->in_err, err);
		r = am_net_wait(&c->net, io == AM_IO_WANT_READ,
		                io == AM_IO_WANT_WRITE, until, err);
		if (r)
			return r;
	}
}

void am_conn_interrupt(struct am_conn *c)
{
	uint64_t one = 1;

	atomic_store_explicit(&c->net.interrupted, true, memory_order_release);
	/* It can only fail when it is full, and then it wakes already. */
	ssize_t n = write(c->net.wake, &one, sizeof one);
	(void)n;
}

/* ---- out ---- */

static int lose_output(struct am_conn *c, int status, struct am_error *err)
{
	c->out_status = status;
	c->out_len = 0;
	/* What the peer said before it hung up tells more than EPIPE. */
	for (int i = 0; i < 16 && c->taken < c->max_intake; i++)
		if (take_in(c) != AM_IO_OK)
			break;
	return am_conn_tell(status, &c->out_err, err);
}

static enum am_io send_some(struct am_conn *c, const uint8_t *data, size_t len,
                            size_t *sent, int *status)
{
	if (c->tls)
		return am_tls_send(c->tls, data, len, sent, status,
		                   &c->out_err);
	enum am_io io = am_net_send(&c->net, data, len, sent);
	if (io == AM_IO_BAD)
		*status = am_net_broken(&c->net, &c->out_err);
	return io;
}

/* All of it, to TLS or the socket; taking in what comes while it waits. */
static int send_all(struct am_conn *c, const uint8_t *data, size_t len,
                    struct am_error *err)
{
	am_net_begin(&c->net);
	while (len) {
		size_t sent;
		int r = AM_RETRY;
		enum am_io io = send_some(c, data, len, &sent, &r);
		if (io == AM_IO_BAD)
			return lose_output(c, r, err);
		data += sent;
		len -= sent;
		if (io == AM_IO_OK)
			continue;
		bool listen = !c->in_status && c->taken < c->max_intake;
		r = am_net_await(&c->net, listen || io == AM_IO_WANT_READ,
		                 io == AM_IO_WANT_WRITE, &c->out_err);
		if (r)
			return lose_output(c, r, err);
		if (listen)
			(void)take_in(c);
	}
	return AM_OK;
}

/* Through deflate, when there is one. */
static int push(struct am_conn *c, const uint8_t *data, size_t len, bool flush,
                struct am_error *err)
{
	size_t got;
	int r = AM_OK;

	if (!c->zip)
		return send_all(c, data, len, err);
	do {
		am_zip_pack(c->zip, &data, &len, flush, c->packed_out,
		            PACKED_BUFFER, &got);
		r = send_all(c, c->packed_out, got, err);
	} while (!r && (len || got == PACKED_BUFFER));
	return r;
}

/* Writing needs no check of the reading side, but cancelling counts. */
static int may_write(struct am_conn *c, struct am_error *err)
{
	if (c->out_status)
		return am_conn_tell(c->out_status, &c->out_err, err);
	if (am_cancel_asked(c->net.cancel))
		return am_net_check(&c->net, err);
	return AM_OK;
}

int am_conn_write(struct am_conn *c, const void *data, size_t len,
                  struct am_error *err)
{
	const uint8_t *from = data;
	int r = may_write(c, err);

	if (r || !len)
		return r;
	c->plain_out += len;
	while (len) {
		if (!c->out_len && len >= WRITE_BUFFER)
			return push(c, from, len, false, err);
		size_t n = WRITE_BUFFER - c->out_len;
		if (n > len)
			n = len;
		memcpy(c->out + c->out_len, from, n);
		c->out_len += n;
		from += n;
		len -= n;
		if (c->out_len < WRITE_BUFFER)
			break;
		c->out_len = 0;
		r = push(c, c->out, WRITE_BUFFER, false, err);
		if (r)
			return r;
	}
	return AM_OK;
}

int am_conn_flush(struct am_conn *c, struct am_error *err)
{
	int r = may_write(c, err);

	if (r)
		return r;
	size_t len = c->out_len;
	c->out_len = 0;
	return push(c, c->out, len, true, err);
}
