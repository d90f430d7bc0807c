/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/odd.h"

#include "formats/imap/mend_head.h"

#include <string.h>

/* CRs at the end of n bytes, those before them included; 2 stands for more. */
static unsigned crs_at_end(const struct am_imap_odd *odd, const uint8_t *p,
                           size_t n)
{
	unsigned crs = 0;

	while (crs < 2 && crs < n && p[n - 1 - crs] == '\r')
		crs++;
	return crs == n ? MIN(crs + odd->crs, 2) : crs;
}

/* Whether there is a CR in what was before the last `crs` of them. */
static bool has_cr(const struct am_imap_odd *odd, const uint8_t *p, size_t n,
                   unsigned crs)
{
	size_t own = crs < n ? n - crs : 0;

	/* CRs of the piece before, and then something else. */
	if (odd->crs && own)
		return true;
	return own && memchr(p, '\r', own);
}

void am_imap_odd_add(struct am_imap_odd *odd, const void *data, size_t len)
{
	const uint8_t *at = data, *end = at + len;

	if (!len)
		return;
	odd->size += len;
	odd->begun = true;
	odd->nul |= memchr(data, 0, len) != NULL;
	while (at < end) {
		const uint8_t *eol = memchr(at, '\n', (size_t)(end - at));
		size_t n = (size_t)((eol ? eol : end) - at);
		unsigned crs = crs_at_end(odd, at, n);
		odd->lone_cr |= has_cr(odd, at, n, crs);
		odd->line += n;
		odd->crs = crs;
		odd->open = !eol;
		if (!eol)
			break;
		odd->long_line |= odd->line > AM_IMAP_LINE_MOST + (crs > 0);
		if (!crs)
			odd->size++;
		if (crs > 1) {
			odd->droppable++;
			odd->lone_cr = true;
		}
		odd->line = odd->crs = 0;
		at = eol + 1;
	}
}

void am_imap_odd_end(struct am_imap_odd *odd)
{
	odd->long_line |= odd->line > AM_IMAP_LINE_MOST;
	if (odd->open && odd->crs) {
		odd->droppable++;
		odd->lone_cr = true;
	}
}
