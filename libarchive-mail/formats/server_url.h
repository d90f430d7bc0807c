/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_SERVER_URL_H
#define AM_FORMATS_SERVER_URL_H

#include "base/error.h"

/*
 * "imaps://user@host:993/Folder/Sub" taken apart (RFC 3986, RFC 5092): parts
 * are percent-decoded UTF-8, [::1] is without its brackets, the host in lower
 * case.  A password in it is refused: command lines are seen by others.
 */
struct am_server_url {
	char *scheme;
	char *user; /* NULL: none */
	char *auth; /* of "user;AUTH=PLAIN@", or NULL */
	char *host;
	uint16_t port; /* 0: none was named */
	char **parts;  /* of the path, NULL-terminated; never NULL */
};

AM_MUST_USE int am_server_url_parse(struct am_server_url *out, const char *text,
                                    struct am_error *err);
void am_server_url_clear(struct am_server_url *url);

/* "imap://user@host:1143" with what can be left out left out: for naming an
 * account, whatever way led to it. */
char *am_server_url_identity(const char *scheme, const char *user,
                             const char *host, uint16_t port,
                             const uint16_t *usual_ports, size_t n_usual);

#endif
