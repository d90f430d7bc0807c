/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/follow.h"

#include "formats/mbox/from_line.h"
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

/* [p, next): a separator with a date?  They have no colon behind the word, so
 * a header field is none. */
static bool separator(const uint8_t *p, const uint8_t *next, uint8_t eol)
{
	struct am_mbox_from from;
	if (!next || next - p < 6 || memcmp(p, "From ", 5))
		return false;
	size_t len = (size_t)(next - p) - 1;
	if (eol == '\n' && p[len - 1] == '\r')
		len--;
	return am_mbox_from_parse(&from, p, len) && from.when.known &&
	       from.kind != AM_MBOX_FROM_PATCH && !from.loose;
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
	/* What to say where these bytes end. */
	enum am_mbox_follow out =
		whole ? AM_MBOX_FOLLOW_END : AM_MBOX_FOLLOW_MORE;
	bool broken = false;
	for (int fields = 0; fields < 2; p = next) {
		if (p == end ||
		    (*p == '\r' && end - p == 1 && eol == '\n' && !whole))
			return out;
		next = line_end(p, end, eol);
		if (am_mbox_blank_at(p, end, eol) || separator(p, next, eol))
			return broken   ? AM_MBOX_FOLLOW_NO
			       : fields ? AM_MBOX_FOLLOW_ONE
			                : AM_MBOX_FOLLOW_EMPTY;
		if (am_mbox_header_shaped(p, next ? next : end)) {
			fields++;
		} else if (!next && *p > ' ' && *p < 0x7f &&
		           !memchr(p, ' ', (size_t)(end - p))) {
			return out; /* cut short, it may have been one */
		} else if (broken || !next) {
			return AM_MBOX_FOLLOW_NO;
		} else {
			broken = true;
			out = AM_MBOX_FOLLOW_NO;
		}
		while (next && next < end && (*next == ' ' || *next == '\t'))
			next = line_end(next, end, eol);
		if (!next)
			return out;
	}
	return broken ? AM_MBOX_FOLLOW_BROKEN : AM_MBOX_FOLLOW_HEADERS;
}
