/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_SERVE_CERTIFICATE_H
#define MAILARK_SERVE_CERTIFICATE_H

#include "base/error.h"

/*
 * The certificate of its own, for a server that was given none: made once, and
 * kept where this user has his configuration, so that a mail program that was
 * told to believe it need not ask again.  *path: the file, g_free(), also when
 * it fails.  For root who is going to be somebody else (user, may be NULL) it
 * is made as him.  host: a name that it has to be good for besides this
 * machine's own, or NULL; it has a file for each.
 */
AM_MUST_USE int serve_own_certificate(char **path, const char *host,
                                      const char *user, struct am_error *err);

#endif
