/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/mmdf.h"

#include "base/blob.h"
#include "formats/mbox/signs.h"

#include <glib.h>

#include <string.h>

/* Of the line with its end: 5 or 6, 4 at the end of the file; 0: no such
 * line. */
static size_t line_at(const uint8_t *p, size_t have, bool whole)
{
	if (have < AM_MBOX_MMDF_LEN ||
	    memcmp(p, AM_MBOX_MMDF_LINE, AM_MBOX_MMDF_LEN) != 0)
		return 0;
	if (have > 4 && p[4] == '\n')
		return 5;
	if (have > 5 && p[4] == '\r' && p[5] == '\n')
		return 6;
	return have == 4 && whole ? 4 : 0;
}

bool am_mbox_mmdf_head(const uint8_t *head, size_t len)
{
	if (len >= 3 && !memcmp(head, "\xef\xbb\xbf", 3)) {
		head += 3;
		len -= 3;
	}
	while (len && (*head == '\n' || *head == '\r')) {
		head++;
		len--;
	}
	return line_at(head, len, true) != 0;
}

/* The line at `at`, as above, once what decides is in the window. */
static size_t line_in(struct am_mbox_scan *scan, struct am_mbox_cut *msg,
                      uint64_t at)
{
	am_mbox_look_ahead(scan, msg, at, 8);
	return line_at(am_mbox_window_at(&scan->window, at),
	               (size_t)(am_mbox_window_end(&scan->window) - at),
	               scan->window.ended);
}

bool am_mbox_mmdf_ends(struct am_mbox_scan *scan, struct am_mbox_cut *msg,
                       uint64_t *at)
{
	uint64_t floor = msg ? msg->start : scan->first;
	size_t len = line_in(scan, msg, *at);

	if (!len ||
	    (*at != floor && am_mbox_window_at(&scan->window, *at)[-1] != '\n'))
		return false;
	if (!msg)
		return true;
	/* The line that begins the next one follows; at the end of the file
	 * nothing does.  Some writers make one line do for both. */
	uint64_t next = *at + len;
	size_t opening = line_in(scan, msg, next);
	if (opening)
		*at = next;
	else
		opening = len;
	am_mbox_look_ahead(scan, msg, *at, opening + 1);
	return am_mbox_window_end(&scan->window) > *at + opening;
}

uint64_t am_mbox_mmdf_start(struct am_mbox_scan *scan, struct am_mbox_cut *msg)
{
	struct am_mbox_from from;
	bool ended;
	uint64_t at = msg->line + line_in(scan, msg, msg->line);

	am_mbox_look_ahead(scan, msg, at, AM_MBOX_FROM_MAX + 2);
	size_t len = am_mbox_line_length(scan, at, &ended);
	const uint8_t *p = am_mbox_window_at(&scan->window, at);
	if (!ended || !am_mbox_from_parse(&from, p, len))
		return at;
	return at + (uint64_t)((const uint8_t *)memchr(p + len, '\n', 2) - p) +
	       1;
}

size_t am_mbox_mmdf_from(const uint8_t *sep, size_t len, const uint8_t **line)
{
	size_t skip = line_at(sep, len, true);
	const uint8_t *end;

	*line = sep + skip;
	len -= skip;
	end = memchr(*line, '\n', len);
	if (end)
		len = (size_t)(end - *line);
	return len && (*line)[len - 1] == '\r' ? len - 1 : len;
}

static size_t last_line(const uint8_t *tail, size_t len)
{
	for (size_t n = 4; n <= 6; n++)
		if (len >= n && line_at(tail + len - n, n, true) == n &&
		    (len == n || tail[len - n - 1] == '\n'))
			return n;
	return 0;
}

size_t am_mbox_mmdf_closing(const uint8_t *tail, size_t len)
{
	size_t all = 0, n;

	while ((n = last_line(tail, len - all)))
		all += n;
	return all;
}

/* `whole`: the message ends with these bytes. */
static bool within(const uint8_t *data, size_t len, bool line_start, bool whole)
{
	const uint8_t *p = data, *end = data + len;

	while ((p = memmem(p, (size_t)(end - p), AM_MBOX_MMDF_LINE,
	                   AM_MBOX_MMDF_LEN))) {
		if ((p == data ? line_start : p[-1] == '\n') &&
		    line_at(p, (size_t)(end - p), whole))
			return true;
		p++;
	}
	return false;
}

int am_mbox_mmdf_check(const struct am_blob *raw, struct am_error *err)
{
	enum { ROOM = 64 * 1024, LAP = 8 };
	uint64_t size = am_blob_size(raw);
	const uint8_t *bytes = am_blob_bytes(raw);
	uint8_t *buf = bytes ? NULL : g_malloc(ROOM);
	bool found = bytes && within(bytes, (size_t)size, true, true);
	int r = AM_OK;

	for (uint64_t at = 0; !bytes && at < size && !found && !r;) {
		size_t got = 0;
		r = am_blob_read(raw, at, buf, ROOM, &got, err);
		bool last = at + got >= size;
		found = !r && within(buf, got, at == 0, last);
		at += last || got <= LAP ? MAX(got, 1) : got - LAP;
	}
	g_free(buf);
	if (r || !found)
		return r;
	return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
	               "it has a line that is a separator of MMDF (four bytes "
	               "1)");
}
