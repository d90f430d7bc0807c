/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_SERVE_SYSTEM_H
#define MAILARK_SERVE_SYSTEM_H

#include "base/error.h"

/* What a server has to do with the system it runs on. */

/* Where this user has his files, from now on; before anything asks for that.
 * AM_E_ARGUMENT: there is no such user. */
AM_MUST_USE int serve_move_in(const char *user, struct am_error *err);
/* Do this with his rights, so that what it makes is his, and then be root
 * again.  NULL, or whoever is not root: do it as one is. */
AM_MUST_USE int serve_as(const char *user,
                         int (*what)(void *data, struct am_error *err),
                         void *data, struct am_error *err);
/* Be this user, with his groups, for good.  He himself may say so too. */
AM_MUST_USE int serve_become(const char *user, struct am_error *err);

/* Sockets that whoever started us listens at already (sd_listen_fds(3)): how
 * many, from this descriptor on; *names, g_strfreev(), one each. */
enum { SD_FIRST = 3 };
int serve_given_sockets(char ***names);
/* "READY=1", "STOPPING=1", for whoever started us and wants to know
 * (sd_notify(3)). */
void serve_tell_manager(const char *state);

/* A connection takes two descriptors: as many as may be. */
void serve_raise_limits(void);

#endif
