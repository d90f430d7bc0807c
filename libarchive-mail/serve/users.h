/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_USERS_H
#define AM_SERVE_USERS_H

#include "wire/sasl.h"

/*
 * Who may log in: a file with a line a user,
 *
 *   name:{SCRAM-SHA-256}iterations,salt,stored key,server key[:ro]
 *
 * the last three in base64.  No password is in it and none can be had from it.
 * "ro": may not change anything.  Lines that begin with '#' are passed over.
 */
struct am_users;

AM_MUST_USE int am_users_read(struct am_users **out, const char *path,
                              struct am_error *err);
/* One user with this password. */
AM_MUST_USE int am_users_one(struct am_users **out, const char *name,
                             const char *password, struct am_error *err);
struct am_users *am_users_ref(struct am_users *users);
void am_users_unref(struct am_users **users);
/* AM_END: there is no such user; *out's iterations are those to fake. */
int am_users_find(const struct am_users *users, const char *name,
                  struct am_sasl_secret *out, bool *read_only);
/* Are all names addresses ("a@example.org")? */
bool am_users_are_addresses(const struct am_users *users);
/* 32 bytes to fake salts with. */
const uint8_t *am_users_fake_key(const struct am_users *users);
/* Write the line of a user into the file, instead of the one he has. */
AM_MUST_USE int am_users_set(const char *path, const char *name,
                             const char *password, bool read_only,
                             struct am_error *err);

#endif
