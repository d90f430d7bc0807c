/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_NETRC_H
#define MAILARK_NETRC_H

#include "base/error.h"

/*
 * A password from a netrc file, as ftp(1) and curl(1) know it: machine,
 * default, login, password, account, macdef; words may stand in quotes.
 *
 * AM_END when nothing in it fits, or there is none.  AM_FAILED with AM_E_AUTH
 * when others can read it.  NULL user: any login.  *out by am_secret_free().
 */
AM_MUST_USE int netrc_find(char **out, const char *path, const char *host,
                           const char *user, struct am_error *err);

#endif
