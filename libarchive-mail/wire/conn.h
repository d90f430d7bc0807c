/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_WIRE_CONN_H
#define AM_WIRE_CONN_H

#include "base/cancel.h"
#include "base/error.h"

struct am_reader;
struct am_tls_server;

/*
 * A connection: bytes both ways over a TCP socket, TLS over that where asked,
 * deflate (RFC 4978) over that where agreed.  One thread drives it; only
 * am_conn_interrupt() may be called from another.
 *
 * No call waits for ever: each waits while bytes move, and fails when none
 * moved for `stall_ms`.  While a write has to wait for the peer, what the peer
 * sends meanwhile is taken in (up to a bound), so that two ends writing at
 * each other do not lock up.
 *
 * Errors: trouble of the network is AM_RETRY with AM_E_IO (a new connection may
 * do better; this one is dead all the same); a certificate that does not hold
 * is AM_FATAL with AM_E_AUTH; cancelled is AM_FATAL.
 */
struct am_conn;

enum am_tls_mode {
	AM_TLS_OFF,
	AM_TLS_NOW,     /* from the first byte: ports 993, 995 */
	AM_TLS_STARTTLS /* later, by am_conn_starttls() */
};

/* How to believe the peer.  All strings may be NULL and are copied. */
struct am_tls_opts {
	bool insecure;    /* believe anybody: only on the user's word */
	const char *ca;   /* PEM file or directory beside the system's */
	const char *cert; /* client certificate chain, PEM */
	const char *key;  /* its key, PEM; NULL: in cert */
	const char *pin;  /* SHA-256 of the peer's certificate, hex: that
	                   * certificate and no other, whoever signed it */
};

struct am_conn_opts {
	const char
		*host; /* name or address; also what a certificate must say */
	uint16_t port;
	enum am_tls_mode tls;
	const struct am_tls_opts *trust; /* NULL: the defaults */
	unsigned connect_ms;             /* 0: 30,000 */
	unsigned stall_ms;               /* 0: 120,000 */
	uint64_t rate;                   /* bytes a second, each way; 0: any */
	const struct am_cancel *cancel;
};

/* Tries every address of the host in turn (RFC 8305 in spirit). */
AM_MUST_USE int am_conn_open(struct am_conn **out,
                             const struct am_conn_opts *opts,
                             struct am_error *err);
/* Over a connected socket, which it takes in every case: servers, tests. */
AM_MUST_USE int am_conn_accept(struct am_conn **out, int fd, unsigned stall_ms,
                               const struct am_cancel *cancel,
                               struct am_error *err);
void am_conn_close(struct am_conn **conn); /* says goodbye under TLS */
/* Told when a wait for the peer begins, and when it is over: a server that lets
 * so many work at once does not count those who wait. */
void am_conn_on_wait(struct am_conn *conn,
                     void (*on_wait)(void *user, bool begins), void *user);

/* What comes in; belongs to the connection and lives as long.  It stays the
 * same through starttls and compress.  An end without TLS's close_notify is an
 * error (truncation), not an AM_END. */
struct am_reader *am_conn_in(struct am_conn *conn);
/*
 * From here on one thing is read: a line with its literals, an answer.  Once it
 * has begun it must come on: a peer that drips (below 32 bytes a second, over
 * ten times the stall time spent waiting) is AM_RETRY like one that stalls.
 */
void am_conn_next(struct am_conn *conn);
/* Into the buffer; goes out when that is full, or by flush. */
AM_MUST_USE int am_conn_write(struct am_conn *conn, const void *data,
                              size_t len, struct am_error *err);
AM_MUST_USE int am_conn_flush(struct am_conn *conn, struct am_error *err);
/* AM_OK when something can be read (the end is something too: the reader tells
 * of it), AM_END after ms milliseconds of nothing. */
AM_MUST_USE int am_conn_wait(struct am_conn *conn, unsigned ms,
                             struct am_error *err);
/* Another thread's way to end a wait or a read: it fails, cancelled or not, and
 * so do all after it.  A write and a flush still work for up to a second of
 * waiting: time for a BYE. */
void am_conn_interrupt(struct am_conn *conn);

/* Become TLS now, as client (host as given to open) or server.  AM_FATAL with
 * AM_E_PROTOCOL when bytes beyond the peer's last line had come in already:
 * somebody may have put them there (CVE-2011-0411). */
AM_MUST_USE int am_conn_starttls(struct am_conn *conn, struct am_error *err);
AM_MUST_USE int am_conn_starttls_accept(struct am_conn *conn,
                                        struct am_tls_server *tls,
                                        struct am_error *err);
/* Deflate both ways from here on. */
AM_MUST_USE int am_conn_compress(struct am_conn *conn, struct am_error *err);

bool am_conn_is_tls(const struct am_conn *conn);
/* "TLSv1.3 TLS_AES_256_GCM_SHA384"; "" in the clear. */
const char *am_conn_tls_name(const struct am_conn *conn);
/* SHA-256 of the peer's certificate in hex; "" when there is none. */
const char *am_conn_peer_pin(const struct am_conn *conn);
/* Channel binding for SCRAM-…-PLUS: tls-exporter (RFC 9266) under 1.3,
 * tls-server-end-point (RFC 5929) otherwise.  *len 0 in the clear. */
void am_conn_binding(const struct am_conn *conn, const char **name,
                     const uint8_t **data, size_t *len);

/* Counted for the report and for the decision to compress. */
struct am_conn_stats {
	uint64_t in, out; /* bytes on the wire */
	uint64_t plain_in, plain_out;
	uint64_t waited_us; /* time spent waiting for the peer */
};
void am_conn_stats(const struct am_conn *conn, struct am_conn_stats *out);

/* A server's certificate, for as many connections as it likes. */
AM_MUST_USE int am_tls_server_new(struct am_tls_server **out, const char *cert,
                                  const char *key, struct am_error *err);
void am_tls_server_free(struct am_tls_server **tls);

#endif
