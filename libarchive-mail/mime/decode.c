/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Base64, quoted-printable and uuencode as readers.
 *
 * step() turns some input into at most `room` bytes, room being at least
 * ROOM_MIN, so that no step has to remember half a quantum of output; a caller
 * with less room is served from `small`.
 */
#include "mime/decode.h"

#include "base/reader.h"

#include <glib.h>

#include <string.h>

#define ROOM_MIN 64
/* A run of blanks longer than this is kept, line end behind it or not. */
#define BLANKS_MAX 1024
/* No line of uuencode is longer than 62; mailers add to it. */
#define UU_LINE_MAX 1024

struct decoder {
	struct am_reader *inner;
	int (*step)(struct decoder *d, uint8_t *buf, size_t room, size_t *got,
	            struct am_error *err);
	uint32_t bits;   /* base64: sextets of a quantum begun */
	unsigned n_bits; /* how many */
	bool begun;      /* uu */
	bool ended;
	uint8_t small[ROOM_MIN];
	size_t small_at, small_len;
};

static void close_decoder(void *self)
{
	struct decoder *d = self;

	am_reader_close(&d->inner);
	g_free(d);
}

static int fill(void *self, uint8_t *buf, size_t room, size_t *got,
                struct am_error *err)
{
	struct decoder *d = self;

	if (d->small_at == d->small_len && room >= ROOM_MIN)
		return d->step(d, buf, room, got, err);
	if (d->small_at == d->small_len) {
		d->small_at = d->small_len = 0;
		int r = d->step(d, d->small, ROOM_MIN, &d->small_len, err);
		if (r)
			return r;
	}
	*got = MIN(room, d->small_len - d->small_at);
	memcpy(buf, d->small + d->small_at, *got);
	d->small_at += *got;
	return AM_OK;
}

static int new_decoder(struct am_reader **out, struct am_reader *inner,
                       int (*step)(struct decoder *, uint8_t *, size_t,
                                   size_t *, struct am_error *),
                       struct am_error *err)
{
	static const struct am_reader_ops ops = {.fill = fill,
	                                         .close = close_decoder};
	struct decoder *d = g_new0(struct decoder, 1);

	d->inner = inner;
	d->step = step;
	return am_reader_new(out, &ops, d, err);
}

/* ---- base64 ---------------------------------------------------------------
 */

#define NO 0xff
static const uint8_t sextets[256] = {
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, 62, NO, NO, NO, 63, 52, 53, 54, 55, 56, 57,
	58, 59, 60, 61, NO, NO, NO, NO, NO, NO, NO, 0,  1,  2,  3,  4,  5,  6,
	7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
	25, NO, NO, NO, NO, NO, NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36,
	37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO,
};

/* The whole bytes of a quantum that ends early. */
static size_t end_quantum(struct decoder *d, uint8_t *to)
{
	size_t n = 0;

	if (d->n_bits == 2) {
		to[n++] = (uint8_t)(d->bits >> 4);
	} else if (d->n_bits == 3) {
		to[n++] = (uint8_t)(d->bits >> 10);
		to[n++] = (uint8_t)(d->bits >> 2);
	}
	d->bits = 0;
	d->n_bits = 0;
	return n;
}

static size_t take_letter(struct decoder *d, uint8_t letter, uint8_t *to)
{
	uint8_t v = sextets[letter];

	if (letter == '=')
		return end_quantum(d, to);
	if (v == NO)
		return 0;
	d->bits = d->bits << 6 | v;
	if (++d->n_bits < 4)
		return 0;
	to[0] = (uint8_t)(d->bits >> 16);
	to[1] = (uint8_t)(d->bits >> 8);
	to[2] = (uint8_t)d->bits;
	d->bits = 0;
	d->n_bits = 0;
	return 3;
}

static int step_base64(struct decoder *d, uint8_t *buf, size_t room,
                       size_t *got, struct am_error *err)
{
	size_t n = 0;

	while (!n) {
		const uint8_t *data;
		size_t len, i = 0;
		int r = am_reader_peek(d->inner, 1, &data, &len, err);
		if (r == AM_END && (n = end_quantum(d, buf)))
			break;
		if (r)
			return r;
		while (i < len && room - n >= 3) {
			/* Whole quanta while nothing else is there. */
			while (!d->n_bits && len - i >= 4 && room - n >= 3) {
				uint32_t a = sextets[data[i]];
				uint32_t b = sextets[data[i + 1]];
				uint32_t c = sextets[data[i + 2]];
				uint32_t e = sextets[data[i + 3]];
				if ((a | b | c | e) & 0xc0)
					break;
				uint32_t v = a << 18 | b << 12 | c << 6 | e;
				buf[n] = (uint8_t)(v >> 16);
				buf[n + 1] = (uint8_t)(v >> 8);
				buf[n + 2] = (uint8_t)v;
				n += 3;
				i += 4;
			}
			if (i < len && room - n >= 3)
				n += take_letter(d, data[i++], buf + n);
		}
		am_reader_skip(d->inner, i);
	}
	*got = n;
	return AM_OK;
}

int am_decode_base64(struct am_reader **out, struct am_reader *inner,
                     struct am_error *err)
{
	return new_decoder(out, inner, step_base64, err);
}

/* ---- quoted-printable -----------------------------------------------------
 */

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* What blanks at `from` lead up to: their number, and whether a line (or all)
 * ends behind them; false when more must be seen to tell. */
static bool look_past_blanks(const uint8_t *data, size_t from, size_t len,
                             bool at_end, size_t *n, size_t *line_end)
{
	size_t i = from;

	*line_end = 0;
	while (i < len && is_blank(data[i]) && i - from < BLANKS_MAX)
		i++;
	*n = i - from;
	if (*n == BLANKS_MAX)
		return true;
	if (i == len || (data[i] == '\r' && i + 1 == len)) {
		*line_end = len - i;
		return at_end;
	}
	if (data[i] == '\n')
		*line_end = 1;
	else if (data[i] == '\r' && data[i + 1] == '\n')
		*line_end = 2;
	return true;
}

static bool hex_pair(const uint8_t *p, uint8_t *out)
{
	int a = g_ascii_xdigit_value((char)p[0]);
	int b = g_ascii_xdigit_value((char)p[1]);

	*out = (uint8_t)(a * 16 + b);
	return a >= 0 && b >= 0;
}

/*
 * One thing that is not plain text at data[*i]: '=' or a blank.  false when
 * more input must be seen first.
 */
static bool take_special(const uint8_t *data, size_t len, bool at_end,
                         size_t *i, uint8_t *buf, size_t *n, size_t room)
{
	size_t blanks, line_end, at = *i;

	if (data[at] == '=') {
		if (len - at > 2 && hex_pair(data + at + 1, buf + *n)) {
			*i += 3;
			++*n;
			return true;
		}
		if ((len - at < 3 && !at_end) ||
		    !look_past_blanks(data, at + 1, len, at_end, &blanks,
		                      &line_end))
			return false;
		size_t behind = at + 1 + blanks;
		if (!line_end && behind < len && data[behind] == '\r')
			line_end = 1; /* an old Mac's */
		if (line_end || (at_end && at + 1 + blanks == len)) {
			*i += 1 + blanks + line_end; /* soft line end */
			return true;
		}
		buf[(*n)++] = '=';
		++*i;
		return true;
	}
	if (!look_past_blanks(data, at, len, at_end, &blanks, &line_end))
		return false;
	if (line_end || (at_end && at + blanks == len)) {
		*i += blanks; /* and the line end by itself */
		return true;
	}
	blanks = MIN(blanks, room - *n);
	memcpy(buf + *n, data + at, blanks);
	*n += blanks;
	*i += blanks;
	return true;
}

static size_t plain_run(const uint8_t *data, size_t len)
{
	size_t i = 0;

	for (; i < len; i++) {
		if (data[i] == '=')
			break;
		/* A blank with a letter behind it is plain. */
		if (is_blank(data[i]) && (i + 1 == len || data[i + 1] <= ' '))
			break;
	}
	return i;
}

static int step_qp(struct decoder *d, uint8_t *buf, size_t room, size_t *got,
                   struct am_error *err)
{
	size_t n = 0, want = 1;

	while (!n) {
		const uint8_t *data;
		size_t len, i = 0;
		int r = am_reader_peek(d->inner, want, &data, &len, err);
		if (r)
			return r;
		bool at_end = len < want; /* only then is it the end for sure */
		while (i < len && n < room) {
			size_t run =
				plain_run(data + i, MIN(len - i, room - n));
			memcpy(buf + n, data + i, run);
			n += run;
			i += run;
			if (i < len && n < room &&
			    !take_special(data, len, at_end, &i, buf, &n, room))
				break;
		}
		am_reader_skip(d->inner, i);
		/* Stuck at a special: see enough to judge it next time. */
		want = i ? 1 : BLANKS_MAX + 4;
	}
	*got = n;
	return AM_OK;
}

int am_decode_qp(struct am_reader **out, struct am_reader *inner,
                 struct am_error *err)
{
	return new_decoder(out, inner, step_qp, err);
}

/* ---- uuencode -------------------------------------------------------------
 */

/* "begin 644 name", as POSIX has it; the mode may have four digits. */
static bool is_begin(const uint8_t *line, size_t len)
{
	size_t i = 6;

	if (len < 10 || memcmp(line, "begin ", 6))
		return false;
	while (i < len && line[i] >= '0' && line[i] <= '7')
		i++;
	return i >= 9 && i <= 10 && i < len && line[i] == ' ';
}

/* Missing letters are spaces that a mailer cut off: zeros. */
static uint32_t uu_value(const uint8_t *line, size_t len, size_t i)
{
	return i < len && line[i] >= 32 && line[i] < 97 ? (line[i] - 32u) & 63u
	                                                : 0;
}

static size_t uu_line(const uint8_t *line, size_t len, uint8_t *to)
{
	size_t want = uu_value(line, len, 0), n = 0;

	for (size_t i = 1; n < want; i += 4) {
		uint32_t v = uu_value(line, len, i) << 18 |
		             uu_value(line, len, i + 1) << 12 |
		             uu_value(line, len, i + 2) << 6 |
		             uu_value(line, len, i + 3);
		for (int shift = 16; shift >= 0 && n < want; shift -= 8)
			to[n++] = (uint8_t)(v >> shift);
	}
	return n;
}

static int step_uu(struct decoder *d, uint8_t *buf, size_t room, size_t *got,
                   struct am_error *err)
{
	size_t n = 0;

	/* A line gives at most 63 bytes: ROOM_MIN is enough for one. */
	while (!d->ended && room - n >= ROOM_MIN - 1) {
		const uint8_t *line;
		size_t len;
		struct am_error why = {0};
		int r = am_reader_line(d->inner, UU_LINE_MAX, &line, &len,
		                       &why);
		if (r == AM_FAILED && why.kind == AM_E_LIMIT) {
			/* No line of ours, however long it goes on. */
			r = am_reader_peek(d->inner, 1, &line, &len, &why);
			if (!r) {
				am_reader_skip(d->inner, MIN(len, UU_LINE_MAX));
				continue;
			}
		}
		if (r == AM_END)
			break;
		if (r) {
			if (err)
				*err = why;
			return r;
		}
		size_t text = len;
		while (text &&
		       (line[text - 1] == '\n' || line[text - 1] == '\r'))
			text--;
		if (!d->begun)
			d->begun = is_begin(line, text);
		else if (text == 3 && !memcmp(line, "end", 3))
			d->ended = true;
		else if (text)
			n += uu_line(line, text, buf + n);
	}
	*got = n;
	return n ? AM_OK : AM_END;
}

int am_decode_uu(struct am_reader **out, struct am_reader *inner,
                 struct am_error *err)
{
	return new_decoder(out, inner, step_uu, err);
}
