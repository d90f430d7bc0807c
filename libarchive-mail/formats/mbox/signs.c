/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/signs.h"

#include "base/file.h"
#include "formats/mbox/attached.h"
#include "formats/mbox/quoting.h"
#include "formats/mbox/state_headers.h"

#include <glib.h>

#include <string.h>

/* Crashes leave holes of blocks; a few NULs are somebody's text. */
#define HOLE_MIN 16
/* How far behind a separator headers are looked for. */
#define FOLLOW_MAX (64 * 1024)
/* How large a mail is found to be attached with its From_ line. */
#define ATTACHED_MAX (1024 * 1024)
/* How far ahead a Content-Length is followed in packed input. */
#define CLAIM_MAX (4 * 1024 * 1024)

void am_mbox_doubted(struct am_mbox_scan *scan, enum am_mbox_doubt what,
                     uint64_t offset)
{
	scan->n_doubts++;
	if (scan->rules.doubt)
		scan->rules.doubt(scan->rules.user, what, offset);
}

uint64_t am_mbox_keep_from(const struct am_mbox_scan *scan,
                           const struct am_mbox_cut *msg, uint64_t at)
{
	if (msg && !msg->large)
		return msg->line;
	if (!msg && at <= AM_MBOX_JUNK_MAX)
		return 0;
	uint64_t low = msg ? msg->line : 0;
	uint64_t keep = at > AM_MBOX_HISTORY ? at - AM_MBOX_HISTORY : 0;
	if (msg && msg->spool && keep > msg->spooled)
		keep = msg->spooled;
	(void)scan;
	return MAX(keep, low);
}

void am_mbox_look_ahead(struct am_mbox_scan *scan, struct am_mbox_cut *msg,
                        uint64_t at, size_t want)
{
	struct am_mbox_window *w = &scan->window;
	while (am_mbox_window_end(w) - at < want &&
	       am_mbox_window_more(w, am_mbox_keep_from(scan, msg, at)))
		;
}

bool am_mbox_blank_before(const struct am_mbox_scan *scan, uint64_t at)
{
	const struct am_mbox_window *w = &scan->window;
	uint8_t eol = scan->rules.eol;
	if (at == scan->first)
		return true;
	size_t back = (size_t)MIN(at - w->base, 3);
	const uint8_t *p = am_mbox_window_at(w, at);
	if (back < 2 || p[-1] != eol)
		return false;
	return p[-2] == eol || (back == 3 && p[-2] == '\r' && p[-3] == eol);
}

uint64_t am_mbox_hole_before(const struct am_mbox_scan *scan, uint64_t at,
                             uint64_t floor)
{
	const struct am_mbox_window *w = &scan->window;
	const uint8_t *p = am_mbox_window_at(w, at);
	const uint8_t *low = am_mbox_window_at(w, MAX(w->base, floor));
	while (p > low && p[-1] == 0)
		p--;
	/* A hole larger than the window: then it is no line of text either. */
	if ((p > low && p[-1] != scan->rules.eol) ||
	    am_mbox_window_at(w, at) - p < HOLE_MIN)
		return UINT64_MAX;
	return w->base + (uint64_t)(p - w->buf);
}

/* What our own sink has said about the message; looked for once. */
static void read_mark(const struct am_mbox_scan *scan, struct am_mbox_cut *msg,
                      uint64_t at)
{
	struct am_mbox_mark mark;
	if (msg->mark_read)
		return;
	const uint8_t *head =
		msg->large ? msg->copy + (msg->start - msg->line)
			   : am_mbox_window_at(&scan->window, msg->start);
	struct am_mbox_header *own = g_memdup2(&msg->header, sizeof(*own));
	/* Without an empty line the block has run on, past `at` perhaps. */
	if (own->len > at - msg->start)
		am_mbox_header_scan(own, head, (size_t)(at - msg->start),
		                    scan->rules.eol);
	bool marked = am_mbox_mark_find(&mark, own, head);
	g_free(own);
	msg->mark_read = true;
	msg->owns_nuls = marked && mark.nuls;
	msg->quoted_all =
		marked && mark.quote_told && mark.quote != AM_MBOX_QUOTE_NONE;
}

bool am_mbox_owns_nuls(const struct am_mbox_scan *scan, struct am_mbox_cut *msg,
                       uint64_t at)
{
	read_mark(scan, msg, at);
	return msg->owns_nuls;
}

size_t am_mbox_line_length(struct am_mbox_scan *scan, uint64_t at, bool *ended)
{
	const uint8_t *p = am_mbox_window_at(&scan->window, at);
	size_t have = (size_t)(am_mbox_window_end(&scan->window) - at);
	if (have > AM_MBOX_FROM_MAX + 2)
		have = AM_MBOX_FROM_MAX + 2;
	const uint8_t *eol = memchr(p, scan->rules.eol, have);
	size_t len = eol ? (size_t)(eol - p) : have;
	*ended = eol != NULL;
	if (len && scan->rules.eol == '\n' && p[len - 1] == '\r')
		len--;
	return len;
}

enum am_mbox_follow am_mbox_follow_at(struct am_mbox_scan *scan,
                                      struct am_mbox_cut *msg, uint64_t at,
                                      size_t *passed)
{
	bool ended;
	size_t want = 4096;
	for (;;) {
		struct am_mbox_window *w = &scan->window;
		am_mbox_look_ahead(scan, msg, at, want);
		const uint8_t *p = am_mbox_window_at(w, at);
		size_t have = (size_t)(am_mbox_window_end(w) - at);
		size_t line = am_mbox_line_length(scan, at, &ended);
		if (!ended) {
			*passed = 0;
			return AM_MBOX_FOLLOW_END;
		}
		line = (size_t)((const uint8_t *)memchr(p + line,
		                                        scan->rules.eol,
		                                        have - line) -
		                p) +
		       1;
		enum am_mbox_follow f = am_mbox_follow_read(
			p + line, have - line, w->ended && have <= want,
			scan->rules.eol, passed);
		if (f != AM_MBOX_FOLLOW_MORE)
			return f;
		if (want >= FOLLOW_MAX || w->ended)
			return AM_MBOX_FOLLOW_HEADERS;
		want *= 4;
	}
}

/* A separator or the end at `at`, or behind the one line end there? */
static bool boundary_at(const uint8_t *p, size_t len, bool whole, uint8_t eol)
{
	struct am_mbox_from from;
	for (int skip = 0; skip < 2; skip++) {
		if (!len)
			return whole;
		const uint8_t *end = memchr(p, eol, MIN(len, 2048));
		size_t line = end ? (size_t)(end - p) : len;
		if (line && p[line - 1] == '\r')
			line--;
		if ((end || whole) && am_mbox_from_parse(&from, p, line))
			return true;
		size_t blank = am_mbox_blank_at(p, p + len, eol);
		if (!blank)
			return false;
		p += blank;
		len -= blank;
	}
	return !len && whole;
}

/* Does the message's Content-Length lead to a separator?  Asked only when
 * something before that place looks like one. */
static bool claim_holds(struct am_mbox_scan *scan, struct am_mbox_cut *msg,
                        uint64_t at)
{
	struct am_mbox_window *w = &scan->window;
	uint8_t buf[2 * AM_MBOX_FROM_MAX];
	size_t got = 0;
	if (msg->claim_holds >= 0)
		return msg->claim_holds;
	bool holds = false;
	if (!w->reader) {
		holds = msg->claim <= w->size &&
		        !am_file_read(w->file, msg->claim, buf, sizeof(buf),
		                      &got, NULL) &&
		        boundary_at(buf, got, msg->claim + got >= w->size,
		                    scan->rules.eol);
	} else if (msg->claim - at > CLAIM_MAX) {
		holds = scan->rules.trust_length;
	} else {
		am_mbox_look_ahead(scan, msg, at,
		                   (size_t)(msg->claim - at) + sizeof(buf));
		uint64_t end = am_mbox_window_end(w);
		holds = msg->claim <= end &&
		        boundary_at(am_mbox_window_at(w, msg->claim),
		                    (size_t)(end - msg->claim), w->ended,
		                    scan->rules.eol);
	}
	msg->claim_holds = holds;
	return holds;
}

static bool listed(const uint64_t *list, size_t n, uint64_t offset)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == offset)
			return true;
	return false;
}

/* Is there nothing but white space before `at`? */
static bool begins_with(const struct am_mbox_scan *scan, uint64_t at)
{
	const struct am_mbox_window *w = &scan->window;
	if (w->base > scan->first || at > AM_MBOX_HISTORY)
		return false;
	for (uint64_t i = scan->first; i < at; i++)
		if (!g_ascii_isspace((char)*am_mbox_window_at(w, i)))
			return false;
	return true;
}

/* Is the line at `at` the first of a part?  Then there are no separators up to
 * that part's end. */
static bool attached(struct am_mbox_scan *scan, struct am_mbox_cut *msg,
                     uint64_t at)
{
	struct am_mbox_window *w = &scan->window;
	const uint8_t *p = am_mbox_window_at(w, at), *found;
	uint64_t low = MAX(w->base, msg->start);
	uint8_t boundary[128];
	size_t len;
	if (at < msg->part_end)
		return true;
	if (at - low > AM_MBOX_HISTORY)
		low = at - AM_MBOX_HISTORY;
	if (!am_mbox_attached(am_mbox_window_at(w, low), p, &found, &len) ||
	    len > sizeof(boundary))
		return false;
	/* Where our sink says that it has quoted, it has left none. */
	read_mark(scan, msg, at);
	if (msg->quoted_all)
		return false;
	memcpy(boundary, found, len);
	am_mbox_look_ahead(scan, msg, at, ATTACHED_MAX);
	p = am_mbox_window_at(w, at);
	found = am_mbox_boundary_line(
		p, (size_t)MIN(am_mbox_window_end(w) - at, ATTACHED_MAX),
		boundary, len);
	/* A mail that tells of the boundary itself is another copy of the one
	 * that was cut short here. */
	if (!found || memmem(p, (size_t)(found - p), boundary + 2, len - 2))
		return false;
	msg->part_end = at + (uint64_t)(found - p);
	return true;
}

/* The rules. */
bool am_mbox_separates(struct am_mbox_scan *scan, struct am_mbox_cut *msg,
                       uint64_t at, bool blank)
{
	const struct am_mbox_rules *rules = &scan->rules;
	struct am_mbox_from from;
	bool ended;
	size_t passed;
	if (listed(rules->join, rules->n_join, at))
		return false;
	if (listed(rules->split, rules->n_split, at))
		return true;
	am_mbox_look_ahead(scan, msg, at, AM_MBOX_FROM_MAX + 2);
	size_t len = am_mbox_line_length(scan, at, &ended);
	bool v = (ended || scan->window.ended) &&
	         am_mbox_from_parse(&from, am_mbox_window_at(&scan->window, at),
	                            len);
	bool bare = v && !from.when.known;
	/* A file that begins with a patch is a series of them. */
	if (v && !msg && from.kind == AM_MBOX_FROM_PATCH &&
	    begins_with(scan, at))
		scan->rules.patches = true;
	bool patch = v && from.kind == AM_MBOX_FROM_PATCH && !rules->patches;
	if (v && msg && msg->claim &&
	    (at == msg->claim || (at > msg->claim && at <= msg->claim + 2 &&
	                          claim_holds(scan, msg, at)))) {
		msg->by_length = true;
		return true;
	}
	enum am_mbox_follow f = am_mbox_follow_at(scan, msg, at, &passed);
	/* Where no empty line stands between messages, none can be asked. */
	bool parted = blank || rules->tight;
	bool h = f == AM_MBOX_FOLLOW_HEADERS || f == AM_MBOX_FOLLOW_END;
	bool weak =
		f == AM_MBOX_FOLLOW_ONE ||
		((f == AM_MBOX_FOLLOW_EMPTY || f == AM_MBOX_FOLLOW_BROKEN) &&
	         !bare);
	bool yes = v && !patch &&
	           (from.loose ? f == AM_MBOX_FOLLOW_HEADERS && parted
	                       : (h && !(bare && f == AM_MBOX_FOLLOW_END)) ||
	                                 (parted && weak));
	if (yes && msg && msg->claim && at < msg->claim &&
	    at >= msg->start + msg->header.len && claim_holds(scan, msg, at))
		return false;
	if (yes && msg && (blank || at < msg->part_end) &&
	    attached(scan, msg, at)) {
		am_mbox_doubted(scan, AM_MBOX_DOUBT_BODY, at);
		return false;
	}
	if (yes ? !h
	        : (v && blank && !bare && !patch) ||
	                    (h && !v && f != AM_MBOX_FOLLOW_END))
		am_mbox_doubted(scan,
		                yes ? AM_MBOX_DOUBT_SPLIT : AM_MBOX_DOUBT_BODY,
		                at);
	return yes;
}
