/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_RELAY_H
#define AM_TESTS_RELAY_H

#include "base/compiler.h"

/*
 * A TCP relay on the loopback, on a thread of its own, that makes the line
 * behind it long or brittle and counts what passes.  Set the fields before
 * relay_start(); `cuts` may be changed at any time, and the counts read.
 */
struct relay {
	uint16_t to;       /* the port it leads to */
	unsigned delay_ms; /* there and back */
	unsigned rate;     /* bytes a second from the server; 0: any */
	/* The next so many connections are cut, each when so many bytes came
	 * from the server. */
	unsigned cuts;
	uint64_t cut_at;
	/* The counts. */
	unsigned connections;
	unsigned turns; /* how often the client spoke after the server had */
	uint64_t down, up;
	/* Its own. */
	uint16_t port;
	int fd, wake[2];
	void *thread;
};

void relay_start(struct relay *r);
void relay_stop(struct relay *r);

#endif
