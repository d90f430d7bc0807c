/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_REPLY_H
#define AM_FORMATS_IMAP_REPLY_H

#include "base/error.h"

struct am_imap_line;

/* How a command ended. */
enum am_imap_end {
	AM_IMAP_UNDER_WAY,
	AM_IMAP_END_OK,
	AM_IMAP_END_NO,
	AM_IMAP_END_BAD,
	AM_IMAP_END_LOST /* the connection went before the answer */
};

/* What a refusal means for what to do next: response codes (RFC 5530, Gmail's
 * and Yahoo's own) and the words of servers that have none. */
enum am_imap_trouble {
	AM_IMAP_NO_TROUBLE,
	AM_IMAP_REFUSED,     /* no more is known */
	AM_IMAP_WAIT,        /* throttled: wait_ms, then the same again */
	AM_IMAP_SPENT,       /* a quota of the day or the mailbox: not today */
	AM_IMAP_UNAVAILABLE, /* passing, or for ever for one message */
	AM_IMAP_IN_USE,
	AM_IMAP_MISSING, /* no such mailbox, or it cannot be selected */
	AM_IMAP_DENIED,  /* login or permission */
	AM_IMAP_UNKNOWN_COMMAND
};

struct am_imap_reply {
	enum am_imap_end end;
	enum am_imap_trouble trouble;
	uint64_t wait_ms; /* of WAIT; 0: the server did not say how long */
	bool limited; /* [MESSAGELIMIT …]: not all messages, see limit.h */
	uint32_t limit_uid; /* the last one it handled; 0: not told */
	char code[48];      /* upper case, without arguments; "" for none */
	char text[200];     /* for people: printable, one line */
};

/* Read a tagged line, a BYE or an untagged NO; total. */
void am_imap_reply_read(struct am_imap_reply *out,
                        const struct am_imap_line *line);
/* Only what it says of a limit: of an untagged line, which may say it too. */
void am_imap_reply_limit(struct am_imap_reply *out,
                         const struct am_imap_line *line);
/* Server text made fit to print: no controls, valid UTF-8. */
void am_imap_reply_clean(const char *text, char *out, size_t room);
/*
 * Nothing for OK; for the rest the words "HOST: WHAT refused: TEXT" and
 * AM_FAILED, with the kind of the trouble (DENIED: AM_E_AUTH, MISSING:
 * AM_E_NOTFOUND, WAIT and UNAVAILABLE: AM_E_BUSY, else AM_E_PROTOCOL);
 * AM_RETRY when the connection was lost.
 */
AM_MUST_USE int am_imap_reply_status(const struct am_imap_reply *reply,
                                     const char *host, const char *what,
                                     struct am_error *err);

#endif
