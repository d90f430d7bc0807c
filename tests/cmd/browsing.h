/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_CMD_BROWSING_H
#define AM_TESTS_CMD_BROWSING_H

#include "cmd/browse/frame.h"
#include "cmd/browse/model.h"
#include "cmd/searched.h"
#include "cmd/session.h"
#include "tests/support/run_cli.h"

/* mailark browse without a terminal: keys go in, frames come out. */
struct browsing {
	struct cli cli;
	struct session session;
	struct searched in[2];
	size_t n;
	struct browse *b;
};

extern const char browsing_mail[]; /* an mbox of a few mails */
extern const size_t browsing_mail_len;
extern int browsing_left; /* how often the screen was left to others */

/* Of that mail, archived; then of archives in u->cli.dir. */
void browsing_begin(struct browsing *u, const char *query);
void browsing_open(struct browsing *u, const char *const *names, size_t n,
                   const char *query);
void browsing_end(struct browsing *u);
/* "/ i n v Enter" */
void browsing_press(struct browsing *u, const char *keys);
void browsing_type(struct browsing *u, const char *text);
char *browsing_screen(struct browsing *u); /* g_free() it */
void browsing_expect(struct browsing *u, const char *text);
void browsing_expect_not(struct browsing *u, const char *text);

#endif
