/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_ACCOUNT_H
#define AM_TESTS_ACCOUNT_H

#include "tests/support/dovecot.h"

/*
 * Mail put into a user's Maildir behind the server's back: quick, and with no
 * client of anybody's.  Folder names as on the wire; "INBOX" is the inbox.
 */

/* n made-up messages numbered from `first`, about `body` bytes each; flags, a
 * keyword and the date of receipt follow from the number. */
void account_fill(const struct dovecot *d, const char *user, const char *folder,
                  unsigned first, unsigned n, size_t body);
/* One message, with flags as Maildir has them ("FS") and the keyword or NULL,
 * received at that time. */
void account_put(const struct dovecot *d, const char *user, const char *folder,
                 unsigned number, const char *text, size_t len,
                 const char *letters, int64_t received);
void account_folder(const struct dovecot *d, const char *user,
                    const char *folder);

#endif
