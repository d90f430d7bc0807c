/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A client is parked (epoll waits for it), queued or running (a worker has it).
 * Who sends half a line, reads slowly or is made to wait for a wrong password
 * holds a thread and no more: only those who do something are counted.
 * Whoever finds something for it to do pokes it: parked, it is queued; else it
 * is told to look once more before it parks.  So nothing is missed and no two
 * workers ever have the same one.
 */
#include "serve/client.h"

#include "serve/listen.h"
#include "serve/session.h"
#include "wire/conn.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { DELAY_MS = 400, DELAYS_MOST = 8, USER_MOST = 512 };

enum where { PARKED, QUEUED, RUNNING };

struct am_client {
	struct am_server *server;
	int fd;
	enum am_protocol protocol;
	uint64_t number; /* for the log */
	int64_t since;   /* monotonic */
	char *peer;
	char *user; /* as whom it is counted; NULL: not */
	bool loopback;
	struct am_conn *conn; /* the session's, once there is one */
	struct am_session *session;

	GMutex lock;
	enum where where;
	bool again; /* look once more before parking */
	bool in_epoll;
	const char *bye;  /* it is to go, for this reason */
	int64_t deadline; /* monotonic; parked longer than that it goes */
	GList *link;
};

static void note(const struct am_client *c, const char *event, const char *user,
                 const char *why)
{
	static const char *const protocols[] = {[AM_SERVE_IMAP] = "imap",
	                                        [AM_SERVE_IMAPS] = "imaps",
	                                        [AM_SERVE_POP3] = "pop3",
	                                        [AM_SERVE_POP3S] = "pop3s"};
	const struct am_server *server = c->server;
	const struct am_server_event e = {
		.event = event,
		.protocol = protocols[c->protocol],
		.peer = c->peer,
		.connection = c->number,
		.user = user,
		.why = why,
		.seconds =
			(g_get_monotonic_time() - c->since) / G_USEC_PER_SEC};

	if (server->log)
		server->log(server->log_user, &e);
}

/* ---- counting ---- */

static guint count(GHashTable *table, const char *key, int by)
{
	guint n = GPOINTER_TO_UINT(g_hash_table_lookup(table, key));

	n = (guint)((int)n + by);
	if (n)
		g_hash_table_insert(table, g_strdup(key), GUINT_TO_POINTER(n));
	else
		g_hash_table_remove(table, key);
	return n;
}

/* ---- workers ---- */

static void on_wait(void *user, bool begins)
{
	struct am_client *c = user;

	if (begins)
		am_turns_leave(&c->server->desks);
	else
		am_turns_take(&c->server->desks);
}

/* It takes a processor for milliseconds, and anybody can ask for it: so many at
 * once as there are processors, beside all who have something else to do. */
static void prove(void *user, bool begins)
{
	struct am_server *server = ((struct am_client *)user)->server;

	if (begins) {
		am_turns_leave(&server->desks);
		am_turns_take(&server->proofs);
	} else {
		am_turns_leave(&server->proofs);
		am_turns_take(&server->desks);
	}
}

static void queue(struct am_client *c)
{
	c->where = QUEUED;
	g_thread_pool_push(c->server->pool, c, NULL);
}

/* Its lock is held. */
static void wake(struct am_client *c)
{
	if (c->where == PARKED)
		queue(c);
	else
		c->again = true;
}

void am_client_poke(void *user)
{
	struct am_client *c = user;

	g_mutex_lock(&c->lock);
	wake(c);
	g_mutex_unlock(&c->lock);
}

/* The one more of this user. */
static bool is_welcome(struct am_client *c, const char *name)
{
	struct am_server *server = c->server;
	unsigned most = server->limits.per_user;

	if (c->loopback && !most)
		return true;
	g_mutex_lock(&server->lock);
	bool good = count(server->users, name, 1) <= (most ? most : USER_MOST);
	if (good)
		c->user = g_strdup(name);
	else
		count(server->users, name, -1);
	g_mutex_unlock(&server->lock);
	return good;
}

static bool tried(void *user, const char *name, bool good)
{
	struct am_client *c = user;
	struct am_server *server = c->server;

	if (good && !is_welcome(c, name)) {
		note(c, "too-many", name, NULL);
		return false;
	}
	note(c, good ? "login" : "refused", name, NULL);
	if (good)
		return true;
	/* Names are anybody's; no more of them is kept than tells them apart.
	 */
	char *who = g_strdup_printf("=%.64s", name ? name : "");
	g_mutex_lock(&server->lock);
	guint n = count(server->bad, c->peer, 1);
	guint of_user = count(server->bad, who, 1);
	g_mutex_unlock(&server->lock);
	g_free(who);
	/* Each costs more than the one before, whoever counts connections, and
	 * from wherever somebody's password is guessed at. */
	am_turns_leave(&server->desks);
	g_usleep((gulong)MIN(MAX(n, of_user), DELAYS_MOST) * DELAY_MS * 1000);
	am_turns_take(&server->desks);
	return false;
}

static void end_client(struct am_client *c)
{
	struct am_server *server = c->server;

	am_session_free(&c->session);
	note(c, "gone", NULL, NULL);
	g_mutex_lock(&server->lock);
	server->clients = g_list_delete_link(server->clients, c->link);
	server->n_clients--;
	count(server->addresses, c->peer, -1);
	if (c->user)
		count(server->users, c->user, -1);
	server->dead = g_slist_prepend(server->dead, c);
	if (!server->n_clients)
		g_cond_signal(&server->gone);
	g_mutex_unlock(&server->lock);
}

/* The connection and its session, on the worker: a handshake takes time. */
static bool begin(struct am_client *c)
{
	struct am_server *server = c->server;
	struct am_error err = {0};
	struct am_conn *conn;

	if (am_conn_accept(&conn, c->fd, server->limits.stall_ms,
	                   &server->cancel, &err))
		return false;
	am_conn_on_wait(conn, on_wait, c);
	bool tls =
		c->protocol == AM_SERVE_IMAPS || c->protocol == AM_SERVE_POP3S;
	if (tls && am_conn_starttls_accept(conn, server->house->tls, &err)) {
		note(c, "tls", NULL, err.text);
		am_conn_close(&conn);
		return false;
	}
	struct am_session_opts opts = {.house = server->house,
	                               .conn = conn,
	                               .peer = c->peer,
	                               .pop3 = c->protocol >= AM_SERVE_POP3,
	                               .loopback = c->loopback,
	                               .poke = am_client_poke,
	                               .tried = tried,
	                               .prove = prove,
	                               .user = c};
	c->session = am_session_new(&opts);
	g_mutex_lock(&c->lock);
	c->conn = conn;
	g_mutex_unlock(&c->lock);
	return true;
}

static void arm(struct am_client *c)
{
	struct epoll_event event = {.events =
	                                    EPOLLIN | EPOLLRDHUP | EPOLLONESHOT,
	                            .data = {.ptr = c}};

	epoll_ctl(c->server->epoll, c->in_epoll ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
	          c->fd, &event);
	c->in_epoll = true;
}

/* How long it may stay parked.  A stranger has his minute from the beginning:
 * to say something now and then is no way to stay. */
static int64_t patience(const struct am_client *c)
{
	const struct am_server_limits *l = &c->server->limits;

	if (!am_session_logged_in(c->session))
		return c->since + (int64_t)l->login_s * G_USEC_PER_SEC;
	return g_get_monotonic_time() + (int64_t)l->idle_s * G_USEC_PER_SEC;
}

/* Until it is parked, or gone. */
static void run(struct am_client *c)
{
	c->server->runs++;
	g_mutex_lock(&c->lock);
	c->where = RUNNING;
	g_mutex_unlock(&c->lock);
	bool over = !c->session && !begin(c);
	while (!over) {
		g_mutex_lock(&c->lock);
		c->again = false;
		const char *bye = c->bye;
		g_mutex_unlock(&c->lock);
		if (bye)
			am_session_bye(c->session, bye);
		over = am_session_run(c->session) == AM_SESSION_OVER;
		if (over)
			break;
		g_mutex_lock(&c->lock);
		bool parks = !c->again && !c->bye;
		if (parks) {
			c->where = PARKED;
			c->deadline = patience(c);
			/* From here on somebody else may have it. */
			arm(c);
		}
		g_mutex_unlock(&c->lock);
		if (parks)
			return;
	}
	g_mutex_lock(&c->lock);
	if (c->in_epoll)
		epoll_ctl(c->server->epoll, EPOLL_CTL_DEL, c->fd, NULL);
	c->conn = NULL;
	g_mutex_unlock(&c->lock);
	end_client(c);
}

void am_client_work(gpointer data, gpointer user)
{
	struct am_server *server = user;

	am_turns_take(&server->desks);
	run(data);
	am_turns_leave(&server->desks);
}

/* ---- one comes, and goes ---- */

static void refuse(int fd, const char *why)
{
	ssize_t n = send(fd, why, strlen(why), MSG_NOSIGNAL | MSG_DONTWAIT);

	(void)n;
	close(fd);
}

void am_client_take(struct am_server *server, const struct listener *l, int fd,
                    const struct sockaddr_storage *ss)
{
	struct am_client *c = g_new0(struct am_client, 1);
	int on = 1;

	c->server = server;
	c->fd = fd;
	c->protocol = l->protocol;
	c->number = ++server->n_ever;
	c->since = g_get_monotonic_time();
	c->peer = am_socket_name(ss, false);
	c->loopback = am_socket_is_loopback(ss);
	g_mutex_init(&c->lock);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	g_mutex_lock(&server->lock);
	guint n = count(server->addresses, c->peer, 1);
	bool much = server->n_clients >= server->limits.connections ||
	            (!c->loopback && n > server->limits.per_address);
	if (much) {
		count(server->addresses, c->peer, -1);
	} else {
		server->clients = g_list_prepend(server->clients, c);
		c->link = server->clients;
		server->n_clients++;
	}
	g_mutex_unlock(&server->lock);
	if (much) {
		note(c, "too-many", NULL, NULL);
		refuse(fd, l->protocol == AM_SERVE_IMAP
		                   ? "* BYE [UNAVAILABLE] too many "
		                     "connections\r\n"
		                   : "");
		g_mutex_clear(&c->lock);
		g_free(c->peer);
		g_free(c);
		return;
	}
	g_mutex_lock(&c->lock);
	queue(c);
	g_mutex_unlock(&c->lock);
}

void am_clients_bury(struct am_server *server)
{
	g_mutex_lock(&server->lock);
	GSList *dead = server->dead;
	server->dead = NULL;
	g_mutex_unlock(&server->lock);
	for (GSList *at = dead; at; at = at->next) {
		struct am_client *c = at->data;
		g_mutex_clear(&c->lock);
		g_free(c->peer);
		g_free(c->user);
		g_free(c);
	}
	g_slist_free(dead);
}

void am_client_send_away(struct am_client *c, const char *why)
{
	g_mutex_lock(&c->lock);
	c->bye = why;
	wake(c);
	g_mutex_unlock(&c->lock);
}

/* Something that was said lies there, and only nobody came round to it. */
static bool has_said(const struct am_client *c)
{
	char byte;

	return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* A stranger who speaks when his minute is over has another one, no more. */
static const char *late_parked(const struct am_client *c, int64_t now)
{
	int64_t grace = (int64_t)c->server->limits.login_s * G_USEC_PER_SEC;

	if (am_session_logged_in(c->session))
		return has_said(c) ? NULL : "nothing was said for too long";
	return now <= c->deadline + grace && has_said(c)
	               ? NULL
	               : "nobody logged in for too long";
}

const char *am_client_late(struct am_client *c, int64_t now)
{
	const char *why = NULL;

	g_mutex_lock(&c->lock);
	if (c->where == PARKED && now > c->deadline)
		why = late_parked(c, now);
	g_mutex_unlock(&c->lock);
	return why;
}

void am_client_interrupt(struct am_client *c)
{
	g_mutex_lock(&c->lock);
	if (c->conn)
		am_conn_interrupt(c->conn);
	g_mutex_unlock(&c->lock);
}
