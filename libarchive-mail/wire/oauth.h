/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_WIRE_OAUTH_H
#define AM_WIRE_OAUTH_H

#include "base/error.h"

struct am_cancel;

/*
 * OAuth 2.0 for mail: getting tokens with a person's consent, once, and fresh
 * ones without, from then on.
 *
 *   device     (RFC 8628) the person types a code into any browser anywhere
 *   loopback   (RFC 8252, 7636) the browser of this machine comes back to a
 *              port of it
 *   refresh    (RFC 6749 section 6) with what either left in the token file
 *
 * The application is the user's own: client id, and secret where the provider
 * hands one out.  Nothing but the standard fields of JSON answers is read.
 *
 * The token file holds the tokens, the time the access token ends, and nothing
 * else; mode 0600, replaced as a whole.  Several processes may share it: it is
 * refreshed under a lock "FILE.lock", and whoever waited for that takes what
 * the other got.
 */
struct am_oauth;

/* Strings may be NULL and are copied. */
struct am_oauth_opts {
	const char *provider; /* "google", "microsoft"; "custom": the URLs */
	const char *tenant;   /* Microsoft's; NULL: "common" */
	const char *client_id, *client_secret;
	const char *scope; /* NULL: the provider's for mail */
	const char *auth_url, *device_url,
		*token_url; /* NULL: the provider's */
	const char *token_file;
	const char *user; /* offered to the provider as who logs in */
	const char *ca;   /* PEM beside the system's certificates */
	const struct am_cancel *cancel;
};

/* AM_E_ARGUMENT names what is missing.  http:// is taken only for 127.0.0.1 and
 * [::1]: all else is https. */
AM_MUST_USE int am_oauth_new(struct am_oauth **out,
                             const struct am_oauth_opts *opts,
                             struct am_error *err);
void am_oauth_free(struct am_oauth **oauth);

/*
 * An access token good for at least five more minutes, from the file or by
 * refresh.  `refused`: a token that a server did not take, or NULL; then
 * another is had, whatever its time.  AM_FAILED with AM_E_AUTH when a person
 * has to consent (again); AM_RETRY when the provider could not be reached.
 * Free it by am_secret_free().
 */
AM_MUST_USE int am_oauth_token(struct am_oauth *oauth, const char *refused,
                               char **out, struct am_error *err);

/* Both leave the tokens in the file.  Each waits for the person for as long as
 * the provider allows (device) or ten minutes, or until cancelled. */
AM_MUST_USE int am_oauth_login_device(struct am_oauth *oauth,
                                      void (*show)(void *user, const char *code,
                                                   const char *url),
                                      void *user, struct am_error *err);
AM_MUST_USE int am_oauth_login_loopback(struct am_oauth *oauth,
                                        void (*show)(void *user,
                                                     const char *url),
                                        void *user, struct am_error *err);
/* Whether the provider has a device flow. */
bool am_oauth_has_device(const struct am_oauth *oauth);

#endif
