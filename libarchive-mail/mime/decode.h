/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_DECODE_H
#define AM_MIME_DECODE_H

#include "base/error.h"

struct am_reader;

/*
 * Content transfer encodings undone (RFC 2045 §6), as filters: each takes over
 * `inner` and closes it with itself.  Lenient, as mail wants it: what is no
 * letter of the encoding is passed over and decoding goes on behind it.
 */
/* Padding in the middle ends a quantum, not the data. */
AM_MUST_USE int am_decode_base64(struct am_reader **out,
                                 struct am_reader *inner, struct am_error *err);
/* '=' that encodes nothing stays; blanks at the ends of lines go. */
AM_MUST_USE int am_decode_qp(struct am_reader **out, struct am_reader *inner,
                             struct am_error *err);
/* The first "begin … end" in it, without what stands around. */
AM_MUST_USE int am_decode_uu(struct am_reader **out, struct am_reader *inner,
                             struct am_error *err);

#endif
