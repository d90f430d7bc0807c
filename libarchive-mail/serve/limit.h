/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_LIMIT_H
#define AM_SERVE_LIMIT_H

#include "serve/session_impl.h"

/*
 * MESSAGELIMIT (RFC 9738): so many messages are handled by one command, where
 * the house says so.  FETCH, STORE, SEARCH, MOVE and UID EXPUNGE take those
 * with the highest UIDs and tell how far down they came; COPY, APPEND, SORT and
 * THREAD are done whole or not at all.
 */

/* Of n messages, how many of the lowest are left. */
size_t am_limit_skip(const struct am_session *s, size_t n);
/* Of rows (by UID) those that are too many go; the lowest UID that stays, or 0
 * when all do. */
uint32_t am_limit_cut(const struct am_session *s, GArray *rows);
/* After am_ok(): it came down to this UID (0: through). */
void am_limit_tell(struct am_session *s, uint32_t lowest);
/* Are these too many?  Then NO was said. */
bool am_limit_refuses(struct am_session *s, size_t n);

#endif
