/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which lines of plain text are quoted, and which are armour.
 */
#include "mime/quote.h"

#include <glib.h>

#include <string.h>

/* RFC 9580 §6.2: these lines are all there is to tell. */
#define BEGIN_PGP  "-----BEGIN PGP "
#define END_PGP    "-----END PGP "
#define MARK_LEN   13 /* of END_PGP, the shorter one */
#define SIGNED     "-----BEGIN PGP SIGNED MESSAGE"
#define SIGNED_LEN 29

/* Enough of a line to tell what it is?  Nearly always its first byte is. */
static bool can_tell(const char *line, size_t len, bool whole)
{
	return whole || (len && *line != '-') || len >= sizeof SIGNED - 1 ||
	       (len && memcmp(line, "-----", MIN(len, 5)));
}

static void begin_line(struct am_quote *q, const char *line, size_t len)
{
	q->in_line = true;
	q->skipped = q->armour;
	q->quoted = len && (*line == '>' || *line == '|');
	if (len < MARK_LEN || *line != '-')
		return;
	if (!memcmp(line, END_PGP, MARK_LEN)) {
		q->armour = false;
		q->skipped = true;
	} else if (len >= sizeof BEGIN_PGP - 1 &&
	           !memcmp(line, BEGIN_PGP, sizeof BEGIN_PGP - 1)) {
		q->armour = len < SIGNED_LEN ||
		            memcmp(line, SIGNED, SIGNED_LEN) != 0;
		q->skipped = true;
	}
}

static void put(struct am_quote *q, bool quoted, const char *s, size_t len)
{
	if (len)
		q->out(q->user, quoted, s, len);
}

/* A line continued from the piece before; returns what is left of s. */
static size_t end_line(struct am_quote *q, const char *s, size_t len)
{
	const char *nl = memchr(s, '\n', len);
	size_t n = nl ? (size_t)(nl + 1 - s) : len;

	if (!q->skipped)
		put(q, q->quoted, s, n);
	q->in_line = !nl;
	return n;
}

static void feed_lines(struct am_quote *q, const char *s, size_t len)
{
	const char *end = s + len, *run = s;
	bool run_quoted = false;

	while (s < end) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));
		const char *next = nl ? nl + 1 : end;
		size_t line_len = (size_t)(next - s);
		if (!can_tell(s, line_len, nl != NULL)) {
			put(q, run_quoted, run, (size_t)(s - run));
			memcpy(q->head, s, line_len);
			q->n_head = line_len;
			return;
		}
		begin_line(q, s, line_len);
		q->in_line = !nl;
		if (q->skipped || q->quoted != run_quoted) {
			put(q, run_quoted, run, (size_t)(s - run));
			run = q->skipped ? next : s;
			run_quoted = q->quoted;
		}
		s = next;
	}
	put(q, run_quoted, run, (size_t)(end - run));
}

void am_quote_feed(struct am_quote *q, const char *s, size_t len)
{
	while (q->n_head && len) {
		bool whole = *s == '\n';
		q->head[q->n_head++] = *s++;
		len--;
		/* Never cut within a character. */
		if (len && ((uint8_t)*s & 0xc0) == 0x80 &&
		    q->n_head < sizeof q->head)
			continue;
		if (can_tell(q->head, q->n_head, whole)) {
			size_t n = q->n_head;
			q->n_head = 0;
			feed_lines(q, q->head, n);
		}
	}
	if (q->in_line && len) {
		size_t n = end_line(q, s, len);
		s += n;
		len -= n;
	}
	if (len)
		feed_lines(q, s, len);
}

void am_quote_finish(struct am_quote *q)
{
	if (q->n_head) {
		begin_line(q, q->head, q->n_head);
		if (!q->skipped)
			put(q, q->quoted, q->head, q->n_head);
	}
	q->n_head = 0;
}
