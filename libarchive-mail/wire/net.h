/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_WIRE_NET_H
#define AM_WIRE_NET_H

#include "base/cancel.h"
#include "base/error.h"

/*
 * The bottom of a connection: a non-blocking TCP socket, waiting for it with a
 * way out, a speed limit, and counts.  Only wire/conn*.c and wire/tls*.c know
 * it; everybody else sees am_conn.
 */

/* What one try that never waits came to.  WANT_…: nothing, until the socket
 * can be read or written. */
enum am_io {
	AM_IO_OK,
	AM_IO_END,
	AM_IO_WANT_READ,
	AM_IO_WANT_WRITE,
	AM_IO_BAD
};

/* A token bucket: bytes that may pass now, refilled as time goes by. */
struct am_bucket {
	uint64_t rate; /* bytes a second; 0: no limit */
	double tokens;
	int64_t filled;   /* when, in monotonic microseconds */
	int64_t ready_at; /* empty: when to try again */
};

struct am_net {
	int fd;
	int wake; /* an eventfd that interrupts */
	const struct am_cancel *cancel;
	_Atomic bool interrupted;
	int64_t grace_until;
	unsigned stall_ms;
	int64_t moved;    /* when a byte last passed, or waiting began */
	int64_t deadline; /* for a whole handshake; 0: none */
	struct am_bucket in, out;
	uint64_t n_in, n_out;
	int64_t waited_us;
	void (*on_wait)(void *user, bool begins); /* NULL: nobody asks */
	void *on_wait_user;
	bool eof;    /* the peer closed its side */
	int sys;     /* errno of what broke reading */
	int out_sys; /* … writing: what the peer said last can be read on */
	char *peer;  /* for texts: the host, or an address */
};

/* Takes the connected socket, also when it fails. */
AM_MUST_USE int am_net_init(struct am_net *net, int fd, const char *peer,
                            unsigned stall_ms, uint64_t rate,
                            const struct am_cancel *cancel,
                            struct am_error *err);
void am_net_close(struct am_net *net);

enum am_io am_net_recv(struct am_net *net, void *buf, size_t room, size_t *got);
enum am_io am_net_send(struct am_net *net, const void *data, size_t len,
                       size_t *sent);
/* AM_FATAL, cancelled, once somebody asked to stop. */
AM_MUST_USE int am_net_check(const struct am_net *net, struct am_error *err);
/* Until the socket can be read (in) or written (out): AM_OK, perhaps for
 * nothing; AM_END at `until` (monotonic microseconds). */
AM_MUST_USE int am_net_wait(struct am_net *net, bool in, bool out,
                            int64_t until, struct am_error *err);
/* Let a little more come in where much is coming: to be woken for each packet
 * costs more than to take them. */
void am_net_nap(struct am_net *net);
/* The same as wait, and an error when nothing moved for stall_ms, or at the
 * deadline. am_net_begin() starts that clock. */
void am_net_begin(struct am_net *net);
AM_MUST_USE int am_net_await(struct am_net *net, bool in, bool out,
                             struct am_error *err);
/* Say what sys, out_sys or eof mean; returns AM_RETRY. */
int am_net_broken(const struct am_net *net, struct am_error *err);

/* A socket connected to the host; see am_conn_open(). */
AM_MUST_USE int am_net_connect(int *fd, const char *host, uint16_t port,
                               unsigned timeout_ms,
                               const struct am_cancel *cancel,
                               struct am_error *err);

/* How long to sleep at most before the cancel flag is looked at again. */
#define AM_NET_TICK_MS 150

#endif
