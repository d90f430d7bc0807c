/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_HTTP_SERVER_H
#define AM_TESTS_HTTP_SERVER_H

#include "base/compiler.h"

#include <glib.h>

/*
 * An HTTP server on the loopback, on a thread of its own, one visitor at a
 * time.  The handler gets the path and the form that was posted and writes the
 * whole answer, head and all, as it likes; NULL instead of it: nothing, and the
 * connection ends.
 */
struct http_server;
typedef char *(*http_handler)(void *user, const char *path, GHashTable *form);

struct http_server *http_server_start(http_handler handler, void *user);
void http_server_stop(struct http_server *server);
/* "http://127.0.0.1:43210/token"; g_free() it. */
char *http_server_url(const struct http_server *server, const char *path);
/* An answer with this status and body. */
char *http_answer(unsigned status, const char *body);
/* GET it as a browser would; the status, 0 when nobody answers. */
unsigned http_visit(const char *url);

#endif
