/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One poll() loop.  What is read is kept for half the delay and then written:
 * bytes in flight, not a slower line, as long as they are fewer than IN_FLIGHT.
 * With a rate, each piece from the server is due that much after the one
 * before.
 */
#include "tests/support/relay.h"

#include <glib.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 128 << 10, IN_FLIGHT = 32 << 20, MOST_LINES = 64 };

struct piece {
	gint64 due;
	size_t len, sent;
	char data[];
};

struct way {
	int from, to;
	GQueue pieces;
	size_t in_flight;
	bool ended; /* no more comes from there */
	bool told;  /* and the other end knows */
};

struct line {
	struct way up, down;
	uint64_t got;   /* from the server */
	gint64 free_at; /* when all of it has passed */
	bool client_spoke;
};

static void die(const char *what)
{
	perror(what);
	abort();
}

static void drop_pieces(struct way *w)
{
	g_queue_clear_full(&w->pieces, g_free);
	w->in_flight = 0;
}

static void line_free(gpointer data)
{
	struct line *l = data;

	close(l->up.from);
	close(l->up.to);
	drop_pieces(&l->up);
	drop_pieces(&l->down);
	g_free(l);
}

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static void prepare(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	fcntl(fd, F_SETFL, O_NONBLOCK);
}

static void accept_line(struct relay *r, GPtrArray *lines)
{
	struct sockaddr_in to = loopback(r->to);
	int client = accept4(r->fd, NULL, NULL, SOCK_CLOEXEC);
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (client < 0 || server < 0 ||
	    connect(server, (struct sockaddr *)&to, sizeof(to))) {
		if (client >= 0)
			close(client);
		if (server >= 0)
			close(server);
		return;
	}
	prepare(client);
	prepare(server);
	struct line *l = g_new0(struct line, 1);
	l->up.from = l->down.to = client;
	l->up.to = l->down.from = server;
	g_queue_init(&l->up.pieces);
	g_queue_init(&l->down.pieces);
	g_ptr_array_add(lines, l);
	r->connections++;
}

/* False when the line is broken. */
static bool take_in(struct relay *r, struct line *l, struct way *w)
{
	struct piece *p = g_malloc(sizeof(*p) + PIECE);
	/* A slow line passes little at a time. */
	size_t most = r->rate ? CLAMP(r->rate / 50, 1000, PIECE) : PIECE;
	ssize_t n = recv(w->from, p->data, most, 0);

	if (n <= 0) {
		g_free(p);
		w->ended = n == 0;
		return n == 0 || errno == EAGAIN;
	}
	*p = (struct piece){.due = g_get_monotonic_time() +
	                           (gint64)r->delay_ms * 500,
	                    .len = (size_t)n};
	p = g_realloc(p, sizeof(*p) + p->len);
	g_queue_push_tail(&w->pieces, p);
	w->in_flight += p->len;
	if (w == &l->up) {
		r->turns += !l->client_spoke;
		r->up += p->len;
		l->client_spoke = true;
		return true;
	}
	l->client_spoke = false;
	if (r->rate) {
		l->free_at = MAX(l->free_at, p->due) +
		             (gint64)p->len * 1000000 / r->rate;
		p->due = l->free_at;
	}
	r->down += p->len;
	l->got += p->len;
	if (!r->cuts || l->got < r->cut_at)
		return true;
	r->cuts--;
	return false;
}

static bool give_out(struct way *w, gint64 now)
{
	struct piece *p;

	while ((p = g_queue_peek_head(&w->pieces)) && p->due <= now) {
		ssize_t n = send(w->to, p->data + p->sent, p->len - p->sent,
		                 MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN;
		p->sent += (size_t)n;
		w->in_flight -= (size_t)n;
		if (p->sent < p->len)
			return true;
		g_free(g_queue_pop_head(&w->pieces));
	}
	if (w->ended && !p && !w->told) {
		shutdown(w->to, SHUT_WR);
		w->told = true;
	}
	return true;
}

static void add_wish(GArray *polls, const struct way *w, gint64 now,
                     gint64 *wait)
{
	const struct piece *p = g_queue_peek_head((GQueue *)&w->pieces);
	struct pollfd in = {.fd = w->from}, out = {.fd = w->to};

	if (!w->ended && w->in_flight < IN_FLIGHT)
		in.events = POLLIN;
	if (p && p->due <= now)
		out.events = POLLOUT;
	else if (p)
		*wait = MIN(*wait, p->due - now);
	/* poll() reports an error on any descriptor it is shown. */
	in.fd = in.events ? in.fd : -1;
	out.fd = out.events ? out.fd : -1;
	g_array_append_val(polls, in);
	g_array_append_val(polls, out);
}

static bool serve_line(struct relay *r, struct line *l, const struct pollfd *p,
                       gint64 now)
{
	bool good = true;

	if (p[0].revents)
		good = take_in(r, l, &l->up);
	if (good && p[2].revents)
		good = take_in(r, l, &l->down);
	return good && give_out(&l->up, now) && give_out(&l->down, now) &&
	       !(l->up.told && l->down.told);
}

static gpointer relay_thread(gpointer user)
{
	struct relay *r = user;
	GPtrArray *lines = g_ptr_array_new_with_free_func(line_free);
	GArray *polls = g_array_new(FALSE, FALSE, sizeof(struct pollfd));

	for (;;) {
		gint64 now = g_get_monotonic_time(), wait = 1000000;
		struct pollfd own[2] = {
			{.fd = lines->len < MOST_LINES ? r->fd : -1,
		         .events = POLLIN},
			{.fd = r->wake[0], .events = POLLIN}};
		g_array_set_size(polls, 0);
		g_array_append_vals(polls, own, 2);
		for (guint i = 0; i < lines->len; i++) {
			struct line *l = lines->pdata[i];
			add_wish(polls, &l->up, now, &wait);
			add_wish(polls, &l->down, now, &wait);
		}
		struct timespec t = {.tv_sec = wait / 1000000,
		                     .tv_nsec = wait % 1000000 * 1000};
		struct pollfd *p = (struct pollfd *)(void *)polls->data;
		if (ppoll(p, polls->len, &t, NULL) < 0 && errno != EINTR)
			die("poll");
		if (p[1].revents)
			break;
		now = g_get_monotonic_time();
		guint n = lines->len;
		for (guint i = n; i-- > 0;)
			if (!serve_line(r, lines->pdata[i], p + 2 + 4 * i, now))
				g_ptr_array_remove_index(lines, i);
		if (p[0].revents)
			accept_line(r, lines);
	}
	g_array_unref(polls);
	g_ptr_array_unref(lines);
	return NULL;
}

void relay_start(struct relay *r)
{
	struct sockaddr_in at = loopback(0);
	socklen_t len = sizeof(at);

	r->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (r->fd < 0 || bind(r->fd, (struct sockaddr *)&at, sizeof(at)) ||
	    listen(r->fd, 16) ||
	    getsockname(r->fd, (struct sockaddr *)&at, &len) ||
	    pipe2(r->wake, O_CLOEXEC))
		die("relay");
	r->port = ntohs(at.sin_port);
	r->thread = g_thread_new("relay", relay_thread, r);
}

void relay_stop(struct relay *r)
{
	if (write(r->wake[1], "", 1) != 1)
		die("relay");
	g_thread_join(r->thread);
	close(r->wake[1]);
	close(r->wake[0]);
	close(r->fd);
}
