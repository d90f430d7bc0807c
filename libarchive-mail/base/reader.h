/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_READER_H
#define AM_BASE_READER_H

#include "base/error.h"

/*
 * A reader hands out bytes in place: peek to look, skip to move on.
 *
 *   peek(r, want, &data, &len)  at least `want` bytes, fewer only at the end;
 *                               AM_END when not a single byte is left.
 *   skip(r, n)                  n must not exceed the len of the last peek.
 *
 * What peek returned stays valid until the next peek or close, not longer.
 *
 * Damage: the bytes before it come first, then the error, which sticks.  A
 * peek that gives fewer than it was asked for may thus stand before an error
 * as well as before the end; only AM_END is a clean end.  AM_RETRY does not
 * stick and takes nothing away.
 */
struct am_reader;
struct am_file;

/* What an implementation supplies; fill() runs only when bytes run out.  It
 * gives at least one byte, or AM_END, or *got == 0 for the same; bytes it gives
 * together with an error are used before the error is told.  When am_reader_new
 * fails, it has called close(). */
struct am_reader_ops {
	int (*fill)(void *self, uint8_t *buf, size_t room, size_t *got,
	            struct am_error *err);
	void (*close)(void *self);
};

AM_MUST_USE int am_reader_new(struct am_reader **out,
                              const struct am_reader_ops *ops, void *self,
                              struct am_error *err);
AM_MUST_USE int am_reader_peek(struct am_reader *r, size_t want,
                               const uint8_t **data, size_t *len,
                               struct am_error *err);
void am_reader_skip(struct am_reader *r, size_t n);
/* The next line with its ending, however long up to max; the reader then stands
 * behind it (no skip).  The last one may lack its ending.  AM_FAILED with
 * AM_E_LIMIT beyond max: nothing is taken, peek and skip still work. */
AM_MUST_USE int am_reader_line(struct am_reader *r, size_t max,
                               const uint8_t **data, size_t *len,
                               struct am_error *err);
/* How many bytes were taken so far. */
uint64_t am_reader_offset(const struct am_reader *r);
/* How many bytes lie ready in it: a peek of so many asks nobody.  A reader over
 * a connection is not waited for while there are some. */
size_t am_reader_ready(const struct am_reader *r);
void am_reader_close(struct am_reader **r);

/* Readers over bytes that are there; data must outlive the first. */
AM_MUST_USE int am_reader_memory(struct am_reader **out, const void *data,
                                 size_t len, struct am_error *err);
/* The same, calling release(owner) when it closes; also when it fails. */
AM_MUST_USE int am_reader_held(struct am_reader **out, const void *data,
                               size_t len, void (*release)(void *owner),
                               void *owner, struct am_error *err);
AM_MUST_USE int am_reader_file(struct am_reader **out, struct am_file *file,
                               uint64_t offset, uint64_t len,
                               struct am_error *err);
/* Over a pipe or whatever else comes by once.  Takes fd, also when it fails.
 * `stop`, which may be NULL, is asked while nothing comes: true ends it with
 * AM_E_CANCELLED.  A named pipe opened with O_NONBLOCK that nobody opens to
 * write fails after ten seconds. */
AM_MUST_USE int am_reader_fd(struct am_reader **out, int fd,
                             bool (*stop)(void *user), void *user,
                             struct am_error *err);
/* Copy up to want bytes out; *got < want only at the end, and AM_OK there too.
 * With an error *got says how many bytes came before it. */
AM_MUST_USE int am_reader_read(struct am_reader *r, void *buf, size_t want,
                               size_t *got, struct am_error *err);

/* Filters: each takes over `inner` and closes it with itself, and at once when
 * the call fails. */
/* Deflate in any wrapping, told by its first bytes: gzip (several members too,
 * zeros behind the last are padding), zlib, or raw. */
AM_MUST_USE int am_reader_inflate(struct am_reader **out,
                                  struct am_reader *inner,
                                  struct am_error *err);
/* LF without a CR before it becomes CRLF. */
AM_MUST_USE int am_reader_crlf(struct am_reader **out, struct am_reader *inner,
                               struct am_error *err);
/* CRLF becomes LF; a lone CR stays. */
AM_MUST_USE int am_reader_lf(struct am_reader **out, struct am_reader *inner,
                             struct am_error *err);

#endif
