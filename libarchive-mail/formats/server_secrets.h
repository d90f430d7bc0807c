/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_SERVER_SECRETS_H
#define AM_FORMATS_SERVER_SECRETS_H

#include "formats/server_login.h"

/*
 * The secret half of a login: where password or token come from, those had so
 * far, and the lock that lets several connections ask at once.  Only
 * server_login.c calls this.
 */
struct am_server_secrets;

/* Reads the options; nothing is run or asked yet. */
AM_MUST_USE int am_server_secrets_new(struct am_server_secrets **out,
                                      const struct am_server_login *login,
                                      const struct am_location *where,
                                      const struct am_option *table,
                                      struct am_error *err);
void am_server_secrets_free(struct am_server_secrets **secrets);
/* Sets password or token of *out: see am_server_login_secret(). */
AM_MUST_USE int am_server_secrets_get(struct am_server_secrets *secrets,
                                      const struct am_server_login *login,
                                      bool again,
                                      struct am_sasl_client_opts *out,
                                      struct am_error *err);

#endif
