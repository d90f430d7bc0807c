/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_OPT_H
#define MAILARK_OPT_H

#include "cmd/cmd.h"

/* The value of an OPT_MANY option; met: for whoever wants to know of each item
 * that it was of use, all false. */
struct opt_list {
	size_t n;
	const char **items;
	bool *met;
};

/*
 * Parse argv (without the command's name) by the command's table into values,
 * a zeroed struct of cmd->options_size.  Options and other arguments may stand
 * in any order; "--" ends the options; "--name=value", "--name value",
 * "-xvalue" and "-x value" are alike; short switches may be run together.
 *
 * The other arguments are moved to the front of argv, which ends with NULL as
 * main's does before and after, and counted in *argc.
 * *help: --help or -h was given.  AM_FAILED names what is wrong and, for an
 * unknown option, the nearest that exists.
 */
AM_MUST_USE int opt_parse(const struct cmd *cmd, void *values, int *argc,
                          char **argv, bool *help, struct am_error *err);
/* What opt_parse() allocated inside values. */
void opt_free(const struct cmd *cmd, void *values);
/* What --help prints, to stdout. */
void opt_help(const struct cmd *cmd);

/* The name in a list that is nearest to a mistyped one; NULL: none is near. */
const char *opt_nearest(const char *word, const char *const *names, size_t n);

#endif
