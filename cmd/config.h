/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_CONFIG_H
#define MAILARK_CONFIG_H

#include "base/error.h"

struct provider;

/*
 * The configuration file, $XDG_CONFIG_HOME/mailark/config: a key file with one
 * group for each account.
 *
 *     [account work]
 *     provider = fastmail
 *     user = me@example.org
 *     password-command = pass show mail/work
 *
 * A value is the rest of its line as it stands: quotes and backslashes are the
 * shell's.  Keys are provider, url, protocol, host, port, user, password, and
 * every option of the format; unknown ones are told when the account is used.
 * A file that others can read is fine until it holds a password.
 */
struct config;

/* An account with its provider's part put in. */
struct account {
	char *name;
	const struct provider *provider; /* NULL: none was named */
	char *protocol;                  /* "imap", "pop3" */
	char *url;      /* "imaps://imap.example.org:993/Folder" */
	char *user;     /* NULL: none */
	char *password; /* NULL: not in the file */
	char **options; /* "key=value", NULL-terminated, user among them */
};

/* No file is an empty one.  AM_FAILED names file and line or group. */
AM_MUST_USE int config_open(struct config **out, struct am_error *err);
void config_free(struct config **config);
const char *config_path(const struct config *config);
/* Names in the order of the file, NULL-terminated; the config's. */
char **config_accounts(const struct config *config);
bool config_has(const struct config *config, const char *name);
/* `path`: what stood behind "NAME:", a folder, or NULL. */
AM_MUST_USE int config_account(const struct config *config, const char *name,
                               const char *path, struct account **out,
                               struct am_error *err);
void account_free(struct account **account); /* wipes the password */
/* The value of an option, or NULL. */
const char *account_option(const struct account *account, const char *key);

/* "work:Folder" -> "work"; NULL when the text is no account's location.  A file
 * of that very name, a format's name and a URL go first. */
char *config_account_name(const char *text, const char **path);

#endif
