/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/http_server.h"

#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct http_server {
	int fd;
	uint16_t port;
	http_handler handler;
	void *user;
	GThread *thread;
};

static void serve(struct http_server *server, int fd)
{
	GString *in = g_string_new(NULL);
	char buf[4096];
	const char *body = NULL;
	size_t want = 0;

	while (!body || strlen(body) < want) {
		ssize_t n = read(fd, buf, sizeof buf);
		if (n <= 0)
			goto out;
		g_string_append_len(in, buf, n);
		body = strstr(in->str, "\r\n\r\n");
		if (!body)
			continue;
		body += 4;
		const char *length = strstr(in->str, "Content-Length: ");
		want = length ? strtoul(length + 16, NULL, 10) : 0;
	}
	char **words = g_strsplit_set(in->str, " \r", 3);
	GHashTable *form =
		g_uri_parse_params(body, -1, "&", G_URI_PARAMS_NONE, NULL);
	char *answer = server->handler(server->user, words[1], form);
	if (answer)
		(void)!send(fd, answer, strlen(answer), MSG_NOSIGNAL);
	g_free(answer);
	g_hash_table_unref(form);
	g_strfreev(words);
out:
	g_string_free(in, TRUE);
	close(fd);
}

static gpointer run(gpointer arg)
{
	struct http_server *server = arg;
	int fd;

	while ((fd = accept(server->fd, NULL, NULL)) >= 0)
		serve(server, fd);
	return NULL;
}

struct http_server *http_server_start(http_handler handler, void *user)
{
	struct http_server *server = g_new0(struct http_server, 1);
	struct sockaddr_in at = {.sin_family = AF_INET,
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof at;

	server->handler = handler;
	server->user = user;
	server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert(!bind(server->fd, (struct sockaddr *)&at, len));
	cr_assert(!listen(server->fd, 16));
	cr_assert(!getsockname(server->fd, (struct sockaddr *)&at, &len));
	server->port = ntohs(at.sin_port);
	server->thread = g_thread_new("http", run, server);
	return server;
}

void http_server_stop(struct http_server *server)
{
	shutdown(server->fd, SHUT_RDWR);
	g_thread_join(server->thread);
	close(server->fd);
	g_free(server);
}

char *http_server_url(const struct http_server *server, const char *path)
{
	return g_strdup_printf("http://127.0.0.1:%u%s", server->port, path);
}

char *http_answer(unsigned status, const char *body)
{
	return g_strdup_printf("HTTP/1.1 %u Words\r\n"
	                       "Content-Type: application/json\r\n"
	                       "Content-Length: %zu\r\n\r\n%s",
	                       status, strlen(body), body);
}

unsigned http_visit(const char *url)
{
	GUri *uri = g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)g_uri_get_port(uri)),
	};
	unsigned status = 0;
	char buf[1024] = "";

	if (!connect(fd, (struct sockaddr *)&at, sizeof at)) {
		const char *path = g_uri_get_path(uri);
		const char *query = g_uri_get_query(uri);
		char *request = g_strdup_printf(
			"GET %s%s%s HTTP/1.1\r\nHost: x\r\n\r\n",
			*path ? path : "/", query ? "?" : "",
			query ? query : "");
		(void)!send(fd, request, strlen(request), MSG_NOSIGNAL);
		ssize_t n = read(fd, buf, sizeof buf - 1);
		if (n > 12)
			status = (unsigned)strtoul(buf + 9, NULL, 10);
		g_free(request);
	}
	close(fd);
	g_uri_unref(uri);
	return status;
}
