/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/canon.h"

#include <string.h>

void am_canon_count(struct am_canon_count *count, const void *data, size_t len)
{
	const uint8_t *at = data;
	const uint8_t *end = len ? at + len : at;
	bool cr = count->cr;

	if (!len)
		return;
	for (const uint8_t *from = at;
	     (at = memchr(from, '\n', (size_t)(end - from))); from = at + 1) {
		count->n_lf++;
		count->n_crlf +=
			at > (const uint8_t *)data ? at[-1] == '\r' : cr;
		if (at + 1 == end)
			break;
	}
	count->cr = end[-1] == '\r';
}

enum am_eol_class am_canon_class(const struct am_canon_count *count)
{
	return count->n_crlf && count->n_crlf == count->n_lf
	               ? AM_EOL_CRLF_FROM_LF
	               : AM_EOL_AS_IS;
}

size_t am_canon_count_to_lf(struct am_canon_count *count, uint8_t *to,
                            const uint8_t *from, size_t len)
{
	const uint8_t *end = len ? from + len : from;
	uint8_t *start = to;

	if (!len)
		return 0;
	if (count->cr && *from != '\n')
		*to++ = '\r';
	else if (count->cr)
		count->n_crlf++;
	count->cr = false;
	while (from < end) {
		const uint8_t *lf = memchr(from, '\n', (size_t)(end - from));
		const uint8_t *stop = lf ? lf : end;
		size_t n = (size_t)(stop - from);
		bool drop = n && stop[-1] == '\r';
		n -= drop;
		memmove(to, from, n);
		to += n;
		if (!lf) {
			count->cr = drop;
			break;
		}
		*to++ = '\n';
		count->n_lf++;
		count->n_crlf += drop;
		from = lf + 1;
	}
	return (size_t)(to - start);
}

size_t am_canon_to_lf(uint8_t *to, const uint8_t *from, size_t len, bool *cr)
{
	struct am_canon_count count = {.cr = *cr};
	size_t n = am_canon_count_to_lf(&count, to, from, len);

	*cr = count.cr;
	return n;
}

size_t am_canon_to_crlf(uint8_t *to, const uint8_t *from, size_t len)
{
	const uint8_t *end = len ? from + len : from;
	uint8_t *start = to;

	while (from < end) {
		const uint8_t *lf = memchr(from, '\n', (size_t)(end - from));
		size_t n = (size_t)((lf ? lf : end) - from);
		memcpy(to, from, n);
		to += n;
		if (!lf)
			break;
		*to++ = '\r';
		*to++ = '\n';
		from = lf + 1;
	}
	return (size_t)(to - start);
}
