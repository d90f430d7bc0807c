/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_EML_FOREIGN_H
#define AM_FORMATS_EML_FOREIGN_H

#include "base/error.h"

struct am_reader;

/*
 * Members of a zip or tar that are no mail but hold some: mailboxes of all
 * kinds, Outlook's files, further zips.
 */
enum am_foreign { AM_FOREIGN_NONE, AM_FOREIGN_FILE, AM_FOREIGN_MESSAGE };

/* By its name and first bytes.  others: files of mailboxes, too, that only
 * their first line tells from a mail.  *what says it to a person. */
enum am_foreign am_foreign_look(const char *base, struct am_reader *reader,
                                bool others, const char **what);
/*
 * The parts of the folder that a message alone (AM_FOREIGN_MESSAGE) lies in,
 * where it is one of a tree whose directories are not all folders; NULL: its
 * directory's.  g_strfreev() it.
 */
char **am_foreign_folder(const char *member);

#endif
