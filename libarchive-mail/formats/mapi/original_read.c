/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The steps of the property, one after the other, each pouring bytes into one
 * spool and one hash.  An embedded item has steps of its own: they stand on a
 * stack of ours.
 *
 * Nothing in the property is believed but what the hash confirms; until then it
 * may cost no more than the limits say.
 */
#include "formats/mapi/original.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/bytes.h"
#include "base/codec.h"
#include "base/reader.h"
#include "formats/mapi/aside.h"
#include "formats/mapi/original_text.h"
#include "formats/mapi/own_names.h"
#include "outlook/mapi/tags.h"

#include <glib.h>

#include <string.h>

enum { STEPS = 100000, PIECE = 12 * 1024 };

/* One item whose steps are being followed. */
struct level {
	struct am_arena *arena; /* of msg; NULL: the caller's */
	struct am_arena *own;   /* of the attachments */
	struct am_mapi_message msg;
	struct am_mapi_enclosure *atts;
	size_t n_atts;
	struct am_reader *frames;
	uint8_t *raw; /* the present frame */
	size_t at, len;
};

struct work {
	struct level levels[AM_ORIGINAL_DEPTH + 1];
	unsigned depth, n_steps;
	struct am_spool *spool;
	struct am_sha256 *sha;
	struct am_coder *coder;
	uint64_t left;   /* of the mail's bytes */
	uint64_t effort; /* bytes that may still be read for it */
	struct am_error *err;
};

static int changed(struct work *w, const char *why)
{
	return am_fail(w->err, AM_FAILED, AM_E_FORMAT, "%s", why);
}

/* ---- where bytes go ---- */

static int emit(struct work *w, const void *data, size_t len)
{
	if (len > w->left)
		return changed(w, "more bytes than the mail had");
	w->left -= len;
	am_sha256_update(w->sha, data, len);
	return am_spool_write(w->spool, data, len, w->err);
}

/* What a step does with the bytes of its source. */
struct pour {
	struct work *w;
	bool base64, lf, after_cr;
	struct am_base64_encoder encoder;
	uint8_t buf[PIECE + 1];
	uint8_t text[PIECE * 2];
};

static int pour_out(struct pour *p, const uint8_t *data, size_t len)
{
	int r = AM_OK;

	if (!p->base64)
		return emit(p->w, data, len);
	while (len && !r) {
		/* With lines of four characters it doubles. */
		size_t n = MIN(len, (size_t)PIECE / 2);
		r = emit(p->w, p->text,
		         am_base64_encode(&p->encoder, p->text, data, n));
		data += n;
		len -= n;
	}
	return r;
}

/* A CR waits to see whether an LF follows. */
static int pour(struct pour *p, const uint8_t *data, size_t len)
{
	int r = AM_OK;

	if (!p->lf)
		return pour_out(p, data, len);
	while (len && !r) {
		size_t n = 0, i = 0;
		for (; i < len && n < PIECE; i++) {
			if (p->after_cr && data[i] != '\n')
				p->buf[n++] = '\r';
			p->after_cr = data[i] == '\r';
			if (!p->after_cr)
				p->buf[n++] = data[i];
		}
		r = pour_out(p, p->buf, n);
		data += i;
		len -= i;
	}
	return r;
}

static int pour_ends(struct work *w, const struct am_base64_form *form,
                     uint32_t n)
{
	int r = AM_OK;

	while (n-- && !r)
		r = emit(w, form->crlf ? "\r\n" : "\n", form->crlf ? 2 : 1);
	return r;
}

static int pour_end(struct pour *p)
{
	uint8_t last[16];
	int r = p->after_cr ? pour_out(p, (const uint8_t *)"\r", 1) : AM_OK;

	if (!r && p->base64)
		r = emit(p->w, last, am_base64_encode_end(&p->encoder, last));
	return r;
}

/* ---- the steps as a stream ---- */

static int next_frame(struct work *w, struct level *l)
{
	const uint32_t plain = UINT32_C(1) << 31;
	uint8_t head[8];
	size_t got;

	int r = am_reader_read(l->frames, head, sizeof(head), &got, w->err);
	if (r || !got)
		return r ? r : AM_END;
	struct am_cursor c = am_cursor(head, got);
	uint32_t len = am_get_le32(&c), packed = am_get_le32(&c);
	bool stored = packed & plain;
	packed &= ~plain;
	if (c.bad || !len || len > AM_ORIGINAL_FRAME ||
	    packed > 2 * AM_ORIGINAL_FRAME || (stored && packed != len) ||
	    len > w->effort)
		return changed(w, "its record of the original is damaged");
	w->effort -= len;
	uint8_t *in = g_malloc(packed + 1);
	l->raw = g_realloc(l->raw, len);
	r = am_reader_read(l->frames, in, packed, &got, w->err);
	if (!r && got < packed)
		r = changed(w, "its record of the original is cut off");
	if (!r && stored)
		memcpy(l->raw, in, len);
	else if (!r)
		r = am_codec_unpack(w->coder, AM_CODEC_ZSTD, in, packed, l->raw,
		                    len, w->err);
	g_free(in);
	l->at = 0;
	l->len = r ? 0 : len;
	return r;
}

/* One byte; AM_END behind the last. */
static int next_byte(struct work *w, struct level *l, uint8_t *out)
{
	int r = l->at < l->len ? AM_OK : next_frame(w, l);

	if (!r)
		*out = l->raw[l->at++];
	return r;
}

static int next_number(struct work *w, struct level *l, uint64_t *out)
{
	uint8_t bytes[10];
	unsigned n = 0;
	int r;

	do {
		r = next_byte(w, l, &bytes[n]);
	} while (!r && (bytes[n++] & 0x80) && n < sizeof(bytes));
	if (r == AM_END)
		return changed(w, "its record of the original is cut off");
	if (r)
		return r;
	struct am_cursor c = am_cursor(bytes, n);
	*out = am_get_varint(&c);
	return c.bad ? changed(w, "its record of the original is damaged")
	             : AM_OK;
}

static int next_u32(struct work *w, struct level *l, uint32_t *out)
{
	uint64_t n = 0;
	int r = next_number(w, l, &n);

	*out = (uint32_t)n;
	return r                ? r
	       : n > UINT32_MAX ? changed(w, "its record of the original is "
	                                     "damaged")
	                        : AM_OK;
}

static int pass_bytes(struct work *w, struct level *l)
{
	uint64_t n = 0;
	int r = next_number(w, l, &n);

	while (n && !r) {
		if (l->at == l->len)
			r = next_frame(w, l);
		if (r)
			break;
		size_t now = (size_t)MIN(n, (uint64_t)(l->len - l->at));
		r = emit(w, l->raw + l->at, now);
		l->at += now;
		n -= now;
	}
	return r == AM_END ? changed(w, "its record of the original is cut off")
	                   : r;
}

static int read_step(struct work *w, struct level *l, uint8_t kind,
                     struct am_original_span *out)
{
	uint64_t crlf = 0;
	int r = AM_OK;

	*out = (struct am_original_span){
		.kind = (enum am_original_kind)(kind & 0xf),
		.base64 = kind & AM_ORIGINAL_BASE64,
		.lf = kind & AM_ORIGINAL_LF};
	if (out->kind < AM_ORIGINAL_HEADER || out->kind > AM_ORIGINAL_ITEM)
		return changed(w, "its record of the original is of a newer "
		                  "kind");
	if (out->kind >= AM_ORIGINAL_FILE)
		r = next_u32(w, l, &out->index);
	if (!r && out->kind != AM_ORIGINAL_ITEM)
		r = next_number(w, l, &out->from);
	if (!r && out->kind != AM_ORIGINAL_ITEM)
		r = next_number(w, l, &out->n);
	if (r || !out->base64)
		return r;
	r = next_u32(w, l, &out->form.line_chars);
	if (!r)
		r = next_number(w, l, &crlf);
	if (!r)
		r = next_u32(w, l, &out->form.lead);
	if (!r)
		r = next_u32(w, l, &out->form.trail);
	out->form.crlf = crlf != 0;
	if (!r && (out->form.line_chars % 4 || out->form.lead > 1u << 20 ||
	           out->form.trail > 1u << 20))
		r = changed(w, "its record of the original is damaged");
	return r;
}

/* ---- sources of bytes ---- */

static const struct am_mapi_prop *source_of(const struct level *l,
                                            const struct am_original_span *s)
{
	static const unsigned ids[] = {[AM_ORIGINAL_HEADER] =
	                                       AM_PR_TRANSPORT_HEADERS,
	                               [AM_ORIGINAL_TEXT] = AM_PR_BODY,
	                               [AM_ORIGINAL_HTML] = AM_PR_HTML};

	if (s->kind != AM_ORIGINAL_FILE)
		return am_mapi_find(&l->msg.props, ids[s->kind]);
	if (s->index >= l->n_atts || l->atts[s->index].why.kind)
		return NULL;
	return am_mapi_find(&l->atts[s->index].props, AM_PR_ATTACH_DATA);
}

/* Bytes [from, from + n) of what lies in memory or streams by. */
static int pour_source(struct pour *p, struct level *l,
                       const struct am_mapi_prop *prop,
                       const struct am_original_span *s)
{
	struct work *w = p->w;
	bool text =
		s->kind == AM_ORIGINAL_HEADER || s->kind == AM_ORIGINAL_TEXT;
	struct am_reader *from = NULL;
	uint64_t skip = s->from, n = s->n;
	const uint8_t *data;
	size_t len;
	int r;

	if (prop->data && text) {
		struct am_arena *arena = am_arena_new();
		data = (const uint8_t *)am_mapi_utf16(arena, prop->data,
		                                      prop->len, &len);
		r = skip > len || n > len - skip
		            ? changed(w, "its text has changed")
		            : pour(p, data + skip, (size_t)n);
		am_arena_free(&arena);
		return r;
	}
	r = am_mapi_value_open(l->msg.in, prop, &from, w->err);
	if (!r && text)
		r = am_original_text(&from, from, w->err);
	while (!r && n) {
		r = am_reader_peek(from, 1, &data, &len, w->err);
		if (r)
			break;
		size_t pass = (size_t)MIN(skip, (uint64_t)len);
		size_t now = (size_t)MIN(n, (uint64_t)(len - pass));
		if (pass + now > w->effort) {
			r = changed(w, "its record of the original asks for "
			               "too much");
			break;
		}
		w->effort -= pass + now;
		r = pour(p, data + pass, now);
		skip -= pass;
		n -= now;
		am_reader_skip(from, pass + now);
	}
	am_reader_close(&from);
	return r == AM_END ? changed(w, "its contents are shorter than they "
	                                "were")
	                   : r;
}

static int follow_source(struct work *w, struct level *l,
                         const struct am_original_span *s)
{
	const struct am_mapi_prop *prop = source_of(l, s);
	int r = AM_OK;

	if (!prop)
		return changed(w, "something that it consisted of is gone");
	struct pour *p = g_new(struct pour, 1);
	p->w = w;
	p->base64 = s->base64;
	p->lf = s->lf;
	p->after_cr = false;
	if (s->base64) {
		am_base64_encoder_init(&p->encoder, &s->form);
		r = pour_ends(w, &s->form, s->form.lead);
	}
	if (!r)
		r = pour_source(p, l, prop, s);
	if (!r)
		r = pour_end(p);
	if (!r && s->base64)
		r = pour_ends(w, &s->form, s->form.trail);
	g_free(p);
	return r;
}

/* ---- items in items ---- */

static void leave(struct work *w)
{
	struct level *l = &w->levels[--w->depth];

	am_reader_close(&l->frames);
	g_free(l->raw);
	am_arena_free(&l->own);
	am_arena_free(&l->arena);
}

/* The item whose message is in place on the top: open its record. */
static int enter(struct work *w, struct am_original_head *head)
{
	struct level *l = &w->levels[w->depth++];
	uint8_t mark[8], skip[AM_ORIGINAL_HEAD];
	size_t got;

	l->own = am_arena_new();
	if (!am_original_head_of(l->msg.in, &l->msg.props, head))
		return changed(w,
		               "an item in it has no record of its original");
	int r = l->msg.in->ops->attachments(&l->msg, l->own, &l->atts,
	                                    &l->n_atts, w->err);
	if (!r)
		am_aside_find(l->msg.in, l->atts, l->n_atts, false);
	if (!r)
		r = am_original_mark(&l->msg, l->atts, l->n_atts, mark, w->err);
	if (!r && memcmp(mark, head->mark, sizeof(mark)) != 0)
		r = changed(w, "its subject, text or attachments were changed");
	if (!r)
		r = am_mapi_value_open(
			l->msg.in,
			am_own_find(l->msg.in, &l->msg.props, &am_own_original),
			&l->frames, w->err);
	if (!r)
		r = am_reader_read(l->frames, skip, sizeof(skip), &got, w->err);
	return r;
}

static int enter_embedded(struct work *w, uint32_t index)
{
	struct level *up = &w->levels[w->depth - 1];
	struct level *l = &w->levels[w->depth];
	struct am_original_head head;

	if (index >= up->n_atts || !up->atts[index].has_message)
		return changed(w, "a message in it is gone");
	if (w->depth > AM_ORIGINAL_DEPTH)
		return changed(w, "too many messages in each other");
	memset(l, 0, sizeof(*l));
	l->arena = am_arena_new();
	int r = up->msg.in->ops->embedded(up->msg.in, &up->atts[index],
	                                  l->arena, &l->msg, w->err);
	if (r) {
		am_arena_free(&l->arena);
		return r;
	}
	return enter(w, &head);
}

static int follow(struct work *w, const struct am_ctx *ctx)
{
	int r = AM_OK;

	while (w->depth && !r) {
		struct level *l = &w->levels[w->depth - 1];
		struct am_original_span step = {.len = 0};
		uint8_t kind = 0;
		if (am_ctx_cancelled(ctx))
			return am_ctx_fail_cancelled(w->err);
		r = next_byte(w, l, &kind);
		if (r == AM_END) {
			leave(w);
			r = AM_OK;
			continue;
		}
		if (!r && ++w->n_steps > STEPS)
			r = changed(w, "its record of the original is too "
			               "long");
		if (!r && kind == AM_ORIGINAL_BYTES) {
			r = pass_bytes(w, l);
			continue;
		}
		if (!r)
			r = read_step(w, l, kind, &step);
		if (!r)
			r = step.kind == AM_ORIGINAL_ITEM
			            ? enter_embedded(w, step.index)
			            : follow_source(w, l, &step);
	}
	return r;
}

static int prove(struct work *w, const struct am_original_head *head,
                 struct am_blob **out)
{
	uint8_t hash[AM_SHA256_LEN];

	am_sha256_final(w->sha, hash);
	if (w->left || memcmp(hash, head->hash, sizeof(hash)) != 0)
		return changed(w, "what it consisted of has changed");
	return am_spool_seal(&w->spool, out, w->err);
}

int am_original_read(struct am_blob **out, const struct am_mapi_message *msg,
                     uint64_t limit, const struct am_ctx *ctx,
                     struct am_error *err)
{
	struct am_limits limits = am_limits_or_default(&ctx->limits);
	struct am_original_head head = {.size = 0};

	*out = NULL;
	if (!am_original_head_of(msg->in, &msg->props, &head))
		return AM_END;
	/* What it lies beside may be larger than all of it. */
	if (head.size > limit)
		limit += am_aside_all(msg->in) * 2;
	if (head.size > limit)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "its record of the original is damaged");
	struct work *w = g_new0(struct work, 1);
	w->err = err;
	w->left = head.size;
	w->effort = limit < UINT64_MAX / 8 ? 4 * limit : UINT64_MAX;
	w->sha = am_sha256_new();
	w->coder = am_coder_new();
	w->levels[0].msg = *msg;
	int r = am_spool_open(&w->spool, limits.spool_memory,
	                      am_ctx_tmpdir(ctx), err);
	if (!r)
		r = enter(w, &head);
	if (!r)
		r = follow(w, ctx);
	if (!r)
		r = prove(w, &head, out);
	while (w->depth)
		leave(w);
	am_spool_drop(&w->spool);
	am_sha256_free(&w->sha);
	am_coder_free(&w->coder);
	g_free(w);
	return r;
}
