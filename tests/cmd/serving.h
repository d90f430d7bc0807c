/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_CMD_SERVING_H
#define TESTS_CMD_SERVING_H

#include "tests/support/run_cli.h"

#include <stdint.h>

/*
 * `mailark serve` as it is run: an archive of a few messages in a folder of its
 * own, at ports of the loopback that were free.
 */
struct serving {
	struct cli cli;
	pid_t pid;
	char *said; /* what it printed at the start */
};

/* The archive is there, nothing serves yet. */
void serving_init(struct serving *s);
/* "--imap 127.0.0.1:0 …"; the archive is put behind it.  Returns when it says
 * that it is ready. */
void serving_start(struct serving *s, const char *options);
/* The same with a socket that listens already, called so (sd_listen_fds(3)):
 * its port. */
uint16_t serving_start_given(struct serving *s, const char *name,
                             const char *options);
/* The port behind "NAME  …:" in what it said. */
uint16_t serving_port(const struct serving *s, const char *name);
/* SIGTERM; its exit status. */
int serving_stop(struct serving *s);
void serving_end(struct serving *s);

/* A connection to a port. */
int serving_connect(uint16_t port);
/* Send this to a port, and what comes until the end; g_free(). */
char *serving_ask(uint16_t port, const char *what);
/* Log in over IMAP, say this, log out; g_free(). */
char *serving_imap(const struct serving *s, const char *commands);

#endif
