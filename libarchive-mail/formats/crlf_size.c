/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/crlf_size.h"

#include <string.h>

void am_crlf_size_add(struct am_crlf_size *sum, const void *data, size_t len)
{
	const uint8_t *start = data, *end = start + len, *at = start;

	sum->size += len;
	if (!len)
		return;
	while ((at = memchr(at, '\n', (size_t)(end - at)))) {
		bool cr = at > start ? at[-1] == '\r' : sum->after_cr;

		if (!cr)
			sum->size++;
		at++;
	}
	sum->after_cr = end[-1] == '\r';
}
