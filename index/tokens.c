/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/tokens.h"

#include <glib.h>

#include <string.h>

#define DATA_LEAST (2 * AM_WORD_MAX) /* bytes */

/* ASCII at a glance: 0 separates, 1 asks for the long way (above 0x7f), else
 * the folded letter itself. */
#define D(c)  [c] = (c)
#define L(c)  [c] = (c), [(c)-32] = (c)
#define H4(c) [c] = 1, [(c) + 1] = 1, [(c) + 2] = 1, [(c) + 3] = 1
#define H(c)  H4(c), H4((c) + 4), H4((c) + 8), H4((c) + 12)
static const uint8_t ascii[256] = {
	D('0'),  D('1'),  D('2'),  D('3'),  D('4'),  D('5'),  D('6'),  D('7'),
	D('8'),  D('9'),  L('a'),  L('b'),  L('c'),  L('d'),  L('e'),  L('f'),
	L('g'),  L('h'),  L('i'),  L('j'),  L('k'),  L('l'),  L('m'),  L('n'),
	L('o'),  L('p'),  L('q'),  L('r'),  L('s'),  L('t'),  L('u'),  L('v'),
	L('w'),  L('x'),  L('y'),  L('z'),  H(0x80), H(0x90), H(0xa0), H(0xb0),
	H(0xc0), H(0xd0), H(0xe0), H(0xf0),
};
#undef D
#undef L
#undef H4
#undef H

void am_tokens_init(struct am_tokens *t, const char *text, size_t len)
{
	t->text = (const uint8_t *)text;
	t->len = len;
	t->at = 0;
	t->line_end = 0;
	t->keep_blobs = false;
}

/* One character of well-formed UTF-8; its length, or 1 and *c = 0 for a byte
 * that belongs to none. */
static size_t decode(const uint8_t *p, size_t left, uint32_t *c)
{
	gunichar u;

	if (*p < 0x80) {
		*c = *p;
		return 1;
	}
	u = g_utf8_get_char_validated((const char *)p, (gssize)MIN(left, 4));
	if (u == (gunichar)-1 || u == (gunichar)-2) {
		*c = 0;
		return 1;
	}
	*c = u;
	return (size_t)g_utf8_skip[*p];
}

static void single(struct am_tokens *t, struct am_token *out, uint32_t c,
                   size_t size)
{
	char fold[AM_FOLD_MAX];
	size_t at = t->at + size;

	while (at < t->len) {
		uint32_t next, whole;
		size_t more = decode(t->text + at, t->len - at, &next);
		whole = next ? am_fold_join(c, next) : 0;
		if (!whole)
			break;
		c = whole;
		at += more;
	}
	out->len = am_fold_char(c, fold);
	if (out->len > AM_WORD_MAX)
		out->len = 0;
	memcpy(t->word, fold, out->len);
	t->word[out->len] = '\0';
	out->text = t->word;
	out->start = t->at;
	out->end = at;
	out->single = true;
	t->at = at;
}

/* The rest of a word that is not all ASCII; `used` bytes stand in t->word.
 * Returns how many do then; *more: there would be others. */
static size_t long_way(struct am_tokens *t, size_t used, bool *more)
{
	char fold[AM_FOLD_MAX];

	while (t->at < t->len) {
		uint32_t c;
		size_t size = decode(t->text + t->at, t->len - t->at, &c);
		enum am_char class = am_char_class(c);
		if (class == AM_CHAR_BREAK || class == AM_CHAR_SINGLE)
			break;
		size_t n = am_fold_char(c, fold);
		*more = *more || used + n > AM_WORD_MAX;
		if (!*more) {
			memcpy(t->word + used, fold, n);
			used += n;
		}
		t->at += size;
	}
	return used;
}

/* Of so many bytes, with digits in between: no word that somebody looks for. */
static bool is_data(const struct am_tokens *t, size_t used, size_t len)
{
	if (len <= DATA_LEAST)
		return false;
	for (size_t i = 0; i < used; i++)
		if (g_ascii_isdigit(t->word[i]))
			return true;
	return false;
}

/* At the beginning of a line: does data begin here?  Moves past it, or says
 * how far there is none. */
static void look_at_line(struct am_tokens *t)
{
	const uint8_t *nl;
	size_t end, run, stop;

	if (t->keep_blobs) {
		t->line_end = t->len;
		return;
	}
	t->at = am_blob_lines(t->text, t->len, t->at);
	t->line_end = t->at;
	if (t->at == t->len)
		return;
	nl = memchr(t->text + t->at, '\n', t->len - t->at);
	end = nl ? (size_t)(nl - t->text) + 1 : t->len;
	t->line_end = end;
	if (end - t->at <= 1024)
		return;
	run = am_blob_run(t->text, t->at, end, &stop);
	if (run == t->at)
		t->at = stop;
	t->line_end = run == end ? end : t->at == stop ? stop : run;
}

bool am_tokens_next(struct am_tokens *t, struct am_token *out)
{
	const uint8_t *text = t->text;
	uint32_t c;
	size_t size;

	for (;;) {
		while (t->at < t->line_end && !ascii[text[t->at]])
			t->at++;
		if (t->at >= t->line_end) {
			if (t->at >= t->len)
				return false;
			look_at_line(t);
			continue;
		}
		if (text[t->at] < 0x80)
			break;
		size = decode(text + t->at, t->len - t->at, &c);
		enum am_char class = am_char_class(c);
		if (class == AM_CHAR_SINGLE) {
			single(t, out, c, size);
			return true;
		}
		if (class == AM_CHAR_WORD)
			break;
		t->at += size;
	}

	size_t start = t->at, used = 0;
	bool more = false;
	while (t->at < t->len) {
		uint8_t f = ascii[text[t->at]];
		if (f <= 1)
			break;
		if (used < AM_WORD_MAX)
			t->word[used++] = (char)f;
		else
			more = true;
		t->at++;
	}
	if (t->at < t->len && text[t->at] >= 0x80)
		used = long_way(t, used, &more);
	if (!used && t->at == start) /* cannot be, but must not loop */
		t->at++;
	out->start = start;
	out->end = t->at;
	out->single = false;
	out->len = more && is_data(t, used, t->at - start) ? 0 : used;
	t->word[out->len] = '\0';
	out->text = t->word;
	return true;
}
