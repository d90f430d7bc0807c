/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Base64 both ways at memory speed, RFC 4648 §4; see the header. */
#include "mime/base64_form.h"

#include "base/bytes.h"
#include "mime/base64_group.h"

#include <glib.h>

#include <string.h>

/* Lines longer than this, and more line ends around the text than this, are
 * nobody's form; a text all in one line may be as long as it likes. */
enum { LINE_MAX_CHARS = 1 << 16, ENDS_MAX = 1 << 16 };
enum { OUT = 12 * 1024, TEXT = OUT / 3 * 4 };

/* The last group: 1 to 3 bytes, with padding. */
static void encode_last(uint8_t to[4], const uint8_t *data, size_t n)
{
	uint8_t group[3] = {data[0], n > 1 ? data[1] : 0, n > 2 ? data[2] : 0};

	am_base64_encode_groups(to, group, 1);
	if (n < 3)
		to[3] = '=';
	if (n < 2)
		to[2] = '=';
}

/* Any group: 1 to 3 bytes, or 0 for what is none. */
static size_t decode_group(uint8_t to[3], const uint8_t text[4])
{
	uint8_t plain[4];
	size_t n = text[3] != '=' ? 3 : text[2] != '=' ? 2 : 1;

	memcpy(plain, text, 4);
	for (size_t i = n + 1; i < 4; i++)
		plain[i] = 'A';
	return am_base64_decode_groups(to, plain, 1) ? n : 0;
}

/* ---- is it exact? ---- */

struct am_base64_probe {
	struct am_base64_form form;
	uint64_t column; /* characters in the present line */
	uint64_t decoded;
	uint32_t line;    /* characters of a full line; 0: not known yet */
	uint32_t n_ends;  /* line ends since the last character */
	uint8_t carry[4]; /* of a group cut by the end of a piece */
	unsigned n_carry;
	bool begun, joined, padded, crlf_known, cr, failed;
	am_base64_fn *out;
	void *user;
	size_t used;
	uint8_t buf[OUT];
	uint8_t again[TEXT];
};

struct am_base64_probe *am_base64_probe_new(am_base64_fn *out, void *user)
{
	struct am_base64_probe *p = g_new(struct am_base64_probe, 1);

	am_base64_probe_reset(p, out, user);
	return p;
}

void am_base64_probe_free(struct am_base64_probe **probe)
{
	g_free(*probe);
	*probe = NULL;
}

void am_base64_probe_reset(struct am_base64_probe *probe, am_base64_fn *out,
                           void *user)
{
	/* Not the buffers: half of the cost of a small part. */
	memset(probe, 0, offsetof(struct am_base64_probe, buf));
	probe->out = out;
	probe->user = user;
}

static void flush(struct am_base64_probe *p)
{
	if (p->out && p->used)
		p->out(p->user, p->buf, p->used);
	p->used = 0;
}

static bool take_group(struct am_base64_probe *p, const uint8_t text[4])
{
	uint8_t again[4];

	if (p->used + 3 > OUT)
		flush(p);
	uint8_t *to = p->buf + p->used;
	size_t n = decode_group(to, text);
	if (!n)
		return false;
	/* Also tells bits that padding should have left zero. */
	encode_last(again, to, n);
	if (memcmp(again, text, 4))
		return false;
	p->padded = n < 3;
	p->used += n;
	p->decoded += n;
	return true;
}

static bool take_groups(struct am_base64_probe *p, const uint8_t *text,
                        size_t n)
{
	while (n) {
		if (p->used + 3 > OUT)
			flush(p);
		size_t room = (OUT - p->used) / 3;
		size_t now = n < room ? n : room;
		uint8_t *to = p->buf + p->used;
		if (!am_base64_decode_groups(to, text, now))
			return false;
		am_base64_encode_groups(p->again, to, now);
		if (memcmp(p->again, text, now * 4))
			return false;
		p->used += now * 3;
		p->decoded += now * 3;
		text += now * 4;
		n -= now;
	}
	return true;
}

/* Characters of one line, or some of them. */
static bool take_text(struct am_base64_probe *p, const uint8_t *text, size_t n)
{
	p->column += n;
	while (n && p->n_carry) {
		p->carry[p->n_carry++] = *text++;
		n--;
		if (p->n_carry < 4)
			continue;
		p->n_carry = 0;
		if (p->padded || !take_group(p, p->carry))
			return false;
	}
	if (!n)
		return true;
	if (p->padded)
		return false;
	size_t groups = n / 4;
	bool last = groups && text[groups * 4 - 1] == '=';
	if (!take_groups(p, text, groups - last))
		return false;
	text += (groups - last) * 4;
	if (last) {
		if (!take_group(p, text))
			return false;
		text += 4;
	}
	p->n_carry = (unsigned)(n % 4);
	memcpy(p->carry, text, p->n_carry);
	return true;
}

static bool take_end(struct am_base64_probe *p, bool crlf)
{
	if (p->crlf_known && p->form.crlf != crlf)
		return false;
	p->crlf_known = true;
	p->form.crlf = crlf;
	if (p->begun && !p->n_ends) {
		if (p->n_carry)
			return false;
		/* A very long line may be the only one: no other equals it. */
		if (!p->line)
			p->line = p->column <= LINE_MAX_CHARS
			                  ? (uint32_t)p->column
			                  : UINT32_MAX;
	}
	return ++p->n_ends <= ENDS_MAX;
}

/* The first character of a line. */
static bool begin_line(struct am_base64_probe *p)
{
	if (!p->begun) {
		p->form.lead = p->n_ends;
		p->begun = true;
	} else if (p->n_ends != 1 || p->padded || p->column != p->line) {
		return false;
	} else {
		p->joined = true;
	}
	p->n_ends = 0;
	p->column = 0;
	return true;
}

/* How many of these bytes are characters of the present line; a CR at the end
 * may belong to a line end that comes with the next piece. */
static size_t text_run(const struct am_base64_probe *p, const uint8_t *data,
                       size_t len)
{
	size_t n = len;

	if (p->line && p->line - p->column < n)
		n = (size_t)(p->line - p->column);
	const uint8_t *lf = memchr(data, '\n', n);
	if (lf)
		n = (size_t)(lf - data);
	return n && data[n - 1] == '\r' ? n - 1 : n;
}

/* The road of nearly all lines: the one before was full, and here are its end
 * and another full one.  Returns what it took; the last lines are not its. */
static size_t take_lines(struct am_base64_probe *p, const uint8_t *data,
                         size_t len)
{
	size_t end = p->form.crlf ? 2 : 1;
	size_t done = 0;

	if (!p->crlf_known || p->n_ends || p->cr || p->n_carry || p->padded ||
	    p->column != p->line || p->line > TEXT / 4)
		return 0;
	for (; len - done > end + p->line; done += end + p->line) {
		const uint8_t *at = data + done;
		if (at[end - 1] != '\n' || (p->form.crlf && *at != '\r'))
			break;
		/* In one piece, so that a failure takes nothing. */
		if (p->used + p->line > OUT)
			flush(p);
		if (!take_groups(p, at + end, p->line / 4))
			break;
		p->joined = true;
	}
	return done;
}

static bool feed(struct am_base64_probe *p, const uint8_t *data, size_t len)
{
	while (len) {
		size_t n = take_lines(p, data, len);
		data += n;
		len -= n;
		n = 1;
		if (p->cr || *data == '\n') {
			if (*data != '\n' || !take_end(p, p->cr))
				return false;
			p->cr = false;
		} else if (*data == '\r') {
			p->cr = true;
		} else {
			if ((p->n_ends || !p->begun) && !begin_line(p))
				return false;
			n = text_run(p, data, len);
			/* None: the line is longer than the others. */
			if (!n || !take_text(p, data, n))
				return false;
		}
		data += n;
		len -= n;
	}
	return true;
}

bool am_base64_probe_feed(struct am_base64_probe *probe, const uint8_t *data,
                          size_t len)
{
	if (!probe->failed && !feed(probe, data, len))
		probe->failed = true;
	return !probe->failed;
}

bool am_base64_probe_end(struct am_base64_probe *probe,
                         struct am_base64_form *form, uint64_t *decoded)
{
	struct am_base64_probe *p = probe;

	if (p->failed || !p->decoded || p->n_carry || p->cr)
		return false;
	flush(p);
	p->form.trail = p->n_ends;
	p->form.line_chars = p->joined ? p->line : 0;
	*form = p->form;
	*decoded = p->decoded;
	return true;
}

/* ---- where things are in the text ---- */

bool am_base64_text_len(const struct am_base64_form *form, uint64_t decoded,
                        uint64_t *out)
{
	uint64_t end = form->crlf ? 2 : 1;
	uint64_t chars;

	if (!am_mul_u64(decoded / 3 + (decoded % 3 != 0), 4, &chars))
		return false;
	uint64_t ends = (uint64_t)form->lead + form->trail;
	if (form->line_chars && chars)
		ends += (chars - 1) / form->line_chars;
	return am_mul_u64(ends, end, &ends) && am_add_u64(chars, ends, out);
}

uint64_t am_base64_text_at(const struct am_base64_form *form, uint64_t offset)
{
	uint64_t end = form->crlf ? 2 : 1;
	uint64_t chars = offset / 3 * 4;
	uint64_t lines = form->line_chars ? chars / form->line_chars : 0;

	return chars + (form->lead + lines) * end;
}

/* ---- text to bytes ---- */

static bool decode_run(struct am_base64_decoder *d, uint8_t **to,
                       const uint8_t *text, size_t n)
{
	while (n && (d->n_carry || n < 4)) {
		d->carry[d->n_carry++] = *text++;
		n--;
		if (d->n_carry < 4)
			continue;
		size_t got = d->ended ? 0 : decode_group(*to, d->carry);
		d->n_carry = 0;
		d->ended = got < 3;
		*to += got;
		if (!got)
			return false;
	}
	if (!n)
		return true;
	size_t groups = n / 4;
	groups -= text[groups * 4 - 1] == '=';
	if (d->ended || !am_base64_decode_groups(*to, text, groups))
		return false;
	*to += groups * 3;
	n -= groups * 4;
	/* At most a padded group and a started one are left. */
	text += groups * 4;
	if (n >= 4) {
		memcpy(d->carry, text, 3);
		d->n_carry = 3;
		return decode_run(d, to, text + 3, n - 3);
	}
	memcpy(d->carry, text, n);
	d->n_carry = (unsigned)n;
	return true;
}

bool am_base64_decode(struct am_base64_decoder *decoder, uint8_t *to,
                      size_t *to_len, const uint8_t *text, size_t len)
{
	const uint8_t *end = len ? text + len : text;
	uint8_t *start = to;

	while (text < end) {
		const uint8_t *lf = memchr(text, '\n', (size_t)(end - text));
		const uint8_t *stop = lf ? lf : end;
		size_t n = (size_t)(stop - text);
		if (n && stop[-1] == '\r')
			n--;
		if (!decode_run(decoder, &to, text, n))
			return false;
		text = lf ? lf + 1 : end;
	}
	*to_len = (size_t)(to - start);
	return true;
}

/* ---- bytes to text ---- */

void am_base64_encoder_init(struct am_base64_encoder *encoder,
                            const struct am_base64_form *form)
{
	*encoder = (struct am_base64_encoder){.form = *form};
}

size_t am_base64_encode_room(const struct am_base64_encoder *encoder,
                             size_t len)
{
	size_t chars = (len / 3 + 2) * 4;
	size_t line = encoder->form.line_chars;

	return chars + (line ? (chars / line + 2) * 2 : 0);
}

static uint8_t *join_lines(struct am_base64_encoder *e, uint8_t *to)
{
	if (!e->form.line_chars || e->column < e->form.line_chars)
		return to;
	if (e->form.crlf)
		*to++ = '\r';
	*to++ = '\n';
	e->column = 0;
	return to;
}

static uint8_t *put_groups(struct am_base64_encoder *e, uint8_t *to,
                           const uint8_t *data, size_t groups)
{
	while (groups) {
		size_t now = groups;
		to = join_lines(e, to);
		if (e->form.line_chars) {
			size_t room = (e->form.line_chars - e->column) / 4;
			now = now < room ? now : room;
			e->column += (uint32_t)now * 4;
		}
		am_base64_encode_groups(to, data, now);
		to += now * 4;
		data += now * 3;
		groups -= now;
	}
	return to;
}

size_t am_base64_encode(struct am_base64_encoder *encoder, uint8_t *to,
                        const uint8_t *data, size_t len)
{
	uint8_t *start = to;

	while (len && encoder->n_carry) {
		encoder->carry[encoder->n_carry++] = *data++;
		len--;
		if (encoder->n_carry < 3)
			continue;
		to = put_groups(encoder, to, encoder->carry, 1);
		encoder->n_carry = 0;
	}
	if (!len)
		return (size_t)(to - start);
	to = put_groups(encoder, to, data, len / 3);
	encoder->n_carry = (unsigned)(len % 3);
	memcpy(encoder->carry, data + len - len % 3, len % 3);
	return (size_t)(to - start);
}

size_t am_base64_encode_end(struct am_base64_encoder *encoder, uint8_t *to)
{
	uint8_t *start = to;

	if (!encoder->n_carry)
		return 0;
	to = join_lines(encoder, to);
	encode_last(to, encoder->carry, encoder->n_carry);
	encoder->n_carry = 0;
	return (size_t)(to + 4 - start);
}
