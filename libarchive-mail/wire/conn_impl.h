/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_WIRE_CONN_IMPL_H
#define AM_WIRE_CONN_IMPL_H

#include "base/reader.h"
#include "wire/conn.h"
#include "wire/conn_deflate.h"
#include "wire/net.h"
#include "wire/tls.h"

#include <glib.h>

/*
 *   reader  ◄── intake ◄── inflate ◄── TLS ◄──┐
 *                                             net (socket)
 *   write() ──► buffer ──► deflate ──► TLS ──►┘
 *
 * Mostly the reader's buffer is filled straight from the socket or from TLS.
 * The intake holds what came in while nobody read: during a write that had to
 * wait, or an am_conn_wait().
 */

/* Large enough that a call is noise; four TLS records. */
#define WRITE_BUFFER  (64 * 1024)
#define PACKED_BUFFER (64 * 1024)
#define CHUNK         (64 * 1024)
/* A fill of so much is part of a stream.  Dovecot sends TLS in records of some
 * 4 KiB: those too. */
#define FLOW (2 * 1024)
struct chunk {
	size_t from, to;
	uint8_t bytes[CHUNK];
};

struct am_conn {
	struct am_net net;
	struct am_tls *tls;
	struct am_zip *zip;
	struct am_reader *reader;
	char *host; /* NULL: we are the server */
	struct am_tls_opts trust;
	bool has_trust;
	unsigned connect_ms;

	GQueue intake; /* of struct chunk */
	size_t taken, max_intake;
	uint8_t *packed_in; /* what the inflater eats from */
	bool flows;         /* the last fill was of a size */
	/* Of am_conn_next(). */
	bool watched, begun;
	int64_t waited_us;
	uint64_t came;

	uint8_t *out;
	size_t out_len;
	uint8_t *packed_out;

	/* AM_END or an error: no more comes in; no more goes out. */
	int in_status, out_status;
	struct am_error in_err, out_err;
	uint64_t plain_in, plain_out;
};

/* The reader's fill; self is the connection. */
int am_conn_fill(void *self, uint8_t *buf, size_t room, size_t *got,
                 struct am_error *err);
/* As much of the intake as there is room for. */
size_t am_conn_from_intake(struct am_conn *c, uint8_t *buf, size_t room);
/* The sticking status, with its story. */
int am_conn_tell(int status, const struct am_error *why, struct am_error *err);

#endif
