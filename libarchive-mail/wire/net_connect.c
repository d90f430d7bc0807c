/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/net.h"

#include <glib.h>

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * From a host's name to a connected socket.  The resolver of the C library
 * waits as long as it likes and cannot be told to stop; so it runs in a thread
 * of its own, which is left behind when we no longer care.
 */

/* A host may have many addresses; more than this are not tried. */
#define MAX_ADDRESSES 16
/* RFC 8305 §5: the next address gets its chance after this. */
#define ATTEMPT_DELAY_US 250000

/* ---- resolve ---- */

/* Shared by both threads; whoever lets go last frees it. */
struct lookup {
	_Atomic int refs;
	_Atomic bool done;
	char *host;
	char port[8];
	int flags;
	int code, sys;
	struct addrinfo *found;
};

static void let_go(struct lookup *l)
{
	if (atomic_fetch_sub(&l->refs, 1) > 1)
		return;
	if (l->found)
		freeaddrinfo(l->found);
	g_free(l->host);
	g_free(l);
}

static void resolve(struct lookup *l)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC,
	                               .ai_socktype = SOCK_STREAM,
	                               .ai_flags = l->flags | AI_NUMERICSERV};

	l->code = getaddrinfo(l->host, l->port, &hints, &l->found);
	/* RFC 6761 §6.3: this one is known without asking anybody. */
	if (l->code && !g_ascii_strcasecmp(l->host, "localhost"))
		l->code = getaddrinfo("127.0.0.1", l->port, &hints, &l->found);
	l->sys = errno;
	if (l->code)
		l->found = NULL;
	atomic_store(&l->done, true);
}

static void *resolve_apart(void *arg)
{
	resolve(arg);
	let_go(arg);
	return NULL;
}

static int wait_for_name(struct lookup *l, int64_t until,
                         const struct am_cancel *cancel, struct am_error *err)
{
	/* Mostly a few milliseconds; the sleep grows to a tick. */
	gulong us = 500;

	while (!atomic_load(&l->done)) {
		if (am_cancel_asked(cancel))
			return am_fail(err, AM_FATAL, AM_E_CANCELLED,
			               "cancelled");
		if (g_get_monotonic_time() >= until)
			return am_fail(err, AM_RETRY, AM_E_IO,
			               "%s: the name was not resolved in time",
			               l->host);
		g_usleep(us);
		if (us < 50000)
			us *= 2;
	}
	return AM_OK;
}

static int lookup_failed(const struct lookup *l, struct am_error *err)
{
	switch (l->code) {
	case EAI_NONAME:
	case EAI_NODATA:
		return am_fail(err, AM_FATAL, AM_E_NOTFOUND, "%s: no such host",
		               l->host);
	case EAI_SYSTEM:
		errno = l->sys;
		return am_fail_sys(err, AM_RETRY, "%s: cannot resolve",
		                   l->host);
	default:
		return am_fail(err, AM_RETRY, AM_E_IO, "%s: cannot resolve: %s",
		               l->host, gai_strerror(l->code));
	}
}

static int find_addresses(struct lookup *l, int64_t until,
                          const struct am_cancel *cancel, struct am_error *err)
{
	pthread_t thread;

	/* An address in digits asks nobody and needs no thread. */
	l->flags = AI_NUMERICHOST;
	resolve(l);
	if (!l->code)
		return AM_OK;
	l->flags = 0;
	atomic_store(&l->done, false);
	atomic_fetch_add(&l->refs, 1);
	int e = pthread_create(&thread, NULL, resolve_apart, l);
	if (e) {
		atomic_fetch_sub(&l->refs, 1);
		errno = e;
		return am_fail_sys(err, AM_RETRY, "cannot start a thread");
	}
	(void)pthread_detach(thread);
	int r = wait_for_name(l, until, cancel, err);
	if (r)
		return r;
	return l->code ? lookup_failed(l, err) : AM_OK;
}

/* ---- connect ---- */

/* What is under way: sockets that may yet connect. */
struct race {
	const struct addrinfo *order[MAX_ADDRESSES];
	size_t n, started;
	struct pollfd fds[MAX_ADDRESSES];
	size_t open;
	int sys; /* why the last one failed */
};

/* RFC 8305 §4: by turns of the families, the resolver's order otherwise. */
static void put_in_order(struct race *race, const struct addrinfo *all)
{
	int family = all->ai_family;
	const struct addrinfo *a = all, *b = all;

	while (race->n < MAX_ADDRESSES && (a || b)) {
		while (a && a->ai_family != family)
			a = a->ai_next;
		if (a) {
			race->order[race->n++] = a;
			a = a->ai_next;
		}
		while (b && b->ai_family == family)
			b = b->ai_next;
		if (b && race->n < MAX_ADDRESSES) {
			race->order[race->n++] = b;
			b = b->ai_next;
		}
	}
}

/* The next address; *fd >= 0 when it connected on the spot. */
static void start_one(struct race *race, int *fd)
{
	const struct addrinfo *a = race->order[race->started++];
	int s = socket(a->ai_family,
	               a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
	               a->ai_protocol);

	if (s < 0) {
		race->sys = errno;
		return;
	}
	if (!connect(s, a->ai_addr, a->ai_addrlen)) {
		*fd = s;
		return;
	}
	if (errno != EINPROGRESS) {
		race->sys = errno;
		(void)close(s);
		return;
	}
	race->fds[race->open++] = (struct pollfd){.fd = s, .events = POLLOUT};
}

/* Look at those that poll() told of. */
static void collect(struct race *race, int *fd)
{
	for (size_t i = 0; i < race->open && *fd < 0;) {
		struct pollfd *p = &race->fds[i];
		if (!p->revents) {
			i++;
			continue;
		}
		int sys = 0;
		socklen_t len = sizeof sys;
		if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &sys, &len))
			sys = errno;
		if (!sys) {
			*fd = p->fd;
		} else {
			race->sys = sys;
			(void)close(p->fd);
		}
		*p = race->fds[--race->open];
	}
}

static int run_race(struct race *race, int *fd, int64_t until,
                    const struct am_cancel *cancel, struct am_error *err)
{
	int64_t next = 0;

	for (;;) {
		if (am_cancel_asked(cancel))
			return am_fail(err, AM_FATAL, AM_E_CANCELLED,
			               "cancelled");
		int64_t now = g_get_monotonic_time();
		if (now >= until) {
			race->sys = ETIMEDOUT;
			return AM_END;
		}
		while (*fd < 0 && race->started < race->n &&
		       (!race->open || now >= next)) {
			start_one(race, fd);
			next = now + ATTEMPT_DELAY_US;
		}
		if (*fd >= 0)
			return AM_OK;
		if (!race->open)
			return AM_END;
		int64_t us = until - now;
		if (us > AM_NET_TICK_MS * 1000)
			us = AM_NET_TICK_MS * 1000;
		if (race->started < race->n && us > next - now)
			us = next - now;
		if (poll(race->fds, race->open, (int)((us + 999) / 1000)) > 0)
			collect(race, fd);
		if (*fd >= 0)
			return AM_OK;
	}
}

/* What the resolver takes: no brackets of an address bar, no letters beyond
 * ASCII (RFC 5890). */
static char *plain_name(const char *host)
{
	size_t len = strlen(host);

	if (len > 2 && host[0] == '[' && host[len - 1] == ']')
		return g_strndup(host + 1, len - 2);
	char *ascii = g_hostname_to_ascii(host);
	return ascii ? ascii : g_strdup(host);
}

int am_net_connect(int *fd, const char *host, uint16_t port,
                   unsigned timeout_ms, const struct am_cancel *cancel,
                   struct am_error *err)
{
	struct race race = {.n = 0};
	struct lookup *l = g_new0(struct lookup, 1);
	int64_t until = g_get_monotonic_time() + (int64_t)timeout_ms * 1000;

	*fd = -1;
	atomic_init(&l->refs, 1);
	l->host = plain_name(host);
	g_snprintf(l->port, sizeof l->port, "%u", (unsigned)port);
	int r = find_addresses(l, until, cancel, err);
	if (r)
		goto out;
	put_in_order(&race, l->found);
	r = run_race(&race, fd, until, cancel, err);
	if (r != AM_END)
		goto out;
	errno = race.sys;
	r = am_fail_sys(err, AM_RETRY, "cannot connect to %s port %u", host,
	                (unsigned)port);
	if (err)
		err->kind = AM_E_IO;
out:
	for (size_t i = 0; i < race.open; i++)
		(void)close(race.fds[i].fd);
	let_go(l);
	return r;
}
