/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_ASK_H
#define MAILARK_ASK_H

#include "base/error.h"

struct session;

/*
 * The answer to ctx->ask ("password for USER at HOST"): what the configuration
 * file has of an account with that user and host, MAILARK_PASSWORD, netrc, and
 * last the person at the terminal, whose typing is not shown.  An answer is
 * kept for the next time the account is opened (copy --watch, several folders
 * of one account); who asks the same twice in between was refused, and the
 * person gets the word.
 */
struct asker;

struct asker *asker_new(struct session *s);
void asker_free(struct asker **asker);
/* Something is about to be opened: what was answered before serves again. */
void asker_begin(struct asker *asker);
/* AM_OK and a text, AM_FAILED for none, AM_FATAL for "stop". */
AM_MUST_USE int asker_ask(struct asker *asker, const char *prompt, char *buf,
                          size_t size);

#endif
