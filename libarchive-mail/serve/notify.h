/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_NOTIFY_H
#define AM_SERVE_NOTIFY_H

/*
 * NOTIFY (RFC 5465): what a session wants to be told of without asking, also of
 * mailboxes that it has not open.
 */
struct am_notify;
struct am_session;

/* All that is there to tell; between two commands. */
void am_notify_sync(struct am_session *s);
/* No more of it; s->notify becomes NULL. */
void am_notify_end(struct am_session *s);

#endif
