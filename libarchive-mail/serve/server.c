/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server's own thread: whoever comes, whoever has something to say (epoll)
 * or stayed away for too long, and the end.  What becomes of a client is in
 * client.c.
 */
#include "serve/server.h"

#include "serve/client.h"
#include "serve/listen.h"
#include "serve/server_impl.h"
#include "serve/vault.h"

#include <glib.h>

#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { TICK_MS = 1000, EVENTS = 256, TRIM_TICKS = 10, TRIM_FROM = 500 };

/* ---- new ones ---- */

static void accept_all(struct am_server *server, const struct listener *l)
{
	for (unsigned i = 0; i < 64; i++) {
		struct sockaddr_storage ss = {.ss_family = AF_UNSPEC};
		socklen_t len = sizeof ss;
		int fd = accept4(l->fd, (struct sockaddr *)&ss, &len,
		                 SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		am_client_take(server, l, fd, &ss);
	}
}

/* ---- time ---- */

static gboolean fade(gpointer key, gpointer value, gpointer user)
{
	(void)key;
	(void)value;
	return g_random_int_range(0, 60) < *(int *)user;
}

/* What a crowd took stays with the allocator, in an arena for each of the
 * threads that served it: 340 MB after 500 at once, of which 270 come back. */
static void give_back_memory(struct am_server *server)
{
#ifdef __GLIBC__
	if (server->ticks % TRIM_TICKS == 0 && server->runs >= TRIM_FROM) {
		server->runs = 0;
		malloc_trim(0);
	}
#endif
	server->ticks++;
}

static void tick(struct am_server *server)
{
	int64_t now = g_get_monotonic_time();
	int chance = 2; /* a bad login is remembered for half a minute */

	give_back_memory(server);
	for (size_t i = 0; i < server->house->n_vaults; i++)
		am_vault_tick(server->house->vaults[i]);
	g_mutex_lock(&server->lock);
	g_hash_table_foreach_remove(server->bad, fade, &chance);
	for (GList *at = server->clients; at; at = at->next) {
		const char *why = am_client_late(at->data, now);
		if (why)
			am_client_send_away(at->data, why);
	}
	g_mutex_unlock(&server->lock);
}

/* ---- the loop ---- */

static void handle(struct am_server *server, const struct epoll_event *event)
{
	uint64_t value;

	if (event->data.ptr == &server->wake) {
		ssize_t n = read(server->wake, &value, sizeof value);
		(void)n;
		return;
	}
	for (size_t i = 0; i < server->n_listeners; i++)
		if (event->data.ptr == &server->listeners[i]) {
			accept_all(server, &server->listeners[i]);
			return;
		}
	am_client_poke(event->data.ptr);
}

/* Until nobody is left, or the time is up. */
static void await_all(struct am_server *server, int64_t until)
{
	while (server->n_clients &&
	       g_cond_wait_until(&server->gone, &server->lock, until))
		;
}

/*
 * Everybody hears BYE.  Who is in the middle of something has a moment to end
 * it; then reading is over for him; and at last writing too.
 */
static void close_all(struct am_server *server)
{
	g_mutex_lock(&server->lock);
	for (GList *at = server->clients; at; at = at->next)
		am_client_send_away(at->data, "the server is going down");
	await_all(server, g_get_monotonic_time() + 2 * G_USEC_PER_SEC);
	for (GList *at = server->clients; at; at = at->next)
		am_client_interrupt(at->data);
	await_all(server, g_get_monotonic_time() + 3 * G_USEC_PER_SEC);
	am_cancel_request(&server->cancel);
	while (server->n_clients)
		g_cond_wait(&server->gone, &server->lock);
	g_mutex_unlock(&server->lock);
}

int am_server_run(struct am_server *server, struct am_error *err)
{
	struct epoll_event events[EVENTS];
	int64_t next = g_get_monotonic_time() + TICK_MS * 1000;

	while (!server->stopping) {
		int64_t wait = (next - g_get_monotonic_time()) / 1000;
		int n = epoll_wait(server->epoll, events, EVENTS,
		                   (int)CLAMP(wait, 0, TICK_MS));
		if (n < 0 && errno != EINTR)
			return am_fail_sys(err, AM_FATAL, "epoll");
		for (int i = 0; i < n; i++)
			handle(server, &events[i]);
		am_clients_bury(server);
		if (server->call) {
			void (*call)(void *user) = server->call;
			server->call = NULL;
			call(server->call_user);
		}
		if (g_get_monotonic_time() >= next) {
			tick(server);
			next = g_get_monotonic_time() + TICK_MS * 1000;
		}
	}
	close_all(server);
	return AM_OK;
}

void am_server_stop(struct am_server *server)
{
	uint64_t one = 1;

	server->stopping = 1;
	ssize_t n = write(server->wake, &one, sizeof one);
	(void)n;
}

void am_server_call(struct am_server *server, void (*what)(void *user),
                    void *user)
{
	uint64_t one = 1;

	server->call_user = user;
	server->call = what;
	ssize_t n = write(server->wake, &one, sizeof one);
	(void)n;
}

/* ---- the whole ---- */

static void or_default(unsigned *value, unsigned otherwise)
{
	if (!*value)
		*value = otherwise;
}

int am_server_new(struct am_server **out, struct am_house *house,
                  const struct am_server_limits *limits, am_server_log *log,
                  void *log_user, struct am_error *err)
{
	struct am_server *s = g_new0(struct am_server, 1);

	if (limits)
		s->limits = *limits;
	or_default(&s->limits.connections, 4096);
	or_default(&s->limits.per_address, 512);
	or_default(&s->limits.workers, 512);
	or_default(&s->limits.login_s, 60);
	or_default(&s->limits.idle_s, 1860);
	or_default(&s->limits.stall_ms, 60000);
	s->house = house;
	s->log = log;
	s->log_user = log_user;
	s->local = true;
	g_mutex_init(&s->lock);
	g_cond_init(&s->gone);
	s->addresses =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	s->users = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	s->bad = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	am_turns_init(&s->desks, s->limits.workers);
	am_turns_init(&s->proofs, g_get_num_processors());
	s->pool = g_thread_pool_new(am_client_work, s,
	                            (gint)s->limits.connections, FALSE, NULL);
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct epoll_event event = {.events = EPOLLIN,
	                            .data = {.ptr = &s->wake}};
	*out = s;
	if (s->epoll < 0 || s->wake < 0 ||
	    epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->wake, &event)) {
		int r = am_fail_sys(err, AM_FATAL, "epoll");
		am_server_free(out);
		return r;
	}
	return AM_OK;
}

void am_server_free(struct am_server **server)
{
	struct am_server *s = *server;

	*server = NULL;
	if (!s)
		return;
	g_thread_pool_free(s->pool, FALSE, TRUE);
	am_clients_bury(s);
	for (size_t i = 0; i < s->n_listeners; i++)
		close(s->listeners[i].fd);
	if (s->epoll >= 0)
		close(s->epoll);
	if (s->wake >= 0)
		close(s->wake);
	g_hash_table_destroy(s->addresses);
	g_hash_table_destroy(s->users);
	g_hash_table_destroy(s->bad);
	g_mutex_clear(&s->lock);
	g_cond_clear(&s->gone);
	am_turns_clear(&s->desks);
	am_turns_clear(&s->proofs);
	g_free(s);
}
