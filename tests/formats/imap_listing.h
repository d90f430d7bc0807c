/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_FORMATS_IMAP_LISTING_H
#define TESTS_FORMATS_IMAP_LISTING_H

#include "model/source.h"

#include <glib.h>

/*
 * A target that takes all of an IMAP source and remembers, so that a second
 * run can go on; and what the source gave, a line for each item:
 *
 *     INBOX already=2
 *     5 seen,flagged [kw] {label} 1996-07-17T02:44:25-07:00 5 hello
 *     ! INBOX;UIDVALIDITY=7;UID=5: it came empty
 *     ~ flags 7/5 seen [kw]      ~ gone 7/5      ~ uid 7/5 8/1
 *     ^ v=1 uidvalidity=7 …
 *     * imap.exists: the words of a note
 *     FATAL the words
 */
struct imap_target;

struct imap_target *imap_target_new(void);
void imap_target_free(struct imap_target *target);
/* As window: all of the account is asked for before the first is loaded, and
 * the listing has the messages at its end. */
enum { IMAP_TARGET_ALL = 1000000 };
/* One run against 127.0.0.1:port; what it gave, to be freed by g_free().
 * `memory`: the target's; else as if it were empty.  `window`: messages asked
 * for before the first is loaded. */
char *imap_target_run(struct imap_target *target, unsigned port,
                      const char *path, const char *const *options, bool memory,
                      unsigned window);
/* Forget a message, as if its commit had never come. */
void imap_target_forget(struct imap_target *target, const char *folder,
                        uint32_t uid);

#endif
