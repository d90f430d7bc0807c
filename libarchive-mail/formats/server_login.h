/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_SERVER_LOGIN_H
#define AM_FORMATS_SERVER_LOGIN_H

#include "model/format.h"
#include "wire/conn.h"
#include "wire/oauth.h"
#include "wire/sasl.h"

/*
 * What every mail server needs to be reached and logged in to: the URL
 * "imaps://user@host:port/path" and the options of login, read once; then a
 * connection and credentials, as often as connections are made.
 *
 *     r = am_server_login_new(&login, where, options, schemes, ctx, err);
 *     r = am_server_login_connect(login, &conn, err);
 *     … greeting; STARTTLS where login->tls == AM_TLS_STARTTLS …
 *     r = am_server_login_secret(login, conn, again, &opts, err);
 *     r = am_sasl_client_new(&sasl, offered, login->auth, &opts, err);
 *
 * The fields do not change after _new(); the calls may come from any thread.
 *
 * Where the secret comes from, first come: token-command, oauth,
 * password-command, password-file, and then the question ctx->ask, which
 * whoever runs the job answers as it likes.  Nothing is asked for where the
 * client certificate is to do (auth=EXTERNAL) or anybody may in (ANONYMOUS).
 * Passwords in a URL are refused: they end up in process lists and histories.
 */
struct am_server_scheme {
	const char *name; /* "imaps"; the table ends with NULL */
	uint16_t port;
	enum am_tls_mode tls;
};

/* Rows of a format's option table; every one is read by _new(). */
/* clang-format off */
#define AM_SERVER_LOGIN_OPTIONS                                                \
	{"user", "NAME", "log in as NAME, where the URL does not say so",      \
	 NULL},                                                                \
	{"act-as", "NAME",                                                     \
	 "with these credentials, open NAME's mailbox", NULL},                 \
	{"auth", "NAME", "log in by this SASL mechanism and no other", NULL},  \
	{"password-command", "COMMAND",                                        \
	 "the first line that sh -c COMMAND prints is the password", NULL},    \
	{"password-file", "FILE",                                              \
	 "its first line is the password; only you may read it", NULL},        \
	{"token-command", "COMMAND",                                           \
	 "sh -c COMMAND prints an OAuth access token, anew for each login",    \
	 NULL},                                                                \
	{"oauth", "PROVIDER", "google, microsoft or custom", NULL},            \
	{"oauth-client-id", "ID", "of your registered application", NULL},     \
	{"oauth-client-secret", "TEXT", "where the provider gave one", NULL},  \
	{"oauth-tenant", "NAME", "Microsoft: of the organisation", NULL},      \
	{"oauth-scope", "SCOPES", "what to ask for; blanks between", NULL},    \
	{"oauth-auth-url", "URL", "where people consent", NULL},               \
	{"oauth-device-url", "URL", "where devices ask for a code", NULL},     \
	{"oauth-token-url", "URL", "where tokens come from", NULL},            \
	{"token-file", "FILE", "where the tokens of oauth are kept", NULL},    \
	{"tls", "HOW",                                                         \
	 "now, starttls, off; as the URL's scheme says where left out", NULL}, \
	{"tls-verify", "YES/NO", "no: believe any certificate", "yes"},        \
	{"tls-ca", "FILE", "believe these certificates' signatures too",       \
	 NULL},                                                                \
	{"tls-cert", "FILE", "show this certificate (PEM)", NULL},             \
	{"tls-key", "FILE", "its key; left out: in the same file", NULL},      \
	{"tls-pin", "SHA256", "believe this certificate and no other", NULL},  \
	{"timeout", "SECONDS", "give up when nothing moves so long", "120"}
/* clang-format on */

struct am_server_login {
	char *scheme, *host;
	uint16_t port;
	enum am_tls_mode tls;
	struct am_tls_opts trust;
	unsigned stall_ms;
	char *user;     /* NULL: none named */
	char *act_as;   /* or NULL */
	char *auth;     /* the only mechanism to use, upper case, or NULL */
	char *path;     /* of the URL, as it stands there, without its first
	                 * '/'; NULL: none or empty */
	char *identity; /* "imap://user@host": as am_source.identity wants it;
	                 * the port only where it is not the scheme's */
	char *place;    /* the same behind the '@' */
	struct am_ctx *ctx;
	struct am_server_secrets *secrets;
};

/* schemes[0] without its 's' names the protocol in the identity.  AM_E_ARGUMENT
 * for anything that could not be meant; no file is read, nothing run yet. */
AM_MUST_USE int am_server_login_new(struct am_server_login **out,
                                    const struct am_location *where,
                                    const struct am_option *table,
                                    const struct am_server_scheme *schemes,
                                    struct am_ctx *ctx, struct am_error *err);
void am_server_login_free(struct am_server_login **login); /* wipes secrets */

/* One more connection: TLS from the first byte where tls is AM_TLS_NOW.  `rate`
 * as in am_conn_opts. */
AM_MUST_USE int am_server_login_connect(const struct am_server_login *login,
                                        uint64_t rate, struct am_conn **out,
                                        struct am_error *err);

/*
 * What there is to log in with over this connection, for am_sasl_client_new():
 * a password is had once and kept, a token is had anew (from a cache until it
 * is near its end).  `again`: the server refused what this gave last; another
 * is had where that can be (a command, a token; a person is asked once more),
 * else AM_FAILED with AM_E_AUTH.  The strings live as long as the login.
 */
AM_MUST_USE int am_server_login_secret(struct am_server_login *login,
                                       const struct am_conn *conn, bool again,
                                       struct am_sasl_client_opts *out,
                                       struct am_error *err);

/* What the options say of OAuth, for am_oauth_new(): strings of `where`; who
 * logs in and who may stop it is the caller's to fill in. */
struct am_oauth_opts am_server_login_oauth(const struct am_location *where,
                                           const struct am_option *table);

/*
 * The words ctx->ask is called with, "password for USER at HOST" (HOST:PORT
 * where the port is not the scheme's), and back again, for whoever has the
 * answer without a person.  The strings of read() are to be g_free()d, host is
 * without the port; false when the prompt is about something else.
 */
char *am_server_login_prompt(const struct am_server_login *login);
bool am_server_login_prompt_read(const char *prompt, char **user, char **host);

/* A mechanism that proves the password without showing it. */
bool am_server_login_is_hashed(const char *mechanism);
/* Those of the mechanisms offered that show it, g_free() it. */
char *am_server_login_plain(const char *offered);

#endif
