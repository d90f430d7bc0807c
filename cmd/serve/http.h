/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_SERVE_HTTP_H
#define MAILARK_SERVE_HTTP_H

#include "base/error.h"

/*
 * A web server that knows the documents of autoconfig.h and nothing else, in
 * threads of its own.
 */
struct serve_http;
struct serve_settings;

/* The settings are looked at by each request and must stay. */
struct serve_http *serve_http_new(const struct serve_settings *settings);
/* cert: PEM, and its key (NULL: in the same file); cert NULL: not under TLS.
 * What the address came to, g_free(*where); NULL: not wanted. */
AM_MUST_USE int serve_http_listen(struct serve_http *http, const char *address,
                                  const char *cert, const char *key,
                                  char **where, struct am_error *err);
/* What listens under TLS shows this certificate from now on; AM_FAILED: it is
 * none, and what was there stays.  Only one thread may listen, reload, free. */
AM_MUST_USE int serve_http_reload(struct serve_http *http, const char *cert,
                                  const char *key, struct am_error *err);
void serve_http_free(struct serve_http **http);

#endif
