/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_ACCOUNT_H
#define AM_FORMATS_IMAP_ACCOUNT_H

#include "formats/server_login.h"
#include "model/format.h"

enum am_imap_compress {
	AM_IMAP_COMPRESS_AUTO, /* where the line is slower than deflate */
	AM_IMAP_COMPRESS_ON,
	AM_IMAP_COMPRESS_OFF
};

/* How mailboxes are opened for reading; auto: EXAMINE, but where that makes a
 * new UIDVALIDITY each time until somebody else has selected the mailbox. */
enum am_imap_open {
	AM_IMAP_OPEN_AUTO,
	AM_IMAP_OPEN_EXAMINE,
	AM_IMAP_OPEN_SELECT
};

/*
 * An account on a server as URL and options name it: where, who (login), and
 * what of it.  Shared by all connections of one source or sink and by their
 * threads; nothing in it changes after am_imap_account_new() but what stands
 * behind the calls below, which lock.
 */
struct am_imap_account {
	struct am_ctx *ctx;
	struct am_server_login *login;
	const char *host;     /* the login's */
	const char *identity; /* "imap://user@host" */
	char **parts;         /* of the URL's path: folder names */
	unsigned connections;
	enum am_imap_compress compress;
	bool subscribed; /* only subscribed folders */
	bool id;         /* say who we are where the server asks */
	enum am_imap_open open;
	uint64_t rate;       /* bytes a second of one connection; 0: any */
	uint64_t budget;     /* bytes a day; 0: any */
	char **only, **skip; /* folder patterns, or NULL */
	struct am_imap_private *private;
};

AM_MUST_USE int am_imap_account_new(struct am_imap_account **out,
                                    const struct am_location *where,
                                    const struct am_option *table,
                                    struct am_ctx *ctx, struct am_error *err);
/* An IMAP server greeted us there; how often it did. */
void am_imap_account_greeted(struct am_imap_account *account);
unsigned am_imap_account_greetings(const struct am_imap_account *account);
/* The server hung up over NAMESPACE; true when it has done so often enough not
 * to be asked any more. */
bool am_imap_account_fears_namespace(struct am_imap_account *account,
                                     bool hung_up);
void am_imap_account_free(struct am_imap_account **account); /* wipes secrets */

/* The server asked for a pause: no connection of the account sends before. */
void am_imap_account_pause(struct am_imap_account *account, uint64_t ms);
/* Somebody is about to wait that long: say so, and why, where a person would
 * wonder; once for all connections that wait at the same time.  False: it is
 * too short for that. */
bool am_imap_account_tell(struct am_imap_account *account, uint64_t ms,
                          const char *code, const char *why);
/* Wait out the pause; AM_FATAL when cancelled meanwhile. */
AM_MUST_USE int am_imap_account_rest(struct am_imap_account *account,
                                     struct am_error *err);
/* Wait that long, or until cancelled or told to stop. */
AM_MUST_USE int am_imap_account_sleep(struct am_imap_account *account,
                                      uint64_t ms, struct am_error *err);
/* Whoever waits or will wait does not: AM_FATAL, cancelled. */
void am_imap_account_stop(struct am_imap_account *account);
bool am_imap_account_stopped(const struct am_imap_account *account);

#endif
