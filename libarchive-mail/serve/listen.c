/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serve/listen.h"

#include <glib.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

char *am_socket_name(const struct sockaddr_storage *ss, bool port)
{
	char host[NI_MAXHOST], service[NI_MAXSERV];

	if (getnameinfo((const struct sockaddr *)ss, sizeof *ss, host,
	                sizeof host, service, sizeof service,
	                NI_NUMERICHOST | NI_NUMERICSERV))
		return g_strdup("?");
	if (!port)
		return g_strdup(host);
	return g_strdup_printf(strchr(host, ':') ? "[%s]:%s" : "%s:%s", host,
	                       service);
}

bool am_socket_is_loopback(const struct sockaddr_storage *ss)
{
	if (ss->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)ss;
		return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	}
	if (ss->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const void *)ss;
		return IN6_IS_ADDR_LOOPBACK(&in->sin6_addr) ||
		       (IN6_IS_ADDR_V4MAPPED(&in->sin6_addr) &&
		        in->sin6_addr.s6_addr[12] == 127);
	}
	return false;
}

/* "host:port", "[::1]:port", ":port", "port" */
static bool split(const char *address, char **host, char **port)
{
	const char *colon = strrchr(address, ':');
	size_t len = colon ? (size_t)(colon - address) : 0;

	*port = g_strdup(colon ? colon + 1 : address);
	if (len > 1 && *address == '[' && address[len - 1] == ']')
		*host = g_strndup(address + 1, len - 2);
	else
		*host = len ? g_strndup(address, len) : NULL;
	guint64 n;
	return g_ascii_string_to_unsigned(*port, 10, 0, 65535, &n, NULL);
}

static int open_one(const struct addrinfo *ai, uint16_t port, int *out,
                    struct am_error *err)
{
	struct sockaddr_storage ss;
	int on = 1;

	memcpy(&ss, ai->ai_addr, ai->ai_addrlen);
	if (port && ss.ss_family == AF_INET)
		((struct sockaddr_in *)&ss)->sin_port = htons(port);
	if (port && ss.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&ss)->sin6_port = htons(port);
	int fd = socket(ai->ai_family,
	                ai->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	*out = fd;
	if (fd < 0)
		return am_fail_sys(err, AM_FAILED, "socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (ai->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&ss, ai->ai_addrlen) ||
	    listen(fd, BACKLOG)) {
		char *name = am_socket_name(&ss, true);
		int r = am_fail_sys(err, AM_FAILED, "%s", name);
		g_free(name);
		close(fd);
		return r;
	}
	return AM_OK;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss;

	memset(&ss, 0, sizeof ss);
	if (getsockname(fd, (struct sockaddr *)&ss, &len))
		return 0;
	return ntohs(ss.ss_family == AF_INET
	                     ? ((struct sockaddr_in *)&ss)->sin_port
	                     : ((struct sockaddr_in6 *)&ss)->sin6_port);
}

int am_listen(const char *address, int *fds, size_t room, size_t *n,
              struct am_error *err)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
	                               .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *all = NULL;
	char *host, *port;
	struct am_error first = {0};
	uint16_t chosen = 0;
	int r = AM_OK;

	*n = 0;
	if (!split(address, &host, &port))
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		            "\"%s\" is no ADDRESS:PORT", address);
	int failed = r ? 0 : getaddrinfo(host, port, &hints, &all);
	if (failed)
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT, "%s: %s", address,
		            gai_strerror(failed));
	for (const struct addrinfo *ai = all; ai && *n < room;
	     ai = ai->ai_next) {
		struct am_error why = {0};
		if (open_one(ai, chosen, &fds[*n], &why)) {
			if (!first.kind)
				first = why;
			continue;
		}
		chosen = port_of(fds[(*n)++]);
	}
	/* One of a name's addresses will do: not every machine has IPv6. */
	if (!r && !*n) {
		r = AM_FAILED;
		if (err)
			*err = first;
	}
	if (all)
		freeaddrinfo(all);
	g_free(host);
	g_free(port);
	return r;
}
