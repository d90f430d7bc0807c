/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAILDIR_SUBS_H
#define AM_FORMATS_MAILDIR_SUBS_H

#include "base/compiler.h"

struct am_folder;

/*
 * Which folders of an account are subscribed, from Dovecot's "subscriptions"
 * or Courier's courierimapsubscribed.  NULL when there is no such file.
 */
struct am_maildir_subs;
struct am_maildir_subs *am_maildir_subs_read(int root_fd, const char *account);
void am_maildir_subs_free(struct am_maildir_subs **subs);
/* prefix: parts of the folder that lead to the account. */
bool am_maildir_subs_has(const struct am_maildir_subs *subs,
                         const struct am_folder *folder, size_t prefix);
/* Add a folder; its line in the file is parts joined by tabs. */
void am_maildir_subs_add(struct am_maildir_subs **subs,
                         const struct am_folder *folder);
/* Dovecot's version 2 text with all of them, sorted; g_free() it. */
char *am_maildir_subs_text(const struct am_maildir_subs *subs);

#endif
