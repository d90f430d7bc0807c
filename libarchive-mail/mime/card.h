/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_CARD_H
#define AM_MIME_CARD_H

#include "base/compiler.h"

/*
 * iCalendar (RFC 5545) and vCard (RFC 6350, 2.1 as well) to lines a person can
 * read: what an event is, when, where and with whom; what somebody's name,
 * addresses and numbers are.  Folded lines are joined, escapes undone;
 * pictures, time zones and everything else is left out.  Fed in pieces cut
 * anywhere, linear in time; a line of more than 64 KiB is left out.
 */
struct am_card;

typedef void am_card_fn(void *user, const char *s, size_t len);

struct am_card *am_card_new(am_card_fn *text, void *user);
void am_card_feed(struct am_card *card, const char *s, size_t len); /* UTF-8 */
void am_card_finish(struct am_card *card);
void am_card_free(struct am_card **card);

#endif
