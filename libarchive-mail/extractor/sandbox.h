/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_EXTRACTOR_SANDBOX_H
#define AM_EXTRACTOR_SANDBOX_H

#include "base/compiler.h"

/*
 * Two walls (seccomp), one within the other.  The server, which never looks
 * into a document, may start and end processes and talk to who started it.  A
 * reader, one process a document, may compute, take memory up to a limit, and
 * write to one descriptor: no file, no network, no other process, no program.
 *
 * There is no way around: where the kernel has no seccomp, nothing is read.
 */
struct am_sandbox;

/* NULL: it cannot be had, *why says so. */
struct am_sandbox *am_sandbox_new(const char **why);
void am_sandbox_free(struct am_sandbox **sandbox);

bool am_sandbox_enter_server(struct am_sandbox *sandbox);

/* What a reader writes to. */
#define AM_SANDBOX_OUT 3
struct am_sandbox_limits {
	unsigned cpu_seconds;
	uint64_t memory; /* beside what the process has already */
};
bool am_sandbox_enter_reader(const struct am_sandbox *sandbox,
                             const struct am_sandbox_limits *limits);

#endif
