/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_LAB_SERVING_H
#define TESTS_LAB_SERVING_H

#include "tests/support/run_cli.h"

#include <glib.h>

/* mailark serve as a program, over an archive in a folder of the test's own;
 * the user is "mailark", the password "secret". */
struct serving {
	struct cli c;
	GPid pid;
	int out;
	uint16_t port;      /* IMAP, in the clear */
	const char *option; /* behind the archive; NULL: none */
};

/* The folder, with n made-up messages in INBOX of a.mailark. */
void serving_fill(struct serving *s, int n);
void serving_start(struct serving *s, const char *archive);
/* By a signal: what it exited with, or minus the signal that ended it. */
int serving_stop(struct serving *s, int number);
/* A shell's line in the folder; what it prints is lost. */
int serving_run(struct serving *s, const char *format, ...) AM_PRINTF(2, 3);
const char *serving_program(void);
bool program_there(const char *name);

#endif
