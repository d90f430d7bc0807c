/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_ACCOUNTS_H
#define MAILARK_ACCOUNTS_H

#include "base/error.h"

struct am_json;
struct am_location;
struct am_option;
struct session;

/*
 * What a server says of itself once one is logged in: for `mailark accounts
 * test`.  Lines for people, or members of one JSON object.
 */
struct server_report {
	struct am_json *json; /* NULL: print lines */
};

AM_MUST_USE int accounts_test_imap(struct session *s,
                                   const struct am_location *where,
                                   const struct am_option *options,
                                   struct server_report *report,
                                   struct am_error *err);
AM_MUST_USE int accounts_test_pop3(struct session *s,
                                   const struct am_location *where,
                                   const struct am_option *options,
                                   struct server_report *report,
                                   struct am_error *err);

/* The OAuth login of an account.  `how`: "device", "browser", or NULL for what
 * the provider has. */
struct account;
AM_MUST_USE int accounts_login(struct session *s, const struct account *account,
                               const char *how, struct am_error *err);

#endif
