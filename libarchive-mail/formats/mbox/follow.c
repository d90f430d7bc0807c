/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/follow.h"

#include "formats/mbox/header.h"

#include <string.h>

/* ">From " lines in front: at most this many. */
#define PASS_MAX 16

static const uint8_t *line_end(const uint8_t *p, const uint8_t *end,
                               uint8_t eol)
{
	const uint8_t *e = memchr(p, eol, (size_t)(end - p));
	return e ? e + 1 : NULL;
}

enum am_mbox_follow am_mbox_follow_read(const uint8_t *at, size_t len,
                                        bool whole, uint8_t eol, size_t *passed)
{
	const uint8_t *p = at, *end = at + len, *next;
	*passed = 0;
	for (int n = 0; n < PASS_MAX && end - p >= 6 && !memcmp(p, ">From ", 6);
	     n++) {
		next = line_end(p, end, eol);
		if (!next)
			return whole ? AM_MBOX_FOLLOW_END : AM_MBOX_FOLLOW_MORE;
		p = next;
	}
	*passed = (size_t)(p - at);
	for (int fields = 0; fields < 2; fields++) {
		if (p == end)
			return whole ? AM_MBOX_FOLLOW_END : AM_MBOX_FOLLOW_MORE;
		if (*p == '\r' && end - p == 1 && eol == '\n' && !whole)
			return AM_MBOX_FOLLOW_MORE;
		if (am_mbox_blank_at(p, end, eol))
			return fields ? AM_MBOX_FOLLOW_ONE
			              : AM_MBOX_FOLLOW_EMPTY;
		next = line_end(p, end, eol);
		if (!am_mbox_header_shaped(p, next ? next : end)) {
			/* A line cut short by the end may have been one. */
			bool cut = !next && *p > ' ' && *p < 0x7f &&
			           !memchr(p, ' ', (size_t)(end - p));
			if (!cut)
				return AM_MBOX_FOLLOW_NO;
			return whole ? AM_MBOX_FOLLOW_END : AM_MBOX_FOLLOW_MORE;
		}
		while (next && next < end && (*next == ' ' || *next == '\t'))
			next = line_end(next, end, eol);
		if (!next)
			return whole ? AM_MBOX_FOLLOW_END : AM_MBOX_FOLLOW_MORE;
		p = next;
	}
	return AM_MBOX_FOLLOW_HEADERS;
}
