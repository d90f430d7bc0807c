/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_CREDENTIAL_H
#define AM_FORMATS_CREDENTIAL_H

#include "model/ctx.h"

/*
 * Where a password or an access token comes from: a command's first line of
 * output, a file's first line, or the person at the keyboard.  A password is
 * had once and kept; a token is had for each login, because it expires.
 * Any thread may call; secrets are wiped when it is freed.
 */
struct am_credential_places {
	const char *password_command, *password_file;
	const char *token_command, *token_file;
	const char *prompt; /* "password for user@host" */
};

struct am_credential;

AM_MUST_USE int am_credential_new(struct am_credential **out,
                              const struct am_credential_places *places,
                              struct am_ctx *ctx, struct am_error *err);
void am_credential_free(struct am_credential **secret);
/* Whichever there is, the other NULL; they live as long as the secret.
 * `again`: what was given last was refused. */
AM_MUST_USE int am_credential_get(struct am_credential *secret, bool again,
                              const char **password, const char **token,
                              struct am_error *err);

#endif
