/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/boundary.h"

#include "base/blob.h"
#include "base/file.h"
#include "formats/mbox/follow.h"
#include "formats/mbox/quoting.h"
#include "formats/mbox/state_headers.h"
#include "model/ctx.h"

#include <glib.h>

#include <string.h>

/* Bytes before the place looked at that stay in the window: a run of '>', an
 * empty line, the NULs of a small hole. */
#define HISTORY 4096
/* Crashes leave holes of blocks; a few NULs are somebody's text. */
#define HOLE_MIN 16
/* How far behind a separator headers are looked for. */
#define FOLLOW_MAX (64 * 1024)
/* How far ahead a Content-Length is followed in packed input. */
#define CLAIM_MAX (4 * 1024 * 1024)

int am_mbox_scan_open(struct am_mbox_scan *scan, struct am_file *file,
                      uint64_t limit, const struct am_mbox_rules *rules,
                      struct am_ctx *ctx, struct am_error *err)
{
	struct am_limits limits =
		am_limits_or_default(ctx ? &ctx->limits : NULL);
	memset(scan, 0, sizeof(*scan));
	scan->rules = *rules;
	scan->ctx = ctx;
	scan->spool_memory = limits.spool_memory;
	scan->tmpdir = am_ctx_tmpdir(ctx);
	scan->next = UINT64_MAX;
	return am_mbox_window_open(&scan->window, file, limit, err);
}

static void cut_clear(struct am_mbox_cut *cut)
{
	struct am_mbox_quoted *quoted = cut->quoted;
	size_t room = cut->quoted_room;
	am_spool_drop(&cut->spool);
	g_free(cut->copy);
	/* All but the header, which is large and says itself what counts. */
	struct am_mbox_cut *c = cut;
	c->line = c->start = c->end = c->spooled = c->claim = 0;
	c->blank = c->hole = c->at_end = c->by_length = c->large = false;
	c->quoted_lost = false;
	c->quoted = quoted;
	c->quoted_room = room;
	c->n_quoted = 0;
	c->deepest = 0;
	c->n_plain = c->n_plain_blank = 0;
	c->data = c->sep = c->head = c->tail = NULL;
	c->copy = NULL;
	c->claim_holds = c->owns_nuls = -1;
}

void am_mbox_scan_close(struct am_mbox_scan *scan)
{
	cut_clear(&scan->cut);
	g_clear_pointer(&scan->cut.quoted, g_free);
	g_clear_pointer(&scan->junk, g_free);
	am_mbox_window_close(&scan->window);
}

static void doubt(const struct am_mbox_scan *scan, enum am_mbox_doubt what,
                  uint64_t offset)
{
	if (scan->rules.doubt)
		scan->rules.doubt(scan->rules.user, what, offset);
}

/* The lowest offset that must stay in the window. */
static uint64_t keep_from(const struct am_mbox_scan *scan,
                          const struct am_mbox_cut *msg, uint64_t at)
{
	if (msg && !msg->large)
		return msg->line;
	if (!msg && at <= AM_MBOX_JUNK_MAX)
		return 0;
	uint64_t low = msg ? msg->line : 0;
	uint64_t keep = at > HISTORY ? at - HISTORY : 0;
	if (msg && msg->spool && keep > msg->spooled)
		keep = msg->spooled;
	(void)scan;
	return MAX(keep, low);
}

/* Have `want` bytes from `at` in the window, or all there are. */
static void look_ahead(struct am_mbox_scan *scan, struct am_mbox_cut *msg,
                       uint64_t at, size_t want)
{
	struct am_mbox_window *w = &scan->window;
	while (am_mbox_window_end(w) - at < want &&
	       am_mbox_window_more(w, keep_from(scan, msg, at)))
		;
}

/* The message has outgrown memory: what is wanted of its beginning is copied,
 * and from now on the window goes on without it. */
static int go_large(struct am_mbox_scan *scan, struct am_mbox_cut *msg,
                    struct am_error *err)
{
	const struct am_mbox_window *w = &scan->window;
	size_t sep = (size_t)(msg->start - msg->line);
	size_t head = msg->header.len + msg->header.blank;
	msg->copy = g_malloc(sep + head + 1);
	memcpy(msg->copy, am_mbox_window_at(w, msg->line), sep + head);
	msg->large = true;
	msg->spooled = msg->start;
	if (!w->reader)
		return AM_OK;
	return am_spool_open(&msg->spool, scan->spool_memory, scan->tmpdir,
	                     err);
}

/* Searched up to `at`: hand on what can be and read more.  AM_END: no more. */
static int advance(struct am_mbox_scan *scan, struct am_mbox_cut *msg,
                   uint64_t at, struct am_error *err)
{
	struct am_mbox_window *w = &scan->window;
	int r;
	if (am_ctx_cancelled(scan->ctx))
		return am_ctx_fail_cancelled(err);
	if (msg && !msg->large && at - msg->line > scan->rules.keep) {
		r = go_large(scan, msg, err);
		if (r)
			return r;
	}
	if (msg && msg->spool && at > msg->spooled + HISTORY) {
		uint64_t upto = at - HISTORY;
		r = am_spool_write(msg->spool,
		                   am_mbox_window_at(w, msg->spooled),
		                   (size_t)(upto - msg->spooled), err);
		if (r)
			return r;
		msg->spooled = upto;
	}
	return am_mbox_window_more(w, keep_from(scan, msg, at)) ? AM_OK
	                                                        : AM_END;
}

/* Is there an empty line before `at`, which is the start of a line? */
static bool blank_before(const struct am_mbox_scan *scan, uint64_t at)
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

/* "From " behind a run of NULs (a hole that a crash left) that begins a line:
 * where the run starts, or UINT64_MAX. */
static uint64_t hole_before(const struct am_mbox_scan *scan, uint64_t at,
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
		look_ahead(scan, msg, at,
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

/* Length of the line at `at` without its end; *ended when that end is there. */
static size_t line_length(struct am_mbox_scan *scan, uint64_t at, bool *ended)
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

/* What follows a separator line, which begins at `at`. */
static enum am_mbox_follow follow(struct am_mbox_scan *scan,
                                  struct am_mbox_cut *msg, uint64_t at,
                                  size_t *passed)
{
	bool ended;
	size_t want = 4096;
	for (;;) {
		struct am_mbox_window *w = &scan->window;
		look_ahead(scan, msg, at, want);
		const uint8_t *p = am_mbox_window_at(w, at);
		size_t have = (size_t)(am_mbox_window_end(w) - at);
		size_t line = line_length(scan, at, &ended);
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

/* Is there nothing but white space before `at`? */
static bool begins_with(const struct am_mbox_scan *scan, uint64_t at)
{
	const struct am_mbox_window *w = &scan->window;
	if (w->base > scan->first || at > HISTORY)
		return false;
	for (uint64_t i = scan->first; i < at; i++)
		if (!g_ascii_isspace((char)*am_mbox_window_at(w, i)))
			return false;
	return true;
}

/* The rules.  `at` is a line that begins with "From ". */
static bool separates(struct am_mbox_scan *scan, struct am_mbox_cut *msg,
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
	look_ahead(scan, msg, at, AM_MBOX_FROM_MAX + 2);
	size_t len = line_length(scan, at, &ended);
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
	enum am_mbox_follow f = follow(scan, msg, at, &passed);
	bool h = f == AM_MBOX_FOLLOW_HEADERS || f == AM_MBOX_FOLLOW_END;
	bool weak =
		f == AM_MBOX_FOLLOW_ONE || (f == AM_MBOX_FOLLOW_EMPTY && !bare);
	bool yes =
		v && !patch &&
		((h && !(bare && f == AM_MBOX_FOLLOW_END)) || (blank && weak));
	if (yes && msg && msg->claim && at < msg->claim &&
	    at >= msg->start + msg->header.len && claim_holds(scan, msg, at))
		return false;
	if (yes ? !h
	        : (v && blank && !bare && !patch) ||
	                    (h && !v && f != AM_MBOX_FOLLOW_END))
		doubt(scan, yes ? AM_MBOX_DOUBT_SPLIT : AM_MBOX_DOUBT_BODY, at);
	return yes;
}

static void add_quoted(struct am_mbox_cut *msg, uint64_t at, int depth)
{
	if (depth > msg->deepest)
		msg->deepest = depth;
	if (msg->n_quoted == AM_MBOX_QUOTED_MAX) {
		msg->quoted_lost = true;
		return;
	}
	if (msg->n_quoted == msg->quoted_room) {
		msg->quoted_room = msg->quoted_room ? msg->quoted_room * 2 : 64;
		msg->quoted = g_renew(struct am_mbox_quoted, msg->quoted,
		                      msg->quoted_room);
	}
	msg->quoted[msg->n_quoted++] = (struct am_mbox_quoted){at, depth};
}

/* Does the message say that NULs before the word at `at` are its own? */
static bool owns_nuls(const struct am_mbox_scan *scan, struct am_mbox_cut *msg,
                      uint64_t at)
{
	struct am_mbox_mark mark;
	if (msg->owns_nuls >= 0)
		return msg->owns_nuls;
	const uint8_t *head =
		msg->large ? msg->copy + (msg->start - msg->line)
			   : am_mbox_window_at(&scan->window, msg->start);
	struct am_mbox_header *own = g_memdup2(&msg->header, sizeof(*own));
	/* Without an empty line the block has run on, past `at` perhaps. */
	if (own->len > at - msg->start)
		am_mbox_header_scan(own, head, (size_t)(at - msg->start),
		                    scan->rules.eol);
	msg->owns_nuls = am_mbox_mark_find(&mark, own, head) && mark.nuls;
	g_free(own);
	return msg->owns_nuls;
}

/* Judge the word found at `at`.  true: a separator; the message ends there. */
static bool judge(struct am_mbox_scan *scan, struct am_mbox_cut *msg,
                  uint64_t at)
{
	const struct am_mbox_window *w = &scan->window;
	uint64_t floor = msg ? msg->start : scan->first;
	uint64_t low = MAX(w->base, floor);
	bool hole = false;
	uint64_t line = at;
	int depth = am_mbox_depth(am_mbox_window_at(w, at),
	                          am_mbox_window_at(w, low), low == floor,
	                          scan->rules.eol);
	if (depth < 0 && at > low && am_mbox_window_at(w, at)[-1] == 0) {
		line = hole_before(scan, at, floor);
		hole = line != UINT64_MAX &&
		       !(msg && owns_nuls(scan, msg, at));
		depth = hole ? 0 : -1;
	}
	if (depth < 0)
		return false;
	if (depth > 0) {
		if (msg)
			add_quoted(msg, at - (uint64_t)depth - msg->start,
			           depth);
		return false;
	}
	bool blank = blank_before(scan, line);
	bool spaced = am_mbox_window_end(w) - at > 4 &&
	              am_mbox_window_at(w, at)[4] == ' ';
	if (spaced && separates(scan, msg, at, blank)) {
		if (msg) {
			msg->blank = blank;
			msg->hole = hole;
		}
		return true;
	}
	if (msg && !hole && at != msg->start) {
		msg->n_plain++;
		msg->n_plain_blank += blank;
	} else if (msg && !hole && !scan->rules.wide) {
		msg->n_plain++;
	}
	return false;
}

/* Find the separator that ends msg, or without one the first of the file. */
static int search(struct am_mbox_scan *scan, struct am_mbox_cut *msg,
                  uint64_t at, struct am_error *err)
{
	struct am_mbox_window *w = &scan->window;
	for (;;) {
		uint64_t end = am_mbox_window_end(w);
		const uint8_t *found = am_mbox_find(am_mbox_window_at(w, at),
		                                    am_mbox_window_at(w, end),
		                                    scan->rules.wide);
		if (!found) {
			if (end - at > 4)
				at = end - 4;
			int r = advance(scan, msg, at, err);
			if (r)
				return r;
			continue;
		}
		at = w->base + (uint64_t)(found - w->buf);
		/* What follows the word decides too: have it. */
		look_ahead(scan, msg, at, 5);
		if (judge(scan, msg, at)) {
			scan->next = at;
			return AM_OK;
		}
		at += 4;
	}
}

/* The first separator, and what stands before it. */
static int begin(struct am_mbox_scan *scan, struct am_error *err)
{
	struct am_mbox_window *w = &scan->window;
	scan->begun = true;
	am_mbox_window_more(w, 0);
	if (w->len >= 3 && !memcmp(w->buf, "\xef\xbb\xbf", 3))
		scan->first = 3;
	int r = search(scan, NULL, scan->first, err);
	if (r)
		return r;
	scan->junk_len = scan->next;
	if (scan->next && w->base == 0 && scan->next <= AM_MBOX_JUNK_MAX)
		scan->junk = g_memdup2(w->buf, (size_t)scan->next);
	return AM_OK;
}

/* From the separator to the end of the header block. */
static void read_beginning(struct am_mbox_scan *scan, struct am_mbox_cut *msg)
{
	struct am_mbox_window *w = &scan->window;
	bool ended;
	size_t passed = 0;
	msg->line = scan->next;
	msg->start = msg->line; /* until known: nothing before it may go */
	look_ahead(scan, msg, msg->line, AM_MBOX_FROM_MAX + 2);
	size_t len = line_length(scan, msg->line, &ended);
	enum am_mbox_follow f = follow(scan, msg, msg->line, &passed);
	if (f != AM_MBOX_FOLLOW_HEADERS && f != AM_MBOX_FOLLOW_ONE)
		passed = 0;
	uint64_t end = am_mbox_window_end(w);
	const uint8_t *p = am_mbox_window_at(w, msg->line);
	const uint8_t *eol = memchr(p + len, scan->rules.eol,
	                            (size_t)(end - msg->line) - len);
	msg->start = eol && ended ? msg->line + (uint64_t)(eol - p) + 1 + passed
	                          : MIN(end, msg->line + len);
	for (;;) {
		end = am_mbox_window_end(w);
		size_t have = (size_t)(end - msg->start);
		am_mbox_header_scan(&msg->header,
		                    am_mbox_window_at(w, msg->start), have,
		                    scan->rules.eol);
		if (msg->header.blank || have >= AM_MBOX_HEADER_MAX ||
		    !am_mbox_window_more(w, msg->line))
			break;
	}
	/* Claims behind the end of the file are no claims. */
	if (msg->header.length != UINT64_MAX &&
	    (w->reader ||
	     msg->header.length <= w->size - msg->start - msg->header.len))
		msg->claim = msg->start + msg->header.len + msg->header.blank +
		             msg->header.length;
}

/* Pointers to what the caller reads, now that the window stands still. */
static void point(struct am_mbox_scan *scan, struct am_mbox_cut *msg)
{
	const struct am_mbox_window *w = &scan->window;
	bool ended;
	msg->sep = msg->large ? msg->copy : am_mbox_window_at(w, msg->line);
	msg->sep_len = (size_t)(msg->start - msg->line);
	msg->head = msg->sep + msg->sep_len;
	msg->data = msg->large ? NULL : msg->head;
	uint64_t low = MAX(w->base, msg->start);
	msg->tail = am_mbox_window_at(w, low);
	msg->tail_len = (size_t)(msg->end - low);
	const uint8_t *eol = memchr(msg->sep, scan->rules.eol, msg->sep_len);
	size_t len = eol ? (size_t)(eol - msg->sep) : msg->sep_len;
	ended = eol != NULL;
	if (ended && len && msg->sep[len - 1] == '\r')
		len--;
	am_mbox_from_parse(&msg->from, msg->sep, len);
	/* Without an empty line the block ran on into the next messages. */
	if (msg->header.len + msg->header.blank > msg->end - msg->start)
		am_mbox_header_scan(&msg->header, msg->head,
		                    (size_t)(msg->end - msg->start),
		                    scan->rules.eol);
}

int am_mbox_scan_next(struct am_mbox_scan *scan, struct am_error *err)
{
	struct am_mbox_cut *msg = &scan->cut;
	int r;
	if (!scan->begun) {
		r = begin(scan, err);
		if (r)
			return r;
	}
	if (scan->next == UINT64_MAX)
		return AM_END;
	cut_clear(msg);
	read_beginning(scan, msg);
	r = search(scan, msg, msg->start, err);
	if (r < 0)
		return r;
	if (r == AM_END) {
		scan->next = UINT64_MAX;
		msg->at_end = true;
		msg->end = am_mbox_window_end(&scan->window);
	} else {
		msg->end = scan->next;
	}
	if (msg->claim && !msg->by_length &&
	    !(msg->at_end &&
	      (msg->end >= msg->claim && msg->end <= msg->claim + 2)))
		doubt(scan, AM_MBOX_DOUBT_LENGTH, msg->line);
	point(scan, msg);
	return AM_OK;
}
