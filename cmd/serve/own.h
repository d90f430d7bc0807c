/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_SERVE_OWN_H
#define MAILARK_SERVE_OWN_H

#include "base/error.h"

/*
 * What a server makes for itself that was given none: once, and kept where this
 * user has his configuration, so that a mail program which knows it need not
 * ask again.  For root who is going to be somebody else (user, may be NULL) it
 * is made as him.
 */

/* A certificate: *path, the file, g_free(), also when it fails.  host: a name
 * that it has to be good for besides this machine's own, or NULL; it has a file
 * for each. */
AM_MUST_USE int serve_own_certificate(char **path, const char *host,
                                      const char *user, struct am_error *err);
/* A password; am_secret_free().  Where it cannot be kept, one for this time. */
AM_MUST_USE int serve_own_password(char **out, const char *user,
                                   struct am_error *err);

#endif
