/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_POP3_SESSION_H
#define AM_FORMATS_POP3_SESSION_H

#include "formats/server_login.h"
#include "wire/pop3.h"

/*
 * One connection to a POP3 server, logged in (RFC 1939; CAPA RFC 2449, STLS
 * RFC 2595, AUTH RFC 5034, codes RFC 3206).
 *
 * Statuses: AM_RETRY the connection is lost; AM_FATAL cancelled, or nothing
 * that another try mends.  A -ERR is no error to answer(): who asked knows what
 * it means.
 */
struct am_pop3_session {
	struct am_server_login *login;
	struct am_conn *conn;
	/* What CAPA told after login; all false where there is no CAPA. */
	bool has_capa, pipelining, user, stls;
	unsigned login_delay; /* seconds between logins; 0: not told */
	char *mechanisms;     /* "PLAIN SCRAM-SHA-256", or NULL */
	char *stamp;          /* "<…>" of the greeting for APOP, or NULL */
	bool refused;         /* the last login was, for its credentials */
	bool vague;           /* … without a code that says so */
	bool as_it_is;        /* the password is; proofs of it were refused */
	bool call_again;      /* for that, the connection was lost meanwhile */
	char room[4096];      /* the text of the last status */
};

/* `first`: a host that cannot be reached is told at once.  Later the same is
 * tried again for a while, and so is, in either case, a mailbox in use or a
 * server that wants a pause: no longer than login->stall_ms the first time, a
 * few times that later. */
AM_MUST_USE int am_pop3_session_open(struct am_pop3_session **out,
                                     struct am_server_login *login, bool first,
                                     struct am_error *err);
/* `quit`: say QUIT, which makes deletions hold, and wait for its answer; the
 * status of that. */
int am_pop3_session_close(struct am_pop3_session **session, bool quit,
                          struct am_error *err);

/* A command into the buffer; flush sends what is there. */
AM_MUST_USE int am_pop3_put(struct am_pop3_session *s, struct am_error *err,
                            const char *fmt, ...) AM_PRINTF(3, 4);
AM_MUST_USE int am_pop3_flush(struct am_pop3_session *s, struct am_error *err);
/* The next status line, whatever it says; out->text is the session's. */
AM_MUST_USE int am_pop3_answer(struct am_pop3_session *s,
                               struct am_pop3_status *out,
                               struct am_error *err);
/* AM_FAILED in plain words, and the kind, for a -ERR: AM_E_BUSY for what
 * passes (in use, asked for a pause, trouble of the server's own). */
int am_pop3_refusal(const struct am_pop3_status *status, const char *what,
                    struct am_error *err);

/* login.c: the AUTHORIZATION state; AM_FAILED with s->refused when it was the
 * credentials.  `again`: they were refused before. */
AM_MUST_USE int am_pop3_login(struct am_pop3_session *s, bool again,
                              struct am_error *err);

#endif
