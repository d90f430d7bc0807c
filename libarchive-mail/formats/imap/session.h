/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_SESSION_H
#define AM_FORMATS_IMAP_SESSION_H

#include "formats/imap/account.h"
#include "formats/imap/reply.h"
#include "wire/imap.h"

/*
 * One connection to a server, logged in, and the commands under way on it.
 * One thread drives it; reading and sink share this layer.
 *
 * A command is written by put() into the session's buffer, started by send(),
 * and ended by its tagged line, which wait() or step() read.  Several may be
 * under way; untagged lines are shown to them oldest first until one takes it.
 *
 *     struct am_imap_command cmd = {.untagged = take_status, .user = &mine};
 *     am_imap_put(am_imap_session_out(s), "STATUS ");
 *     r = am_imap_put_string(am_imap_session_out(s), name, len, err);
 *     am_imap_put(am_imap_session_out(s), " (UIDNEXT)");
 *     r = am_imap_session_run(s, &cmd, "STATUS", err);
 *
 * Status: AM_RETRY: the connection is lost (or the server said BYE): close the
 * session and open another.  AM_FAILED: refused, the session is good; the reply
 * says more.  AM_FATAL: cancelled, or nothing that a new connection mends.
 */
struct am_imap_session;

struct am_imap_command {
	/* The caller's, all may be NULL.  untagged: AM_OK took the line,
	 * AM_END not mine; another status ends the session with it.  tagged: to
	 * look at response codes (APPENDUID).  Neither may send. */
	int (*untagged)(struct am_imap_command *cmd,
	                const struct am_imap_line *line, struct am_error *err);
	void (*tagged)(struct am_imap_command *cmd,
	               const struct am_imap_line *line);
	void *user;
	/* The session's. */
	struct am_imap_reply reply;
	const char *opens; /* a SELECT: of this mailbox */
	char tag[16];
	struct am_imap_command *next;
};

/* What is known of the mailbox that is selected, kept up to date by what the
 * server says unasked. */
struct am_imap_mailbox {
	char *name; /* wire form; NULL: none is selected */
	bool read_only, no_modseq, uid_not_sticky;
	uint32_t uidvalidity, uidnext; /* 0: not told */
	uint64_t exists, highestmodseq, expunged;
	char *permanent_flags; /* "\\Seen \\*", NULL: not told */
};

/* Greeting, TLS, login, CAPABILITY, ID, ENABLE.  Refuses a PREAUTH in the
 * clear, a missing STARTTLS, a login that would show the password. */
AM_MUST_USE int am_imap_session_open(struct am_imap_session **out,
                                     struct am_imap_account *account,
                                     struct am_error *err);
/* Without a word to the server; `polite`: LOGOUT first, not waiting long. */
void am_imap_session_close(struct am_imap_session **session, bool polite);

struct am_imap_account *am_imap_session_account(struct am_imap_session *s);
struct am_conn *am_imap_session_conn(struct am_imap_session *s);
const char *am_imap_session_host(const struct am_imap_session *s);
/* "CONDSTORE", "AUTH=PLAIN"; any case. */
bool am_imap_session_has(const struct am_imap_session *s, const char *cap);
/* Of "APPENDLIMIT=35651584": "35651584"; NULL when not there. */
const char *am_imap_session_cap(const struct am_imap_session *s,
                                const char *name);
/* Do as if it had not been offered: it was, and does not work. */
void am_imap_session_distrust(struct am_imap_session *s, const char *cap);
/* Of MESSAGELIMIT=1000: so many messages in one command; 0: any. */
uint32_t am_imap_session_limit(const struct am_imap_session *s);
/* What ENABLE switched on. */
bool am_imap_session_utf8(const struct am_imap_session *s);
bool am_imap_session_qresync(const struct am_imap_session *s);

/* Deflate from here on, where it is offered; once, and only while nothing is
 * under way.  AM_OK also where the server will not. */
AM_MUST_USE int am_imap_session_compress(struct am_imap_session *s,
                                         struct am_error *err);
/* Nothing more to win: it is, or is not to be had. */
bool am_imap_session_is_compressed(const struct am_imap_session *s);

/* ---- commands ---- */
struct am_imap_out *am_imap_session_out(struct am_imap_session *s);
/* Starts what was put; the command stays the caller's until its end.  Waits
 * only where a literal has to be let in. */
AM_MUST_USE int am_imap_session_send(struct am_imap_session *s,
                                     struct am_imap_command *cmd,
                                     struct am_error *err);
/* Reads one line and gives it to whom it belongs. */
AM_MUST_USE int am_imap_session_step(struct am_imap_session *s,
                                     struct am_error *err);
/* Until this one ended; `what` is for the words of a refusal.  Afterwards
 * nothing in the session points at it, whatever the status. */
AM_MUST_USE int am_imap_session_wait(struct am_imap_session *s,
                                     struct am_imap_command *cmd,
                                     const char *what, struct am_error *err);
/* send, then wait. */
AM_MUST_USE int am_imap_session_run(struct am_imap_session *s,
                                    struct am_imap_command *cmd,
                                    const char *what, struct am_error *err);
/* The same for a command that nobody listens to. */
AM_MUST_USE int am_imap_session_say(struct am_imap_session *s, const char *what,
                                    struct am_error *err, const char *fmt, ...)
	AM_PRINTF(4, 5);
/* How many are under way. */
size_t am_imap_session_pending(const struct am_imap_session *s);

/*
 * In pieces, for APPEND: begin() sends the tag and what was put so far; write()
 * more of the line or of a literal; go_ahead() waits for "+", AM_FAILED when
 * the command ended instead; end() sends the line's end.
 */
AM_MUST_USE int am_imap_session_begin(struct am_imap_session *s,
                                      struct am_imap_command *cmd,
                                      struct am_error *err);
AM_MUST_USE int am_imap_session_write(struct am_imap_session *s,
                                      const void *data, size_t len,
                                      struct am_error *err);
AM_MUST_USE int am_imap_session_go_ahead(struct am_imap_session *s,
                                         struct am_imap_command *cmd,
                                         const char *what,
                                         struct am_error *err);
AM_MUST_USE int am_imap_session_end(struct am_imap_session *s,
                                    struct am_error *err);

/* Literals of FETCH go here first, as in am_imap_hooks. */
void am_imap_session_on_literal(struct am_imap_session *s,
                                int (*take)(void *user,
                                            const struct am_imap_place *place,
                                            struct am_reader *bytes,
                                            struct am_error *err),
                                void *user);

/* ---- mailboxes ---- */
/* EXAMINE or SELECT, where it is not selected already.  Only while nothing is
 * under way. `read_write` is the sink's. */
AM_MUST_USE int am_imap_session_select(struct am_imap_session *s,
                                       const char *name, bool read_write,
                                       struct am_error *err);
/* The next one is opened anew, also where it is selected: to count again. */
void am_imap_session_doubt(struct am_imap_session *s);
/* select() without waiting, and also while other commands are under way: what
 * follows may be sent at once.  What is known of the mailbox changes when all
 * before it has ended.  `*sent` false: it is selected already, or will be.
 * `name` lives until the command has ended. */
AM_MUST_USE int am_imap_session_select_send(struct am_imap_session *s,
                                            struct am_imap_command *cmd,
                                            const char *name, bool read_write,
                                            bool *sent, struct am_error *err);
/* None is selected any more, where the server can do that without expunging
 * (RFC 3691) and nothing is under way. */
AM_MUST_USE int am_imap_session_unselect(struct am_imap_session *s,
                                         struct am_error *err);
const struct am_imap_mailbox *
am_imap_session_mailbox(const struct am_imap_session *s);

#endif
