/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_LOGIN_H
#define AM_SERVE_LOGIN_H

#include "serve/session_impl.h"

/* Logging in, for both protocols (cmd_login.c).  Whoever is believed has the
 * session in AM_STAGE_IN; the parser of lines is gone then. */
enum am_login {
	AM_LOGIN_GOOD,
	AM_LOGIN_MANY, /* the password was right */
	AM_LOGIN_BAD,
	AM_LOGIN_GARBLED,
	AM_LOGIN_GAVE_UP,
	AM_LOGIN_UNKNOWN /* no such mechanism here */
};
enum am_login am_login_password(struct am_session *s, const char *name,
                                const char *password);
/* Challenges and answers go over the connection as "+ BASE64" and lines. */
enum am_login am_login_sasl(struct am_session *s, const char *mechanism,
                            const char *initial);
/* May a password be sent as it is? */
bool am_login_is_private(const struct am_session *s);

#endif
