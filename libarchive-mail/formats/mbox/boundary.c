/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/boundary.h"

#include "base/blob.h"
#include "base/file.h"
#include "formats/mbox/mmdf.h"
#include "formats/mbox/quoting.h"
#include "formats/mbox/signs.h"
#include "formats/mbox/state_headers.h"
#include "model/ctx.h"

#include <glib.h>

#include <string.h>

static void scan_init(struct am_mbox_scan *scan,
                      const struct am_mbox_rules *rules, struct am_ctx *ctx)
{
	struct am_limits limits =
		am_limits_or_default(ctx ? &ctx->limits : NULL);
	memset(scan, 0, sizeof(*scan));
	scan->rules = *rules;
	scan->ctx = ctx;
	scan->spool_memory = limits.spool_memory;
	scan->tmpdir = am_ctx_tmpdir(ctx);
	scan->next = UINT64_MAX;
}

int am_mbox_scan_open(struct am_mbox_scan *scan, struct am_file *file,
                      uint64_t limit, const struct am_mbox_rules *rules,
                      struct am_ctx *ctx, struct am_error *err)
{
	scan_init(scan, rules, ctx);
	return am_mbox_window_open(&scan->window, file, limit, err);
}

void am_mbox_scan_from(struct am_mbox_scan *scan, uint64_t offset)
{
	assert(!scan->begun && !scan->window.reader);
	scan->window.base = scan->first = offset;
}

void am_mbox_scan_open_reader(struct am_mbox_scan *scan,
                              struct am_reader *reader, uint64_t limit,
                              const struct am_mbox_rules *rules,
                              struct am_ctx *ctx)
{
	scan_init(scan, rules, ctx);
	am_mbox_window_open_reader(&scan->window, reader, limit);
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
	c->part_end = 0;
	c->blank = c->hole = c->at_end = c->by_length = c->large = false;
	c->quoted_lost = false;
	c->quoted = quoted;
	c->quoted_room = room;
	c->n_quoted = 0;
	c->deepest = 0;
	c->n_plain = c->n_plain_blank = 0;
	c->data = c->sep = c->head = c->tail = NULL;
	c->copy = NULL;
	c->claim_holds = -1;
	c->mark_read = false;
}

void am_mbox_scan_close(struct am_mbox_scan *scan)
{
	cut_clear(&scan->cut);
	g_clear_pointer(&scan->cut.quoted, g_free);
	g_clear_pointer(&scan->junk, g_free);
	am_mbox_window_close(&scan->window);
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
	if (msg && msg->spool && at > msg->spooled + AM_MBOX_HISTORY) {
		uint64_t upto = at - AM_MBOX_HISTORY;
		r = am_spool_write(msg->spool,
		                   am_mbox_window_at(w, msg->spooled),
		                   (size_t)(upto - msg->spooled), err);
		if (r)
			return r;
		msg->spooled = upto;
	}
	return am_mbox_window_more(w, am_mbox_keep_from(scan, msg, at))
	               ? AM_OK
	               : AM_END;
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
		line = am_mbox_hole_before(scan, at, floor);
		hole = line != UINT64_MAX &&
		       !(msg && am_mbox_owns_nuls(scan, msg, at));
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
	bool blank = am_mbox_blank_before(scan, line);
	uint64_t n_doubts = scan->n_doubts;
	bool spaced = am_mbox_window_end(w) - at > 4 &&
	              am_mbox_window_at(w, at)[4] == ' ';
	if (spaced && am_mbox_separates(scan, msg, at, blank)) {
		if (msg) {
			msg->blank = blank;
			msg->hole = hole;
		}
		return true;
	}
	if (msg && !hole && at != msg->start) {
		msg->n_plain++;
		msg->n_plain_blank += blank && n_doubts == scan->n_doubts;
	} else if (msg && !hole && !scan->rules.wide) {
		msg->n_plain++;
	}
	return false;
}

/* The next word that may begin a separator. */
static const uint8_t *find(const struct am_mbox_scan *scan, const uint8_t *p,
                           const uint8_t *end)
{
	if (scan->rules.mmdf)
		return memmem(p, (size_t)(end - p), AM_MBOX_MMDF_LINE,
		              AM_MBOX_MMDF_LEN);
	return am_mbox_find(p, end, scan->rules.wide);
}

/* Find the separator that ends msg, or without one the first of the file. */
static int search(struct am_mbox_scan *scan, struct am_mbox_cut *msg,
                  uint64_t at, struct am_error *err)
{
	struct am_mbox_window *w = &scan->window;
	for (;;) {
		uint64_t end = am_mbox_window_end(w);
		const uint8_t *found = find(scan, am_mbox_window_at(w, at),
		                            am_mbox_window_at(w, end));
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
		am_mbox_look_ahead(scan, msg, at, 5);
		if (scan->rules.mmdf ? am_mbox_mmdf_ends(scan, msg, &at)
		                     : judge(scan, msg, at)) {
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
	bool middle = scan->first > 0;
	if (!middle && w->len >= 3 && !memcmp(w->buf, "\xef\xbb\xbf", 3))
		scan->first = 3;
	int r = search(scan, NULL, scan->first, err);
	if (r)
		return r;
	if (middle)
		return AM_OK;
	scan->junk_len = scan->next;
	if (scan->next && w->base == 0 && scan->next <= AM_MBOX_JUNK_MAX)
		scan->junk = g_memdup2(w->buf, (size_t)scan->next);
	return AM_OK;
}

int am_mbox_scan_seek(struct am_mbox_scan *scan, uint64_t offset,
                      struct am_error *err)
{
	cut_clear(&scan->cut);
	if (!am_mbox_window_seek(&scan->window, offset))
		return AM_END;
	scan->begun = true;
	scan->next = UINT64_MAX;
	scan->first = offset;
	if (am_mbox_window_end(&scan->window) == offset)
		am_mbox_window_more(&scan->window, offset);
	return search(scan, NULL, offset, err);
}

/* Our own sink marked the message, and its Content-Length is not among what the
 * mark says was added: it came with the message, and says nothing of where
 * that ends in this file. */
static bool is_disowned(const struct am_mbox_scan *scan,
                        const struct am_mbox_cut *msg)
{
	const struct am_mbox_header *h = &msg->header;
	const uint8_t *head = am_mbox_window_at(&scan->window, msg->start);
	struct am_mbox_mark mark;
	if (!am_mbox_mark_find(&mark, h, head))
		return false;
	for (size_t i = mark.first; i < mark.field; i++)
		if (h->fields[i].kind == AM_MBOX_F_LENGTH)
			return false;
	return true;
}

/* Where the message behind the separator at msg->line begins. */
static uint64_t start_of(struct am_mbox_scan *scan, struct am_mbox_cut *msg)
{
	struct am_mbox_window *w = &scan->window;
	bool ended;
	size_t passed = 0;
	if (scan->rules.mmdf)
		return am_mbox_mmdf_start(scan, msg);
	am_mbox_look_ahead(scan, msg, msg->line, AM_MBOX_FROM_MAX + 2);
	size_t len = am_mbox_line_length(scan, msg->line, &ended);
	enum am_mbox_follow f =
		am_mbox_follow_at(scan, msg, msg->line, &passed);
	if (f != AM_MBOX_FOLLOW_HEADERS && f != AM_MBOX_FOLLOW_ONE)
		passed = 0;
	uint64_t end = am_mbox_window_end(w);
	const uint8_t *p = am_mbox_window_at(w, msg->line);
	const uint8_t *eol = memchr(p + len, scan->rules.eol,
	                            (size_t)(end - msg->line) - len);
	return eol && ended ? msg->line + (uint64_t)(eol - p) + 1 + passed
	                    : MIN(end, msg->line + len);
}

/* From the separator to the end of the header block. */
static void read_beginning(struct am_mbox_scan *scan, struct am_mbox_cut *msg)
{
	struct am_mbox_window *w = &scan->window;
	msg->line = scan->next;
	msg->start = msg->line; /* until known: nothing before it may go */
	msg->start = start_of(scan, msg);
	for (;;) {
		uint64_t end = am_mbox_window_end(w);
		size_t have = (size_t)(end - msg->start);
		am_mbox_header_scan(&msg->header,
		                    am_mbox_window_at(w, msg->start), have,
		                    scan->rules.eol);
		if (msg->header.blank || have >= AM_MBOX_HEADER_MAX ||
		    !am_mbox_window_more(w, msg->line))
			break;
	}
	/* Claims behind the end of the file are no claims. */
	if (!scan->rules.mmdf && msg->header.length != UINT64_MAX &&
	    !is_disowned(scan, msg) &&
	    (w->reader ||
	     msg->header.length <= w->size - msg->start - msg->header.len))
		msg->claim = msg->start + msg->header.len + msg->header.blank +
		             msg->header.length;
}

/* Pointers to what the caller reads, now that the window stands still. */
static void point(struct am_mbox_scan *scan, struct am_mbox_cut *msg)
{
	const struct am_mbox_window *w = &scan->window;
	msg->sep = msg->large ? msg->copy : am_mbox_window_at(w, msg->line);
	msg->sep_len = (size_t)(msg->start - msg->line);
	msg->head = msg->sep + msg->sep_len;
	msg->data = msg->large ? NULL : msg->head;
	uint64_t low = MAX(w->base, msg->start);
	msg->tail = am_mbox_window_at(w, low);
	msg->tail_len = (size_t)(msg->end - low);
	const uint8_t *from = msg->sep;
	const uint8_t *eol = memchr(msg->sep, scan->rules.eol, msg->sep_len);
	size_t len = eol ? (size_t)(eol - msg->sep) : msg->sep_len;
	if (scan->rules.mmdf)
		len = am_mbox_mmdf_from(msg->sep, msg->sep_len, &from);
	else if (eol && len && msg->sep[len - 1] == '\r')
		len--;
	am_mbox_from_parse(&msg->from, from, len);
	/* Without an empty line the block ran on into the next messages. */
	uint64_t size = msg->end - msg->start;
	if (scan->rules.mmdf)
		size -= am_mbox_mmdf_closing(msg->tail, msg->tail_len);
	if (msg->header.len + msg->header.blank > size)
		am_mbox_header_scan(&msg->header, msg->head, (size_t)size,
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
		am_mbox_doubted(scan, AM_MBOX_DOUBT_LENGTH, msg->line);
	point(scan, msg);
	return AM_OK;
}
