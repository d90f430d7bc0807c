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

static bool attaches_mail(const uint8_t *line, size_t len)
{
	static const char name[] = "content-type:", type[] = "message/rfc822";
	size_t at = sizeof(name) - 1;
	if (len < at || g_ascii_strncasecmp((const char *)line, name, at))
		return false;
	while (at < len && g_ascii_isspace((char)line[at]))
		at++;
	return len - at >= sizeof(type) - 1 &&
	       !g_ascii_strncasecmp((const char *)line + at, type,
	                            sizeof(type) - 1);
}

bool am_mbox_attached(const uint8_t *low, const uint8_t *at,
                      const uint8_t **boundary, size_t *len)
{
	const uint8_t *next = line_before(low, at); /* of the empty line */
	bool mail = false;
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
			return mail && field == next && *len > 2;
		}
		if (*line != ' ' && *line != '\t') {
			if (!am_mbox_header_shaped(line, next))
				return false;
			mail |= attaches_mail(line, (size_t)(field - line));
			field = line;
		}
		next = line;
	}
	return false;
}

bool am_mbox_has_line(const uint8_t *p, size_t have, const uint8_t *line,
                      size_t len)
{
	const uint8_t *end = p + have;
	for (;;) {
		const uint8_t *hit = memmem(p, (size_t)(end - p), line, len);
		if (!hit)
			return false;
		if (hit > p && hit[-1] == '\n')
			return true;
		p = hit + 1;
	}
}
