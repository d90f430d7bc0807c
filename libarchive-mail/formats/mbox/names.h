/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_NAMES_H
#define AM_FORMATS_MBOX_NAMES_H

#include "base/compiler.h"

/*
 * Folder names and file names.  What a file name cannot be is %-escaped on
 * the way out ('/', NUL, control characters, a leading dot, '%' itself) and
 * read back from exactly these escapes, so "50%20 off" of another program
 * stays as it is.  All results are g_malloc()ed.
 */

/* A mailbox's folder name: without ".gz" and its kind, without ".mbox" and
 * its kind, escapes undone, valid UTF-8, never empty. */
char *am_mbox_name_of_file(const char *file);
/* The same of a directory, which loses Thunderbird's ".sbd" (and with
 * package true Apple's ".mbox"). */
char *am_mbox_name_of_directory(const char *directory, bool package);

/* The other way; no suffix is added.  *changed: it does not read back as the
 * same name, because it was too long. */
char *am_mbox_name_to_file(const char *part, bool *changed);

/* A directory's name with its first letter escaped, which
 * am_mbox_name_of_directory() undoes where it is one of a Maildir's own: a
 * "cur" would make a Maildir of the tree. */
char *am_mbox_name_hide(const char *directory);

/* Files that other programs keep beside their mailboxes. */
bool am_mbox_name_ignored(const char *file);
/* Does it end like a mailbox, packed or not? */
bool am_mbox_name_typical(const char *file);

#endif
