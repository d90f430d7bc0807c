/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/imap_parser.h"

#include "base/reader.h"

#include <string.h>

/*
 * What becomes of a literal: a value, the hook's, or skipped by its count.  A
 * server grants a synchronising one as late as it can: when it knows that it
 * wants the bytes, which for the hook is its first read.  One that was not
 * granted is never sent, and with it the rest of its line.
 */
enum {
	/* Up to here a literal is shown to the hook where it lies. */
	IN_PLACE = 64 * 1024
};

static bool must_wait(const struct am_imap_parser *p)
{
	return p->side == AM_IMAP_SERVER && !p->head.plus;
}

static int grant(struct am_imap_parser *p, struct am_error *err)
{
	if (!p->hooks.go_ahead)
		return AM_OK;
	int r = p->hooks.go_ahead(p->hooks.user, err);
	if (r > 0)
		r = am_fail(err, AM_FATAL, AM_E_PROTOCOL,
		            "the go-ahead for a literal was not sent");
	return r;
}

/* Beyond a wall: one that is coming anyway is skipped with the line. */
static void too_long(struct am_imap_parser *p)
{
	am_imap_parse_limit(p, "literal too long");
	if (must_wait(p))
		p->head.there = false;
}

int am_imap_literal_text(struct am_imap_parser *p, const char **text,
                         struct am_error *err)
{
	size_t len = 0, got = 0;
	int r = AM_OK;

	*text = NULL;
	if (p->head.len > p->limits.literal || p->head.len > p->literal_left) {
		too_long(p);
		return AM_OK;
	}
	len = (size_t)p->head.len;
	p->literal_left -= len;
	if (must_wait(p))
		r = grant(p, err);
	if (r)
		return r;
	char *buf = am_imap_input_alloc(p, len + 1);
	r = am_reader_read(p->in, buf, len, &got, err);
	if (!r && got < len)
		r = am_imap_input_cut(err);
	am_imap_input_taken(p);
	*text = buf;
	return r;
}

/* ---- the hook's ---- */

static int give(void *self, uint8_t *buf, size_t room, size_t *got,
                struct am_error *err)
{
	struct am_imap_bytes *b = self;
	struct am_imap_parser *p = b->parser;
	const uint8_t *data;
	size_t len;
	int r = AM_OK;

	if (b->ask) {
		b->ask = false;
		r = grant(p, &b->why);
	}
	if (!r && !b->left)
		return AM_END;
	if (!r)
		r = am_reader_peek(p->in, 1, &data, &len, &b->why);
	if (r > 0)
		r = am_imap_input_cut(&b->why);
	if (r) {
		b->status = r;
		*err = b->why;
		return r;
	}
	if (len > room)
		len = room;
	if (len > b->left)
		len = (size_t)b->left;
	memcpy(buf, data, len);
	am_reader_skip(p->in, len);
	b->left -= len;
	*got = len;
	return AM_OK;
}

/* A reader over the literal: in place when it is small and coming anyway, else
 * one that takes the bytes as they come. */
static int open_bytes(struct am_imap_parser *p, struct am_reader **out,
                      struct am_error *err)
{
	static const struct am_reader_ops ops = {.fill = give};
	uint64_t want = p->head.len;

	p->bytes = (struct am_imap_bytes){
		.parser = p, .left = want, .ask = must_wait(p)};
	if (!p->bytes.ask && want && want <= IN_PLACE) {
		const uint8_t *data;
		size_t len;
		int r = am_reader_peek(p->in, (size_t)want, &data, &len, err);
		if (r)
			return r < 0 ? r : am_imap_input_cut(err);
		if (len >= want)
			return am_reader_memory(out, data, (size_t)want, err);
		/* Less: the other shows what there is, and then why. */
	}
	return am_reader_new(out, &ops, &p->bytes, err);
}

static int call_hook(struct am_imap_parser *p, struct am_error *why)
{
	size_t outside = p->n_frames ? p->frames[0].first : p->n_stack;
	size_t first = p->n_frames ? p->frames[p->n_frames - 1].first : 0;
	struct am_imap_place place = {
		.line = p->stack,
		.n_line = outside,
		.list = p->stack + first,
		.n_list = p->n_stack - first,
		.depth = p->n_frames,
		.len = p->head.len,
		.binary = p->head.binary,
		.wait = must_wait(p),
	};
	struct am_reader *bytes = NULL;

	int r = open_bytes(p, &bytes, why);
	if (r) {
		p->bytes.status = r;
		p->bytes.why = *why;
		return r;
	}
	r = p->hooks.literal(p->hooks.user, &place, bytes, why);
	am_reader_close(&bytes);
	return r;
}

/* AM_END when the hook does not want it. */
static int offer(struct am_imap_parser *p, struct am_error *err)
{
	struct am_error why = {.kind = AM_E_NONE};
	int r = call_hook(p, &why);

	/* What the connection said outweighs what the hook made of it. */
	if (p->bytes.status < 0) {
		r = p->bytes.status;
		why = p->bytes.why;
	} else if (r == AM_END) {
		assert(p->bytes.left == p->head.len);
		return AM_END;
	} else if (r == AM_FAILED) {
		if (!p->failed)
			p->why = why;
		p->failed = r;
		if (p->bytes.ask) {
			p->over = true;
			p->head.there = false;
			return AM_OK;
		}
		r = AM_OK;
	}
	if (r) {
		if (err)
			*err = why;
		return r;
	}
	if (p->bytes.ask)
		r = grant(p, err);
	if (r)
		return r;
	uint64_t left = p->bytes.left;
	am_imap_parse_push(p, AM_IMAP_STREAMED, NULL, p->head.len,
	                   p->head.binary);
	am_imap_input_taken(p);
	return am_imap_input_skip(p, left, err);
}

int am_imap_literal_take(struct am_imap_parser *p, struct am_error *err)
{
	bool binary = p->head.binary;
	uint64_t len = p->head.len;
	int r = AM_END;

	if (len > p->limits.stream) {
		too_long(p);
		return AM_OK;
	}
	if (p->hooks.literal)
		r = offer(p, err);
	if (r == AM_END) {
		const char *text;
		r = am_imap_literal_text(p, &text, err);
		if (!r && text)
			am_imap_parse_push(p, AM_IMAP_LITERAL, text, len,
			                   binary);
	}
	if (r || p->over)
		return r;
	return am_imap_input_segment(p, false, err);
}
