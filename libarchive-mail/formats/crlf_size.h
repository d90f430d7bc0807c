/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_CRLF_SIZE_H
#define AM_FORMATS_CRLF_SIZE_H

#include "base/compiler.h"

/* How long a message is when each LF without a CR before it becomes CRLF: what
 * IMAP calls its size.  Fed in pieces; start zeroed. */
struct am_crlf_size {
	uint64_t size;
	bool after_cr;
};

void am_crlf_size_add(struct am_crlf_size *sum, const void *data, size_t len);

#endif
