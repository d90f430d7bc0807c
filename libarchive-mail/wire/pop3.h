/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_WIRE_POP3_H
#define AM_WIRE_POP3_H

#include "base/error.h"

struct am_reader;

/*
 * POP3 on the wire (RFC 1939, 2449, 5034): status lines, lists, dot-stuffed
 * bodies.  Nothing here knows a socket or a mailbox.
 */
struct am_pop3_status {
	bool ok;          /* +OK */
	bool go_on;       /* "+ …": a SASL challenge; text is its base64 */
	const char *code; /* RFC 2449 "[IN-USE]" without brackets, or NULL */
	const char *text; /* the rest, printable; valid until the next call */
};

/* One status line; `room` bytes of the caller's hold the text.  AM_FATAL with
 * AM_E_PROTOCOL for anything else. */
AM_MUST_USE int am_pop3_status_read(struct am_reader *in,
                                    struct am_pop3_status *out, char *room,
                                    size_t size, struct am_error *err);
/* The next line of a multi-line answer without its end and its dot; AM_END at
 * the lone dot.  Valid until the reader moves. */
AM_MUST_USE int am_pop3_line(struct am_reader *in, const char **line,
                             size_t *len, struct am_error *err);
/* A message's bytes: dots undone, ends at the lone dot line (taken).  The CRLF
 * before the lone dot belongs to the message.  `in` stays the caller's and
 * must not be read until this one ended.  An end of `in` before the dot is an
 * error. */
AM_MUST_USE int am_pop3_body(struct am_reader **out, struct am_reader *in,
                             struct am_error *err);
/* "12 120" of LIST, "12 whqtswO00WBw418f9t5JxYwZ" of UIDL. */
bool am_pop3_list(const char *line, size_t len, uint32_t *number,
                  const char **rest, size_t *rest_len);

#endif
