/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/trim.h"

#include "base/file.h"
#include "formats/mbox/mmdf.h"

#include <glib.h>

#include <string.h>

/* Length of the NULs at the end of the message, of which the tail in memory
 * shows only the last; a plain file can be looked at further back. */
static uint64_t nul_run(const struct am_mbox_scan *scan, bool *after_line)
{
	const struct am_mbox_cut *cut = &scan->cut;
	size_t n = 0;
	while (n < cut->tail_len && !cut->tail[cut->tail_len - 1 - n])
		n++;
	uint64_t run = n;
	*after_line = n < cut->tail_len &&
	              cut->tail[cut->tail_len - 1 - n] == scan->rules.eol;
	if (n < cut->tail_len || scan->window.reader || !cut->large)
		return run;
	uint8_t buf[4096];
	uint64_t at = cut->end - run;
	while (at > cut->start) {
		size_t want = (size_t)MIN(at - cut->start, sizeof(buf)), got;
		if (am_file_read(scan->window.file, at - want, buf, want, &got,
		                 NULL) ||
		    got < want)
			break;
		size_t k = want;
		while (k && !buf[k - 1])
			k--;
		run += want - k;
		at -= want - k;
		*after_line = k && buf[k - 1] == scan->rules.eol;
		if (k)
			break;
	}
	return run;
}

/* Length of the line end (LF, CRLF, CR) that p[0..len) ends with. */
static size_t line_end(const uint8_t *p, size_t len, uint8_t eol)
{
	if (!len || p[len - 1] != eol)
		return 0;
	return eol == '\n' && len > 1 && p[len - 2] == '\r' ? 2 : 1;
}

uint64_t am_mbox_trim(const struct am_mbox_scan *scan,
                      const struct am_mbox_dialect *dialect,
                      const struct am_mbox_state *state)
{
	const struct am_mbox_cut *cut = &scan->cut;
	uint64_t len = cut->end - cut->start;
	size_t tail = cut->tail_len;
	uint8_t eol = scan->rules.eol;
	bool after_line;
	if (tail && !cut->tail[tail - 1] && (cut->hole || cut->at_end)) {
		uint64_t run = nul_run(scan, &after_line);
		if (after_line || run >= 16) {
			len -= run;
			tail = run < tail ? tail - (size_t)run : 0;
		}
	}
	if (dialect->mmdf) {
		size_t last = am_mbox_mmdf_closing(cut->tail, tail);
		len -= last;
		tail -= last;
	} else if (dialect->blank) {
		size_t last = line_end(cut->tail, tail, eol);
		/* An empty line: the message begins with it, or a line end
		 * stands before it. */
		bool empty =
			last &&
			(len == last ||
		         (tail > last && cut->tail[tail - last - 1] == eol));
		if (last && (empty || (!cut->at_end && !cut->hole))) {
			len -= last;
			tail -= last;
		}
	}
	if (state->marked && state->mark.eol_added) {
		size_t want = state->mark.eol_added;
		size_t last = line_end(cut->tail, tail, '\n');
		if (last >= want)
			len -= want;
	}
	return len;
}

const char *am_mbox_cut_short(const struct am_mbox_cut *cut)
{
	const uint8_t *tail = cut->tail;
	size_t n = cut->tail_len, line = 0;
	if (!cut->at_end || !n || tail[n - 1] == '\n' || tail[n - 1] == '\r' ||
	    !tail[n - 1])
		return NULL;
	if (!cut->header.blank && cut->header.len < AM_MBOX_HEADER_MAX)
		return "ends within its header";
	while (line < n && (g_ascii_isalnum(tail[n - 1 - line]) ||
	                    strchr("+/=", tail[n - 1 - line])))
		line++;
	/* A base64 line as long as mail has them, or one after such a line. */
	bool alone = line == n || tail[n - 1 - line] == '\n';
	if (!alone)
		return NULL;
	size_t before = 0, at = n - line;
	if (at && tail[at - 1] == '\n')
		at--;
	if (at && tail[at - 1] == '\r')
		at--;
	while (before < at && (g_ascii_isalnum(tail[at - 1 - before]) ||
	                       strchr("+/", tail[at - 1 - before])))
		before++;
	return before >= 60 || line >= 60 ? "ends within encoded data" : NULL;
}
