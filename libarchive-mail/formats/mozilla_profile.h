/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MOZILLA_PROFILE_H
#define AM_FORMATS_MOZILLA_PROFILE_H

#include "base/compiler.h"

/*
 * A profile of Thunderbird (SeaMonkey, Mozilla): prefs.js beside Mail/ or
 * ImapMail/, in which each account has a directory called like its server.
 *
 *     user_pref("mail.server.server2.directory-rel",
 *               "[ProfD]ImapMail/imap.example.org");
 *     user_pref("mail.server.server2.name", "Work");
 *
 * What else lies in a profile is no mail of Mozilla's.
 */
struct am_mozilla_profile;

/* Is the directory dir_fd/path ("" is dir_fd) one? */
bool am_mozilla_profile_here(int dir_fd, const char *path);
/* "Mail", "ImapMail", "News": where its mail lies. */
bool am_mozilla_profile_store(const char *name);
/* "cache2": pieces of what servers had sent. */
bool am_mozilla_profile_cache(const char *name);

/* What prefs.js in that directory says; never NULL. */
struct am_mozilla_profile *am_mozilla_profile_read(const char *path);
void am_mozilla_profile_free(struct am_mozilla_profile **profile);
/* The name of the account in STORE/DIRECTORY, g_free() it; NULL: unknown. */
char *am_mozilla_profile_account(const struct am_mozilla_profile *profile,
                                 const char *store, const char *directory);

#endif
