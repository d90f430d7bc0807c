/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_WIRE_TLS_H
#define AM_WIRE_TLS_H

#include "wire/conn.h"
#include "wire/net.h"

#include <openssl/ssl.h>

/*
 * TLS between a connection and its socket: OpenSSL, TLS 1.2 and 1.3.  Only
 * wire/conn.c and wire/tls*.c know it.
 */
struct am_tls;

/* Shake hands; returns when the peer is believed.  The net must stay where it
 * is.  host and trust (NULL: the defaults) as given to am_conn_open(). */
AM_MUST_USE int am_tls_connect(struct am_tls **out, struct am_net *net,
                               const char *host,
                               const struct am_tls_opts *trust,
                               unsigned timeout_ms, struct am_error *err);
AM_MUST_USE int am_tls_accept(struct am_tls **out, struct am_net *net,
                              struct am_tls_server *server, unsigned timeout_ms,
                              struct am_error *err);
/* Say goodbye (when nothing went wrong before), without waiting. */
void am_tls_goodbye(struct am_tls *tls);
void am_tls_free(struct am_tls **tls);

/* One try each; err is set with AM_IO_BAD, to AM_RETRY's or AM_FATAL's story
 * as *status says. */
enum am_io am_tls_recv(struct am_tls *tls, void *buf, size_t room, size_t *got,
                       int *status, struct am_error *err);
enum am_io am_tls_send(struct am_tls *tls, const void *data, size_t len,
                       size_t *sent, int *status, struct am_error *err);

const char *am_tls_name(const struct am_tls *tls);
const char *am_tls_pin(const struct am_tls *tls);
void am_tls_binding(const struct am_tls *tls, const char **name,
                    const uint8_t **data, size_t *len);

/* ---- tls_trust.c: whom to believe ---- */

struct am_trust {
	bool insecure, pinned;
	uint8_t pin[32];
	char *host;    /* as a certificate writes it */
	char seen[65]; /* SHA-256 of the peer's certificate */
	char why[240]; /* why it was not believed; "" if it was */
};

/* Set ctx up to check as trust says; t must outlive what is made of ctx. */
AM_MUST_USE int am_trust_init(struct am_trust *t, SSL_CTX *ctx,
                              const char *host, const struct am_tls_opts *opts,
                              struct am_error *err);
/* Name the host: for SNI, and for the certificate to say. */
AM_MUST_USE int am_trust_host(struct am_trust *t, SSL *ssl,
                              struct am_error *err);
void am_trust_clear(struct am_trust *t);

/* ---- tls_context.c: settings and files ---- */

AM_MUST_USE int am_tls_context(SSL_CTX **out, bool server,
                               struct am_error *err);
/* Certificate chain and key; key NULL: in cert. */
AM_MUST_USE int am_tls_identity(SSL_CTX *ctx, const char *cert, const char *key,
                                struct am_error *err);
/* What OpenSSL complains of, in its words; empties its queue. */
const char *am_tls_reason(char *buf, size_t room);
/* A certificate's name for people, without control characters. */
void am_tls_subject(const X509_NAME *name, char *buf, size_t room);

SSL_CTX *am_tls_server_context(const struct am_tls_server *server);

#endif
