/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_LISTEN_H
#define AM_SERVE_LISTEN_H

#include "base/error.h"

#include <sys/socket.h>

/* Sockets that listen at "HOST:PORT", non-blocking, into fds (at most room);
 * all of a name's addresses, with one port also where it was 0. */
AM_MUST_USE int am_listen(const char *address, int *fds, size_t room, size_t *n,
                          struct am_error *err);
/* "127.0.0.1:1143"; g_free(). */
char *am_socket_name(const struct sockaddr_storage *ss, bool port);
bool am_socket_is_loopback(const struct sockaddr_storage *ss);

#endif
