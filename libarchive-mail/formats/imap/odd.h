/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_ODD_H
#define AM_FORMATS_IMAP_ODD_H

#include "base/compiler.h"

/*
 * What IMAP calls the size of a message, each LF without a CR before it being
 * CRLF, and what there is in it that servers refuse, drop or write otherwise.
 * Fed in pieces; start zeroed.
 */
struct am_imap_odd {
	uint64_t size;
	uint64_t droppable; /* CRs that go where CRLF is made LF and back */
	bool nul, lone_cr, long_line;
	/* Its own. */
	uint64_t line;    /* bytes of the line so far */
	unsigned crs;     /* CRs just before, 2 at most */
	bool begun, open; /* the last line has no end */
};

void am_imap_odd_add(struct am_imap_odd *odd, const void *data, size_t len);
/* After the last piece. */
void am_imap_odd_end(struct am_imap_odd *odd);

#endif
