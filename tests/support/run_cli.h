/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_SUPPORT_RUN_CLI_H
#define TESTS_SUPPORT_RUN_CLI_H

#include "base/compiler.h"

#include <sys/types.h>

/*
 * The real program, as a user runs it: $MAILARK, or build/mailark.  Each `cli`
 * has a temporary folder of its own, in which everything runs and relative
 * paths lie, and the output of its last run.
 */
struct cli {
	char *dir;
	char *out, *err; /* NUL-terminated; out_len for binary */
	size_t out_len;
	int status; /* exit status, or -signal */
};

void cli_init(struct cli *cli);
void cli_end(struct cli *cli); /* removes the folder */

/* Run with these arguments, NULL at the end; returns the exit status. */
int cli_run(struct cli *cli, ...) __attribute__((sentinel));
/* One line, split at spaces: cli_line(&c, "copy a.mbox b.mailark"). */
int cli_line(struct cli *cli, const char *line);
/* Start without waiting; then cli_wait() for the status. */
pid_t cli_start(struct cli *cli, const char *line);
int cli_wait(struct cli *cli, pid_t pid);

/* Files in the folder. */
void cli_write(struct cli *cli, const char *name, const void *data, size_t len);
char *cli_read(struct cli *cli, const char *name, size_t *len); /* g_free() */
bool cli_exists(struct cli *cli, const char *name);
char *cli_path(struct cli *cli, const char *name); /* g_free() */
/* An mbox of n made-up messages, numbered from `first`, about `body` bytes
 * each; the same numbers give the same bytes. */
void cli_mbox(struct cli *cli, const char *name, int first, int n, size_t body);
/* How many lines are in text; how often word is in it. */
size_t cli_lines(const char *text);
size_t cli_count(const char *text, const char *word);

#endif
