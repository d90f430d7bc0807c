/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAILDIR_MESSAGE_H
#define AM_FORMATS_MAILDIR_MESSAGE_H

#include "base/error.h"

struct am_ctx;
struct am_loaded_file;
struct am_message;

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
