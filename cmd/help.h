/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_HELP_H
#define MAILARK_HELP_H

#include "cmd/cmd.h"

const struct cmd *help_find(const char *name); /* NULL: no such command */
/* The command nearest to a mistyped name; NULL: none is near. */
const char *help_nearest(const char *name);
/* The short help with the list of commands. */
void help_overview(void);

#endif
