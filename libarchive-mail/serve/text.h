/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_TEXT_H
#define AM_SERVE_TEXT_H

struct am_session;

/* The first line; and CAPABILITY's words, as they hold now. */
void am_say_greeting(struct am_session *s);
void am_put_capabilities(struct am_session *s);

#endif
