/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_CLIENT_H
#define AM_SERVE_CLIENT_H

#include "serve/server_impl.h"

#include <sys/socket.h>

/* One connection, from when it was accepted.  Lives until it is buried. */
struct am_client;

/* A new one, or nobody when there are too many.  Takes the socket. */
void am_client_take(struct am_server *server, const struct listener *l, int fd,
                    const struct sockaddr_storage *from);
/* There may be something for it to do. */
void am_client_poke(void *client);
/* Serves it until it is parked or gone: for the server's pool. */
void am_client_work(gpointer client, gpointer server);
/* Why it has to go by now (monotonic); NULL: it has time yet. */
const char *am_client_late(struct am_client *client, int64_t now);
/* It hears BYE when it does nothing. */
void am_client_send_away(struct am_client *client, const char *why);
/* Nothing is read from it any more. */
void am_client_interrupt(struct am_client *client);
/* Those that are gone; in the server's thread, when it has no events at hand.
 */
void am_clients_bury(struct am_server *server);

#endif
