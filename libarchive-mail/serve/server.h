/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_SERVER_H
#define AM_SERVE_SERVER_H

#include "serve/house.h"

/*
 * Listening sockets and the sessions behind them.
 *
 * One thread waits for all that is quiet (epoll); what has something to do goes
 * to a worker until it is quiet again.  So an idle client costs a few kB and no
 * thread, and one that reads slowly holds up nobody but its own worker.
 */
struct am_server;

enum am_protocol {
	AM_SERVE_IMAP,
	AM_SERVE_IMAPS,
	AM_SERVE_POP3,
	AM_SERVE_POP3S
};

struct am_server_limits {
	unsigned connections;     /* in all; 0: 4096 */
	unsigned per_address;     /* 0: 512; the loopback is not counted */
	unsigned per_user;        /* 0: 512, the loopback not counted */
	unsigned workers;         /* do something at once, and do not just wait
	                           * for their clients; 0: 512 */
	unsigned login_s, idle_s; /* 0: 60; 1,860 (30 minutes and one) */
	unsigned stall_ms;        /* of one that takes or gives nothing in the
	                           * middle of something; 0: 60,000 */
};

/* Things worth a line in a log; never mail. */
struct am_server_event {
	const char *event; /* "login", "refused", "gone", "tls", "too-many" */
	const char *protocol, *peer;
	uint64_t connection;    /* in this run, from 1 on */
	const char *user, *why; /* or NULL */
	int64_t seconds;        /* it was there; of "gone" */
};
/* Called by any thread. */
typedef void am_server_log(void *user, const struct am_server_event *event);

AM_MUST_USE int am_server_new(struct am_server **out, struct am_house *house,
                              const struct am_server_limits *limits,
                              am_server_log *log, void *log_user,
                              struct am_error *err);
/* "127.0.0.1:1143", ":993" (all addresses), "[::1]:143", "localhost:0".  What
 * it came to, g_free(*where); NULL: not wanted. */
AM_MUST_USE int am_server_listen(struct am_server *server, const char *address,
                                 enum am_protocol protocol, char **where,
                                 struct am_error *err);
/* The same of a socket that listens already, non-blocking; it is taken. */
AM_MUST_USE int am_server_adopt(struct am_server *server, int fd,
                                enum am_protocol protocol, char **where,
                                struct am_error *err);
/* Is every address listened to so far one of this machine alone? */
bool am_server_is_local(const struct am_server *server);
/* Until asked to stop; then everybody is told BYE. */
AM_MUST_USE int am_server_run(struct am_server *server, struct am_error *err);
/* From any thread, and from a signal handler. */
void am_server_stop(struct am_server *server);
/* In the server's thread, between two waits; once. */
void am_server_call(struct am_server *server, void (*what)(void *user),
                    void *user);
void am_server_free(struct am_server **server);

#endif
