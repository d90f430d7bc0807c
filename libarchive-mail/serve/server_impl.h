/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_SERVER_IMPL_H
#define AM_SERVE_SERVER_IMPL_H

#include "base/cancel.h"
#include "serve/server.h"
#include "serve/turns.h"

#include <glib.h>

/* What server.c, client.c and server_listen.c, which has the places they come
 * to, share. */
struct listener {
	int fd;
	enum am_protocol protocol;
};

struct am_server {
	struct am_house *house;
	struct am_server_limits limits;
	am_server_log *log;
	void *log_user;
	int epoll, wake;
	struct listener listeners[32];
	size_t n_listeners;
	bool local;
	GThreadPool *pool; /* a thread for each client that is not parked; */
	struct am_turns desks;   /* so many of them do something at once, */
	struct am_turns proofs;  /* and so many more check a password */
	struct am_cancel cancel; /* when patience at shutdown is over */
	uint64_t n_ever;         /* clients so far; the server's own thread's */
	_Atomic int stopping;
	void (*call)(void *user);
	void *call_user;

	GMutex lock; /* clients, addresses, bad */
	GCond gone;
	GList *clients;
	GSList *dead; /* clients that may still stand in a batch of events */
	guint n_clients;
	GHashTable *addresses; /* peer -> count */
	GHashTable *users;     /* name -> count */
	GHashTable *bad;       /* peer, and "=" user -> bad logins of late */
	_Atomic unsigned runs; /* of sessions, since memory was given back */
	unsigned ticks;
};

#endif
