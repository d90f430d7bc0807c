/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_WIRE_OAUTH_IMPL_H
#define AM_WIRE_OAUTH_IMPL_H

#include "wire/http_small.h"
#include "wire/oauth.h"

/* What the files oauth*.c share.  Nobody else includes this. */
struct am_oauth {
	char *client_id, *client_secret, *scope, *user, *ca;
	char *auth_url, *device_url, *token_url; /* the first two may be NULL */
	char *token_file;
	const char *loopback_host;  /* what the redirect URI says */
	const char *loopback_extra; /* further parameters, "&a=b" */
	const struct am_cancel *cancel;
};

/* What a token endpoint gives, and what the file holds. */
struct am_oauth_tokens {
	char *access, *refresh; /* NULL: none */
	int64_t ends;           /* seconds since 1970; 0: not told */
};
void am_oauth_tokens_clear(struct am_oauth_tokens *tokens);

/* oauth_file.c: AM_E_NOTFOUND when there is none yet. */
AM_MUST_USE int am_oauth_file_read(const char *path,
                                   struct am_oauth_tokens *out,
                                   struct am_error *err);
AM_MUST_USE int am_oauth_file_write(const char *path,
                                    const struct am_oauth_tokens *tokens,
                                    struct am_error *err);

/*
 * oauth_answer.c: ask the endpoint, read the JSON it gives.
 *
 * AM_OK and tokens; AM_FAILED with AM_E_AUTH for an error of the protocol,
 * whose name ("invalid_grant") then stands in `code`; AM_RETRY when the server
 * is down or busy.
 */
#define AM_OAUTH_CODE_ROOM 64
AM_MUST_USE int am_oauth_ask_tokens(struct am_oauth *oauth,
                                    const struct am_http_form *form,
                                    struct am_oauth_tokens *out,
                                    char code[AM_OAUTH_CODE_ROOM],
                                    struct am_error *err);

/* The device endpoint's answer (RFC 8628 section 3.2). */
struct am_oauth_device {
	char *device_code, *user_code, *url;
	int64_t expires_in, interval; /* seconds */
};
void am_oauth_device_clear(struct am_oauth_device *device);
AM_MUST_USE int am_oauth_ask_device(struct am_oauth *oauth,
                                    const struct am_http_form *form,
                                    struct am_oauth_device *out,
                                    struct am_error *err);

/* A form with client id and secret in it. */
struct am_http_form *am_oauth_form(const struct am_oauth *oauth);
/* Sleep, AM_FATAL when cancelled meanwhile. */
AM_MUST_USE int am_oauth_sleep(const struct am_oauth *oauth, int64_t ms,
                               struct am_error *err);

#endif
