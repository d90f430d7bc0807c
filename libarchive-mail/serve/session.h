/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_SESSION_H
#define AM_SERVE_SESSION_H

#include "serve/house.h"

/*
 * One IMAP connection, seen from the server.  It is run when there is something
 * to do and parked when there is not: between two runs it needs no thread and
 * little memory, also in the middle of IDLE.  One thread at a time.
 */
struct am_session;

struct am_session_opts {
	struct am_house *house;
	struct am_conn *conn; /* taken */
	const char *peer;     /* its address, for the log */
	bool pop3;            /* not IMAP */
	bool loopback;        /* plain text passwords are nobody's business */
	/* Called from any thread when a parked session should run. */
	void (*poke)(void *user);
	/* A login, with the right password or not: waits when there were bad
	 * ones.  False: there are too many of this user. */
	bool (*tried)(void *user, const char *name, bool good);
	/* Checking a password begins, or has ended: it may have to wait. */
	void (*prove)(void *user, bool begins);
	void *user;
};
struct am_session *am_session_new(const struct am_session_opts *opts);
void am_session_free(struct am_session **session);

enum am_session_state { AM_SESSION_PARK, AM_SESSION_OVER };
/* All commands that are there.  The first run greets. */
enum am_session_state am_session_run(struct am_session *session);
/* Say BYE and be over; in place of a run. */
void am_session_bye(struct am_session *session, const char *why);
bool am_session_logged_in(const struct am_session *session);
bool am_session_idles(const struct am_session *session);

#endif
