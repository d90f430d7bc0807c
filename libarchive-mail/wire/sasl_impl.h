/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_WIRE_SASL_IMPL_H
#define AM_WIRE_SASL_IMPL_H

#include "wire/sasl.h"

#include <openssl/evp.h>

/* What the mechanisms share.  Only wire/sasl*.c and their tests know it. */

/* One end of one mechanism.  step() puts its answer into s->out, which is
 * empty when it is called. */
struct am_sasl_mech {
	const char *name;
	bool client_first;
	bool token;    /* wants an access token, not a password */
	bool clear;    /* shows the secret to whoever listens */
	bool binding;  /* -PLUS */
	bool external; /* wants a certificate */
	bool nameless; /* a user's name is not needed */
	int (*client)(struct am_sasl *s, const char *in, size_t len,
	              struct am_error *err);
	/* in NULL: the client has said nothing yet. */
	int (*server)(struct am_sasl *s, const char *in, size_t len,
	              struct am_error *err);
};

extern const struct am_sasl_mech am_sasl_plain, am_sasl_login, am_sasl_cram_md5,
	am_sasl_external, am_sasl_xoauth2, am_sasl_oauthbearer,
	am_sasl_scram_sha1, am_sasl_scram_sha1_plus, am_sasl_scram_sha256,
	am_sasl_scram_sha256_plus;

/* Bytes that are wiped before their memory goes back. */
struct am_wiped {
	char *data; /* a NUL follows when len > 0 */
	size_t len, room;
};
void am_wiped_add(struct am_wiped *w, const void *data, size_t len);
void am_wiped_text(struct am_wiped *w, const char *text);
void am_wiped_clear(struct am_wiped *w);

#define AM_SCRAM_MAX 64 /* the longest digest */

struct am_scram {
	char *nonce; /* ours, printable */
	char gs2[8]; /* "n,", "y," or "p"; what goes before the name */
	struct am_wiped header;     /* gs2-header, whole */
	struct am_wiped first_bare; /* client-first-message-bare */
	struct am_wiped server_first;
	char *full_nonce;
	bool plus_offered;
	uint8_t stored_key[AM_SCRAM_MAX], server_key[AM_SCRAM_MAX];
	uint8_t signature[AM_SCRAM_MAX]; /* of the server */
	bool known; /* the user exists and can log in this way */
};

struct am_sasl {
	const struct am_sasl_mech *mech;
	bool server;
	bool satisfied;
	int done; /* how many steps were taken */
	int over; /* AM_END or AM_FAILED: no more steps */
	struct am_wiped out;
	char *user, *authzid, *host;
	struct am_wiped password, token;
	uint16_t port;
	char *binding_name;
	struct am_wiped binding;
	struct am_sasl_server_opts opts; /* a server's; strings not ours */
	char *certificate_user;
	char *challenge; /* CRAM-MD5 */
	char *trouble;
	struct am_scram scram;
};

/* AM_FAILED with AM_E_AUTH, the same words whatever was wrong. */
int am_sasl_wrong(struct am_error *err);
/* AM_FAILED with AM_E_PROTOCOL. */
int am_sasl_garbled(const struct am_sasl *s, struct am_error *err);
/* Takes a user's name as a peer sent it: text, and not too long. */
AM_MUST_USE int am_sasl_take_name(char **to, const char *from, size_t len);

/* ---- sasl_secret.c ---- */

/* Ask for the secret of s->user: AM_OK or AM_END, or a failure of find's. */
AM_MUST_USE int am_sasl_find(struct am_sasl *s, struct am_sasl_secret *out,
                             struct am_error *err);
/* Whether the password is s->user's; AM_FAILED if not. */
AM_MUST_USE int am_sasl_check(struct am_sasl *s, const char *password,
                              size_t len, struct am_error *err);
/* Without telling by its time where they differ, or how long b is. */
bool am_sasl_equal(const char *a, size_t a_len, const char *b, size_t b_len);

/* ---- sasl_prep.c ---- */

/* RFC 4013 into *out; AM_FAILED with AM_E_ARGUMENT for what it forbids. */
AM_MUST_USE int am_sasl_prep(struct am_wiped *out, const char *text,
                             struct am_error *err);

/* ---- sasl_scram*.c ---- */

/* StoredKey and ServerKey (RFC 5802 §3); the password is prepared already. */
void am_scram_derive(const EVP_MD *md, const struct am_wiped *password,
                     const uint8_t *salt, size_t salt_len, unsigned iterations,
                     uint8_t *client_key, uint8_t *stored_key,
                     uint8_t *server_key);
const EVP_MD *am_scram_digest(const struct am_sasl *s);
size_t am_scram_len(const struct am_sasl *s);
void am_scram_hmac(const struct am_sasl *s, const uint8_t *key,
                   const void *data, size_t len, uint8_t *out);
/* first_bare "," server_first "," without_proof */
void am_scram_auth_message(const struct am_sasl *s, struct am_wiped *out,
                           const char *without_proof, size_t len);
/* "k=value" at *at, which then stands behind its comma. */
bool am_scram_attr(const char **at, const char *end, char key,
                   const char **value, size_t *len);
/* A nonce as RFC 5802 wants it: printable, no comma. */
bool am_scram_nonce_ok(const char *s, size_t len);
/* base64 (gs2-header channel-binding-data), the value of c=. */
void am_scram_binding(const struct am_sasl *s, struct am_wiped *out);
void am_scram_base64(struct am_wiped *to, const void *data, size_t len);
/* Strict; false unless 1…room bytes come of it. */
bool am_scram_unbase64(const char *s, size_t len, uint8_t *out, size_t room,
                       size_t *out_len);
char *am_scram_new_nonce(void);
int am_scram_server(struct am_sasl *s, const char *in, size_t len,
                    struct am_error *err);
void am_scram_clear(struct am_scram *scram);

#endif
