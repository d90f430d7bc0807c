/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAILDIR_MESSAGE_H
#define AM_FORMATS_MAILDIR_MESSAGE_H

#include "base/error.h"

struct am_ctx;
struct am_loaded_file;
struct am_maildir_keywords;
struct am_message;

/*
 * Flags and keywords, from the letters of a name (am_maildir_name.info); what
 * stands for no keyword is kept as the property maildir.flags.  fresh: the file
 * lies in new/.
 */
void am_maildir_message_letters(struct am_message *msg, const char *info,
                                bool fresh,
                                const struct am_maildir_keywords *keywords);

/*
 * Give a message what its file holds: the bytes (the file's blob is taken),
 * their size, the received date with all its candidates.  Sizes in the name
 * that are wrong are told as notes.  name: of the file, without directories.
 */
AM_MUST_USE int am_maildir_message_complete(struct am_message *msg,
                                            struct am_loaded_file *file,
                                            const char *name,
                                            struct am_ctx *ctx,
                                            struct am_error *err);

#endif
