/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_EXTRACTOR_SERVE_H
#define AM_EXTRACTOR_SERVE_H

#include "extractor/sandbox.h"

/*
 * The server: documents in, pieces out (extract/protocol.h).  Each document is
 * read by a process of its own, so that none can touch another, and what it
 * costs is the kernel's to see to.
 */

/* Reads one document within the sandbox; g_free() the pieces.  Returns enum
 * am_extract_status. */
typedef unsigned am_reader_fn(unsigned hint, const uint8_t *data, size_t len,
                              uint8_t **pieces, size_t *n);

struct am_server {
	struct am_sandbox *sandbox;
	am_reader_fn *reader;
	struct am_sandbox_limits limits;
	unsigned wall_ms;
};

/* One document; pieces as they came, at most AM_EXTRACT_PIECES_MAX. */
unsigned am_server_read(const struct am_server *server, unsigned hint,
                        const uint8_t *data, size_t len, uint8_t **pieces,
                        size_t *n);
/* Can a reader open a file or a socket?  false: it can, or there is no reader.
 */
bool am_server_prove(const struct am_server *server);
/* Answer questions on fd until it is closed. */
void am_server_run(const struct am_server *server, int fd);
/* "Ready", or why not. */
void am_server_hello(int fd, const char *why);

#endif
