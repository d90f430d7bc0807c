/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAILDIR_SHAPE_H
#define AM_FORMATS_MAILDIR_SHAPE_H

#include "base/compiler.h"

/*
 * What is a Maildir's own in a tree of several formats: the Maildir source
 * reads it, the others leave it alone.  Both must draw the same line, or mail
 * is read twice, or never.
 */

/* Does the directory dir_fd/path (no links) hold a cur or a new?  A new alone
 * that is full of mailboxes is a folder called "new". */
bool am_maildir_shaped(int dir_fd, const char *path);
/* Directories and files of a Maildir that are no folders of mail. */
bool am_maildir_own_dir(const char *name);
bool am_maildir_own_file(const char *name);
/* Directories below the root that are searched for Maildirs. */
#define AM_MAILDIR_DEPTH 64

#endif
