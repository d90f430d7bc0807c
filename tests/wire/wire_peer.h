/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_WIRE_WIRE_PEER_H
#define TESTS_WIRE_WIRE_PEER_H

#include "wire/conn.h"

/* A listening socket on the loopback. */
struct peer {
	int fd;
	uint16_t port;
};
struct peer peer_listen(void);
int peer_accept(const struct peer *peer); /* the socket of a client */

/* Two connections with each other; stall_ms each. */
void peer_pair(struct am_conn **client, struct am_conn **server,
               unsigned stall_ms);
/* Certificates, made on the spot: a PEM file with the certificate and one with
 * its key, and the key of who signs. */
struct cert {
	char *file, *key_file;
	void *x509, *key;
	char pin[65];
};
struct cert_opts {
	const char *name;          /* common name */
	const char *alt;           /* "DNS:localhost,IP:127.0.0.1" or NULL */
	int from_days, to_days;    /* 0, 0: yesterday to tomorrow */
	const struct cert *signer; /* NULL: itself */
	bool ca;
};
struct cert cert_make(const char *dir, const struct cert_opts *opts);
void cert_free(struct cert *cert);

/* Start f(arg) apart, and wait for it. */
typedef void *(*peer_main)(void *arg);
void *peer_start(peer_main f, void *arg);
void peer_join(void *thread);

#endif
