/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_WIRE_SECRET_H
#define AM_WIRE_SECRET_H

#include "base/error.h"

struct am_cancel;

/* Zeros over the text, then g_free(); *secret becomes NULL. */
void am_secret_free(char **secret);

/*
 * The first line that `sh -c command` prints, without its end.  The shell is
 * meant: pipes, quotes and variables work as on the command line.  Standard
 * input is empty and standard error is ours, so that a password manager can
 * say what it lacks; it may open the terminal by itself.
 *
 * AM_FAILED with AM_E_AUTH when it cannot be run, fails, prints nothing (or
 * more than 64 KiB in a line), or takes longer than timeout_ms: it is then
 * ended.  `what` ("password-command") begins the error's text, which never
 * holds the command or what it printed.
 */
AM_MUST_USE int am_secret_command(char **out, const char *what,
                                  const char *command, unsigned timeout_ms,
                                  const struct am_cancel *cancel,
                                  struct am_error *err);

/* The first line of a file that nobody but its owner may read or write. */
AM_MUST_USE int am_secret_file(char **out, const char *what, const char *path,
                               struct am_error *err);

#endif
