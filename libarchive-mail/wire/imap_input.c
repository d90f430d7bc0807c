/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/imap_parser.h"

#include "base/arena.h"
#include "base/reader.h"

#include <glib.h>

#include <string.h>

/*
 * From the reader to segments.  A segment ends at a line feed, so nothing here
 * waits for more than the peer owes us; where a literal's head stands before
 * the line feed, its bytes come next, and then another segment.
 */
enum {
	/* A literal's head never is longer: "~{", 20 digits, "+}", CR LF. */
	TAIL = 28,
	MAX_DIGITS = 20,
	/* An arena used no more than this serves the next line as well. */
	ARENA_KEEP = 8 * 1024,
	/* Of one line that is passed over. */
	SKIP_MOST = 64 << 20
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Looks backwards from the line's end; *start becomes where the head begins. */
static struct am_imap_head find_head(const char *begin, const char *end,
                                     const char **start)
{
	struct am_imap_head head = {.there = false};
	const char *p = end;

	if (p == begin || *--p != '}')
		return head;
	if (p > begin && p[-1] == '+') {
		head.plus = true;
		p--;
	}
	const char *stop = p;
	while (p > begin && is_digit(p[-1]) && stop - p <= MAX_DIGITS)
		p--;
	if (p == stop || stop - p > MAX_DIGITS || p == begin || p[-1] != '{')
		return head;
	*start = p - 1;
	for (; p < stop; p++) {
		uint64_t digit = (uint64_t)(*p - '0');
		if (head.len > (UINT64_MAX - digit) / 10)
			head.len = UINT64_MAX;
		else
			head.len = head.len * 10 + digit;
	}
	if (*start > begin && (*start)[-1] == '~' &&
	    (*start - 1 == begin || strchr(" (\t", (*start)[-2]))) {
		head.binary = true;
		(*start)--;
	}
	head.there = true;
	return head;
}

char *am_imap_input_copy(struct am_imap_parser *p, const char *s, size_t len)
{
	p->arena_used += len + 1;
	return am_arena_strndup(p->arena, s, len);
}

void *am_imap_input_alloc(struct am_imap_parser *p, size_t size)
{
	p->arena_used += size;
	return am_arena_alloc(p->arena, size);
}

int am_imap_input_cut(struct am_error *err)
{
	return am_fail(err, AM_FATAL, AM_E_PROTOCOL,
	               "the connection ended in the middle of a line");
}

/* What stands behind a piece that lacks its end: the error, or the end. */
static int cut_short(struct am_imap_parser *p, struct am_error *err)
{
	const uint8_t *data;
	size_t len;
	int r = am_reader_peek(p->in, 1, &data, &len, err);

	return r < 0 ? r : am_imap_input_cut(err);
}

/* A line too long to be read: at least its tag. */
static void peek_tag(struct am_imap_parser *p)
{
	const uint8_t *data;
	size_t len;

	if (am_reader_peek(p->in, 1, &data, &len, NULL))
		return;
	const char *tag = (const char *)data;
	/* What is surely there, however the bytes came in. */
	size_t max = MIN(MIN(len, p->line_left), 64);
	size_t n = 0;
	while (n < max && tag[n] != ' ')
		n++;
	if (n < max && (am_imap_lex_tag_ok(tag, n) || (n == 1 && *tag == '*')))
		p->tag = am_imap_input_copy(p, tag, n);
}

static void begin_line(struct am_imap_parser *p)
{
	if (p->arena_used > ARENA_KEEP) {
		am_arena_free(&p->arena);
		p->arena = am_arena_new();
		p->arena_used = 0;
	}
	p->line_left = p->limits.line;
}

int am_imap_input_segment(struct am_imap_parser *p, bool first,
                          struct am_error *err)
{
	struct am_error why = {.kind = AM_E_NONE};
	const uint8_t *data;
	size_t len;

	if (first)
		begin_line(p);
	p->held = 0;
	p->at = p->end = p->full = NULL;
	p->head.there = false;
	int r = am_reader_line(p->in, p->line_left, &data, &len, &why);
	if (r == AM_FAILED && why.kind == AM_E_LIMIT) {
		if (first)
			peek_tag(p);
		am_imap_parse_limit(p, "line too long");
		am_imap_input_taken(p); /* the segment is still to come */
		return AM_OK;
	}
	if (r == AM_END)
		return first ? AM_END : am_imap_input_cut(err);
	if (r) {
		if (err)
			*err = why;
		return r;
	}
	if (data[len - 1] != '\n')
		return cut_short(p, err);
	p->line_left -= len;

	char *s = am_imap_input_copy(p, (const char *)data, len);
	p->at = s;
	p->full = s + len - 1;
	while (p->full > s && p->full[-1] == '\r')
		p->full--;
	*p->full = '\0';
	const char *start = p->full;
	p->head = find_head(s, p->full, &start);
	p->end = s + (start - s);
	return AM_OK;
}

void am_imap_input_taken(struct am_imap_parser *p)
{
	/* As if an empty one stood there, which passing over ignores. */
	p->head = (struct am_imap_head){.there = true, .plus = true};
}

int am_imap_input_skip(struct am_imap_parser *p, uint64_t n,
                       struct am_error *err)
{
	while (n) {
		const uint8_t *data;
		size_t len;
		int r = am_reader_peek(p->in, 1, &data, &len, err);
		if (r < 0)
			return r;
		if (r)
			return am_imap_input_cut(err);
		if (len > n)
			len = (size_t)n;
		am_reader_skip(p->in, len);
		n -= len;
	}
	return AM_OK;
}

/* A line that nobody reads must end some time. */
static int count_skipped(uint64_t *total, uint64_t n, struct am_error *err)
{
	*total += n;
	return *total <= SKIP_MOST
	               ? AM_OK
	               : am_fail(err, AM_FATAL, AM_E_LIMIT,
	                         "a line without end: more than %d MiB",
	                         SKIP_MOST >> 20);
}

/* A segment of any length, of which only the end is looked at. */
static int skip_segment(struct am_imap_parser *p, uint64_t *total,
                        struct am_error *err)
{
	char tail[2 * TAIL];
	size_t n = 0;
	bool done = false;

	while (!done) {
		const uint8_t *data;
		size_t len;
		int r = am_reader_peek(p->in, 1, &data, &len, err);
		if (r < 0)
			return r;
		if (r)
			return am_imap_input_cut(err);
		const uint8_t *nl = memchr(data, '\n', len);
		size_t take = nl ? (size_t)(nl - data) : len;
		size_t use = take < TAIL ? take : TAIL;
		if (n + use > TAIL) {
			size_t drop = n + use - TAIL;
			memmove(tail, tail + drop, n - drop);
			n -= drop;
		}
		if (use)
			memcpy(tail + n, data + take - use, use);
		n += use;
		done = nl != NULL;
		am_reader_skip(p->in, take + done);
		r = count_skipped(total, take, err);
		if (r)
			return r;
	}
	while (n && tail[n - 1] == '\r')
		n--;
	const char *start;
	p->head = find_head(tail, tail + n, &start);
	return AM_OK;
}

int am_imap_input_skip_line(struct am_imap_parser *p, struct am_error *err)
{
	uint64_t total = 0;

	while (p->head.there) {
		if (p->side == AM_IMAP_SERVER && !p->head.plus)
			break;
		if (p->head.len > p->limits.stream)
			return am_fail(err, AM_FATAL, AM_E_LIMIT,
			               "literal of %" PRIu64
			               " bytes is beyond the limit",
			               p->head.len);
		int r = count_skipped(&total, p->head.len, err);
		if (!r)
			r = am_imap_input_skip(p, p->head.len, err);
		if (!r)
			r = skip_segment(p, &total, err);
		if (r)
			return r;
	}
	p->head.there = false;
	return AM_OK;
}
