/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_POP3_H
#define AM_SERVE_POP3_H

#include "serve/session_impl.h"

/*
 * POP3 (RFC 1939, 2449, 2595, 5034) over the same session: INBOX as it was at
 * login.  What is deleted is expunged by QUIT, and kept in the archive.
 */
struct am_pop3;
void am_pop3_greet(struct am_session *s);
/* One line that waits. */
void am_pop3_command(struct am_session *s);
void am_pop3_free(struct am_pop3 **pop3);

#endif
