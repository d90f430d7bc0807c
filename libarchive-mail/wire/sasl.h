/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_WIRE_SASL_H
#define AM_WIRE_SASL_H

#include "base/error.h"

/*
 * SASL (RFC 4422), both ends, bytes in and bytes out: base64 and lines are the
 * protocol's business.  PLAIN (RFC 4616), LOGIN, CRAM-MD5 (RFC 2195),
 * SCRAM-SHA-1 and SCRAM-SHA-256 with and without -PLUS (RFC 5802, 7677),
 * EXTERNAL, XOAUTH2 (Google), OAUTHBEARER (RFC 7628).
 *
 * Secrets are wiped from memory when a session ends.
 */
struct am_sasl;

/* What a client has.  Strings may be NULL where there is nothing. */
struct am_sasl_client_opts {
	const char *user;     /* authentication identity */
	const char *authzid;  /* act as; NULL or "": as oneself */
	const char *password; /* UTF-8; prepared by SASLprep where asked */
	const char *token;    /* OAuth access token */
	const char *host;     /* for OAUTHBEARER */
	uint16_t port;
	bool certificate; /* a client certificate was shown: EXTERNAL */
	bool clear_ok;    /* PLAIN and LOGIN may go over this connection:
	                   * it is TLS, or the user said so */
	/* Channel binding, see am_conn_binding(); len 0: none. */
	const char *binding_name;
	const uint8_t *binding;
	size_t binding_len;
};

/*
 * The best of the mechanisms offered (upper case, space-separated) that these
 * opts can serve, or the one named by `only`.  AM_FAILED with AM_E_AUTH and a
 * text that names what was offered and what is lacking.
 */
AM_MUST_USE int am_sasl_client_new(struct am_sasl **out, const char *offered,
                                   const char *only,
                                   const struct am_sasl_client_opts *opts,
                                   struct am_error *err);

/* What a server knows of a user: either the password or what SCRAM keeps. */
struct am_sasl_secret {
	const char *password;
	/* SCRAM-SHA-256 verifier; iterations 0: none. */
	unsigned iterations;
	uint8_t salt[32];
	size_t salt_len;
	uint8_t stored_key[32], server_key[32];
};
struct am_sasl_server_opts {
	/* AM_OK, or AM_END for an unknown user (an answer in the same time is
	 * faked: as for one with a verifier of *out's iterations, if it sets
	 * them, of AM_SASL_ITERATIONS if not, of a password if it sets that).
	 * Strings live until the next call.  Of the OAuth mechanisms the token
	 * must be the password. */
	int (*find)(void *user, const char *name, struct am_sasl_secret *out,
	            struct am_error *err);
	void *user;
	/* When there is one, the server offers -PLUS too: a client that
	 * believes it does not has been lied to, and is turned down. */
	const char *binding_name;
	const uint8_t *binding;
	size_t binding_len;
	/* EXTERNAL: whom the certificate that was shown names; NULL: none. */
	const char *certificate_user;
	/* 32 bytes that the server keeps to itself: the salt of a user who does
	 * not exist is then the same each time, like that of one who does.
	 * NULL: it is not. */
	const uint8_t *fake_key;
};
/* How often SCRAM hashes a password; what servers ask for may lie between. */
#define AM_SASL_ITERATIONS     10000
#define AM_SASL_MIN_ITERATIONS 4096
#define AM_SASL_MAX_ITERATIONS 1000000
AM_MUST_USE int am_sasl_server_new(struct am_sasl **out, const char *mechanism,
                                   const struct am_sasl_server_opts *opts,
                                   struct am_error *err);
/* Salt and derive what a server keeps of a password; iterations 0: the
 * default. */
AM_MUST_USE int am_sasl_secret_make(struct am_sasl_secret *out,
                                    const char *password, unsigned iterations,
                                    struct am_error *err);

const char *am_sasl_name(const struct am_sasl *sasl);
/* The client speaks first in this mechanism (an initial response makes sense).
 */
bool am_sasl_client_first(const struct am_sasl *sasl);
/*
 * The peer's bytes in (NULL, 0 for a client that begins), ours out (valid until
 * the next call).  AM_OK: send it and go on; AM_END: done, *out (may be empty)
 * is still to be sent where the protocol can carry it.  AM_FAILED with
 * AM_E_AUTH: not believed.  A client that gets the server's final word must
 * see AM_END before it trusts the OK that follows: SCRAM's server signature.
 */
AM_MUST_USE int am_sasl_step(struct am_sasl *sasl, const void *in, size_t len,
                             const uint8_t **out, size_t *out_len,
                             struct am_error *err);
/* Whether a client may trust a bare OK now: false while a proof is owed. */
bool am_sasl_satisfied(const struct am_sasl *sasl);
/* Of a client: what the server said why it does not believe (OAuth), for the
 * error that its NO becomes; "" when it said nothing. */
const char *am_sasl_trouble(const struct am_sasl *sasl);
/* Of a server, after AM_END: who it is. */
const char *am_sasl_user(const struct am_sasl *sasl);
const char *am_sasl_authzid(const struct am_sasl *sasl);
void am_sasl_free(struct am_sasl **sasl);

#endif
