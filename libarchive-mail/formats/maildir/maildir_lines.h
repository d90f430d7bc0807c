/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAILDIR_LINES_H
#define AM_FORMATS_MAILDIR_LINES_H

#include "base/compiler.h"

/*
 * Read a small text file of a Maildir line by line, whatever it really is: no
 * links followed, no waiting on a FIFO, lines beyond 8 KiB passed over.  The
 * line is without its ending and may be changed by who gets it.  Returns
 * whether there was such a file.
 */
typedef void am_maildir_line_fn(void *user, char *line);

bool am_maildir_lines_read(int root_fd, const char *dir, const char *name,
                           am_maildir_line_fn *line, void *user);
/* The same of a text, or NULL, that was read already. */
void am_maildir_lines_split(const char *text, am_maildir_line_fn *line,
                            void *user);

#endif
