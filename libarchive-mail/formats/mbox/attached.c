/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/attached.h"

#include "formats/mbox/header.h"

#include <glib.h>

#include <string.h>

/* Lines of a part's header that are looked at. */
#define LINES_MAX 24

/* The start of the line that ends with the LF before `at`; NULL: none whole. */
static const uint8_t *line_before(const uint8_t *low, const uint8_t *at)
{
	if (at <= low || at[-1] != '\n')
		return NULL;
	const uint8_t *lf = memrchr(low, '\n', (size_t)(at - 1 - low));
	return lf ? lf + 1 : NULL;
}

static bool tells_type(const uint8_t *line, size_t len)
{
	static const char name[] = "content-type:";
	return len >= sizeof(name) - 1 &&
	       !g_ascii_strncasecmp((const char *)line, name, sizeof(name) - 1);
}

bool am_mbox_attached(const uint8_t *low, const uint8_t *at,
                      const uint8_t **boundary, size_t *len)
{
	const uint8_t *next = line_before(low, at); /* of the empty line */
	bool part = false;
	if (!next || !am_mbox_blank_at(next, at, '\n'))
		return false;
	const uint8_t *field = next; /* behind the field that is looked for */
	for (int n = 0; n < LINES_MAX; n++) {
		const uint8_t *line = line_before(low, next);
		if (!line)
			return false;
		if (next - line > 3 && line[0] == '-' && line[1] == '-') {
			*boundary = line;
			*len = (size_t)(next - line);
			while (*len && g_ascii_isspace((char)line[*len - 1]))
				--*len;
			return part && field == next && *len > 2;
		}
		if (*line != ' ' && *line != '\t') {
			if (!am_mbox_header_shaped(line, next))
				return false;
			part |= tells_type(line, (size_t)(field - line));
			field = line;
		}
		next = line;
	}
	return false;
}

const uint8_t *am_mbox_boundary_line(const uint8_t *p, size_t have,
                                     const uint8_t *boundary, size_t len)
{
	const uint8_t *end = p + have;
	for (;;) {
		const uint8_t *hit =
			memmem(p, (size_t)(end - p), boundary, len);
		if (!hit)
			return NULL;
		const uint8_t *after = hit + len;
		if (end - after >= 2 && after[0] == '-' && after[1] == '-')
			after += 2;
		if (hit > p && hit[-1] == '\n' &&
		    (after == end || g_ascii_isspace((char)*after)))
			return hit;
		p = hit + 1;
	}
}
