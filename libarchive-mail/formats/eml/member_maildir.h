/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_EML_MEMBER_MAILDIR_H
#define AM_FORMATS_EML_MEMBER_MAILDIR_H

#include "base/error.h"

struct am_ctx;
struct am_file;
struct am_message;
struct am_reader;

/*
 * Maildirs in a zip or tar: their flags are in the names of the members, their
 * keywords in a file that may come before or behind them.  The members come by
 * once, so each is told by its own name: "a/.Sent.2020/cur/15678.M1.host:2,S"
 * is a message of the folder a/Sent/2020.
 */
struct am_member_maildir;

struct am_member_maildir *am_member_maildir_new(void);
void am_member_maildir_free(struct am_member_maildir **maildir);

/* Is this the name of a message in a Maildir? */
bool am_member_maildir_message(const char *member);
/* Its folder's parts, g_strfreev() them, and in *as a name to ask for it with
 * (member_folders.h), g_free() it. */
char **am_member_maildir_folder(const char *member, char **as);
/* A file that is a Maildir's own, which is no message: true, and what it says
 * is taken note of. */
bool am_member_maildir_own(struct am_member_maildir *maildir,
                           const char *member, struct am_reader *reader);
/*
 * Flags, keywords and dates of a message that has its bytes; stamp: the
 * member's time, or INT64_MIN.  Where there are keywords whose names have not
 * come by, `file`, the container, is gone through for them, once.
 */
AM_MUST_USE int am_member_maildir_apply(struct am_member_maildir *maildir,
                                        const char *member,
                                        struct am_message *msg, int64_t stamp,
                                        struct am_file *file,
                                        struct am_ctx *ctx,
                                        struct am_error *err);

#endif
