/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_SESSION_IMPL_H
#define AM_FORMATS_IMAP_SESSION_IMPL_H

#include "formats/imap/session.h"

/*
 * The inside of a session:
 *
 *   session.c  open and close: greeting, TLS, what is offered, ID, ENABLE
 *   login.c    SASL and LOGIN
 *   command.c  commands out, lines in
 *   select.c   the mailbox that is selected
 */
struct am_imap_session {
	struct am_imap_account *account;
	struct am_conn *conn;
	struct am_imap_parser *parser;
	struct am_imap_out out;
	char *caps;    /* " IMAP4REV1 IDLE … " in upper case */
	bool caps_new; /* told since this was last cleared */
	bool utf8, qresync, bye;
	bool examine;              /* to read: EXAMINE rather than SELECT */
	bool compressed;           /* or asked for in vain */
	struct am_imap_reply last; /* the BYE, or the last untagged NO */
	struct am_imap_reply said; /* untagged, of the answer under way */
	uint64_t useless;          /* lines in a row that nobody took, */
	uint64_t lines;            /* untagged, since a command ended */
	uint64_t useless_from;     /* and the bytes that came before them */
	/* Commands under way, oldest first. */
	struct am_imap_command *head, *tail;
	size_t pending;
	uint64_t sent;
	char prefix[6]; /* of tags: nobody answers what was not asked yet */
	bool go_ahead;  /* a "+" came */
	char challenge[16384]; /* its text */
	int (*take_literal)(void *user, const struct am_imap_place *place,
	                    struct am_reader *bytes, struct am_error *err);
	void *literal_user;
	bool ours; /* it failed for want of place or memory here */
	struct am_imap_mailbox mailbox;
	const struct am_imap_command *selecting; /* none is, when refused */
	char *aim; /* the mailbox selected when all under way has ended */
};

AM_MUST_USE int am_imap_session_login(struct am_imap_session *s,
                                      struct am_error *err);
/* Ask, and take the answer for all there is. */
AM_MUST_USE int am_imap_session_capability(struct am_imap_session *s,
                                           struct am_error *err);
void am_imap_session_take_caps(struct am_imap_session *s,
                               const struct am_imap_value *values, size_t n);
/* The greeting: the first line of all. */
AM_MUST_USE int am_imap_session_greeting(struct am_imap_session *s,
                                         struct am_imap_line *line,
                                         struct am_error *err);
/* A line about the mailbox: true when it said something of it. */
bool am_imap_session_mailbox_line(struct am_imap_session *s,
                                  const struct am_imap_line *line);
void am_imap_session_mailbox_clear(struct am_imap_session *s);
/* A SELECT that is the oldest under way: from here on it is about that one. */
void am_imap_session_mailbox_turn(struct am_imap_session *s);
/* It ended. */
void am_imap_session_mailbox_ended(struct am_imap_session *s,
                                   const struct am_imap_command *cmd);
/* Literals of lines: to who asked for them. */
int am_imap_session_literal(void *user, const struct am_imap_place *place,
                            struct am_reader *bytes, struct am_error *err);

#endif
