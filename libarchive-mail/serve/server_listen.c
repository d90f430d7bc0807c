/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serve/server_impl.h"

#include "serve/listen.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

int am_server_adopt(struct am_server *server, int fd, enum am_protocol protocol,
                    char **where, struct am_error *err)
{
	struct sockaddr_storage ss = {.ss_family = AF_UNSPEC};
	socklen_t len = sizeof ss;
	struct listener *l = &server->listeners[server->n_listeners];
	struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = l}};

	if (server->n_listeners == AM_COUNT(server->listeners)) {
		close(fd);
		return am_fail(err, AM_FAILED, AM_E_LIMIT,
		               "too many addresses to listen at");
	}
	if (getsockname(fd, (struct sockaddr *)&ss, &len) ||
	    epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event)) {
		int r = am_fail_sys(err, AM_FAILED, "a socket to listen at");
		close(fd);
		return r;
	}
	*l = (struct listener){fd, protocol};
	server->n_listeners++;
	server->local &= am_socket_is_loopback(&ss);
	if (where && !*where)
		*where = am_socket_name(&ss, true);
	return AM_OK;
}

int am_server_listen(struct am_server *server, const char *address,
                     enum am_protocol protocol, char **where,
                     struct am_error *err)
{
	int fds[8];
	size_t n;

	char *first = NULL;

	int r = am_listen(address, fds, AM_COUNT(fds), &n, err);
	for (size_t i = 0; i < n; i++)
		if (r)
			close(fds[i]);
		else
			r = am_server_adopt(server, fds[i], protocol, &first,
			                    err);
	if (where)
		*where = first;
	else
		g_free(first);
	return r;
}

bool am_server_is_local(const struct am_server *server)
{
	return server->local;
}
