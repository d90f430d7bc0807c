/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_CANON_H
#define AM_STORE_CANON_H

#include "store/items.h"

/*
 * The line-end normal form of a message and its exact inverse (FORMAT.md,
 * section 3, line-end class).  All work on pieces cut anywhere.
 *
 * LF form: every CRLF has become LF; other bytes, lone CRs too, are as they
 * were.  Every LF of it made CRLF again gives the message back if it had no
 * lone LF: that is the whole condition, and am_canon_class() tells it.
 */
struct am_canon_count {
	uint64_t n_lf, n_crlf; /* CRLFs count in both */
	bool cr;               /* the last byte was a CR */
};
void am_canon_count(struct am_canon_count *count, const void *data, size_t len);
/* CRLF_FROM_LF only if there is a CRLF and no LF without a CR. */
enum am_eol_class am_canon_class(const struct am_canon_count *count);

/* CRLF to LF.  A CR at the end waits in *cr for the next piece; at the very end
 * the caller writes it out.  `to` has room for len + 1; returns what it took.
 * `to` may be `from` when *cr is false. */
size_t am_canon_to_lf(uint8_t *to, const uint8_t *from, size_t len, bool *cr);
/* The same, and am_canon_count() on the way; what waits is count->cr. */
size_t am_canon_count_to_lf(struct am_canon_count *count, uint8_t *to,
                            const uint8_t *from, size_t len);
/* Every LF to CRLF; `to` has room for 2 * len. */
size_t am_canon_to_crlf(uint8_t *to, const uint8_t *from, size_t len);

#endif
