/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing the property: steps into frames, frames into one value. */
#include "formats/mapi/original.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/bytes.h"
#include "base/codec.h"
#include "formats/mapi/own_names.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

enum {
	IN_ARENA = 4096, /* a value up to this is kept without a blob */
	WORTH = 128,     /* fewer bytes are not compressed */
	LEVEL = 1        /* 3 gains 2 % and takes twice the time */
};

struct frames {
	const struct am_original_job *job;
	struct am_spool *spool;
	uint8_t *raw, *packed;
	size_t n, room;
	struct am_error *err;
};

static int write_frame(struct frames *f)
{
	size_t packed = am_codec_bound(AM_CODEC_ZSTD, f->n);
	uint8_t head[8];
	const uint8_t *body = f->raw;

	if (!f->n)
		return AM_OK;
	if (f->n >= WORTH) {
		f->packed = g_realloc(f->packed, packed);
		int r = am_codec_pack(f->job->coder, AM_CODEC_ZSTD, LEVEL,
		                      f->raw, f->n, f->packed, &packed, f->err);
		if (r)
			return r;
		body = f->packed;
	}
	am_put_le32(head, (uint32_t)f->n);
	if (body == f->raw || packed >= f->n) {
		body = f->raw;
		packed = f->n;
		am_put_le32(head + 4, (uint32_t)packed | UINT32_C(1) << 31);
	} else {
		am_put_le32(head + 4, (uint32_t)packed);
	}
	f->n = 0;
	int r = am_spool_write(f->spool, head, sizeof(head), f->err);
	return r ? r : am_spool_write(f->spool, body, packed, f->err);
}

/* Room for so much more; frames are no longer than they may be. */
static uint8_t *room_for(struct frames *f, size_t more)
{
	if (f->n + more > f->room) {
		f->room = MIN(MAX(2 * f->room, f->n + more + 512),
		              (size_t)AM_ORIGINAL_FRAME);
		f->raw = g_realloc(f->raw, f->room);
	}
	return f->raw + f->n;
}

static int put_bytes(struct frames *f, const uint8_t *data, size_t len)
{
	int r = AM_OK;

	while (len && !r) {
		size_t n = MIN(len, AM_ORIGINAL_FRAME - f->n);
		memcpy(room_for(f, n), data, n);
		f->n += n;
		data += n;
		len -= n;
		if (f->n == AM_ORIGINAL_FRAME)
			r = write_frame(f);
	}
	return r;
}

/* Bytes of the mail that are nowhere else. */
static int put_literal(struct frames *f, uint64_t at, uint64_t len)
{
	const struct am_blob *raw = f->job->raw;
	uint8_t step[11] = {AM_ORIGINAL_BYTES};
	const uint8_t *all = am_blob_bytes(raw);
	size_t got;

	if (!len)
		return AM_OK;
	int r = put_bytes(f, step, 1 + am_put_varint(step + 1, len));
	if (!r && all)
		return put_bytes(f, all + at, (size_t)len);
	while (len && !r) {
		size_t n = (size_t)MIN(len, (uint64_t)AM_ORIGINAL_FRAME - f->n);
		r = am_blob_read(raw, at, room_for(f, n), n, &got, f->err);
		if (!r && got < n)
			r = am_fail(f->err, AM_FAILED, AM_E_IO,
			            "the message ends early, at %" PRIu64,
			            at + got);
		f->n += r ? 0 : n;
		at += n;
		len -= n;
		if (!r && f->n == AM_ORIGINAL_FRAME)
			r = write_frame(f);
	}
	return r;
}

static int put_span(struct frames *f, const struct am_original_span *span)
{
	uint8_t step[1 + 7 * 10];
	size_t n = 1;

	step[0] = (uint8_t)((unsigned)span->kind |
	                    (span->base64 ? AM_ORIGINAL_BASE64 : 0u) |
	                    (span->lf ? AM_ORIGINAL_LF : 0u));
	if (span->kind == AM_ORIGINAL_FILE || span->kind == AM_ORIGINAL_ITEM)
		n += am_put_varint(step + n, span->index);
	if (span->kind != AM_ORIGINAL_ITEM) {
		n += am_put_varint(step + n, span->from);
		n += am_put_varint(step + n, span->n);
	}
	if (span->base64) {
		n += am_put_varint(step + n, span->form.line_chars);
		step[n++] = span->form.crlf;
		n += am_put_varint(step + n, span->form.lead);
		n += am_put_varint(step + n, span->form.trail);
	}
	return put_bytes(f, step, n);
}

static int by_place(const void *a, const void *b)
{
	const struct am_original_span *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static int put_steps(struct frames *f)
{
	const struct am_original_job *job = f->job;
	uint64_t done = job->at, end = job->at + job->len;
	int r = AM_OK;

	if (job->n_spans)
		qsort(job->spans, job->n_spans, sizeof(*job->spans), by_place);
	for (size_t i = 0; i < job->n_spans && !r; i++) {
		const struct am_original_span *span = &job->spans[i];
		if (span->at < done || span->at > end ||
		    span->len > end - span->at)
			continue;
		r = put_literal(f, done, span->at - done);
		if (!r)
			r = put_span(f, span);
		done = span->at + span->len;
	}
	if (!r)
		r = put_literal(f, done, end - done);
	return r ? r : write_frame(f);
}

/* Of one that lies in a file. */
static int hash_mail(const struct am_original_job *job,
                     uint8_t out[AM_SHA256_LEN], struct am_error *err)
{
	enum { PIECE = 64 * 1024 };
	uint64_t at = job->at, left = job->len;
	struct am_sha256 *sha = am_sha256_new();
	uint8_t *buf = g_malloc(PIECE);
	int r = AM_OK;

	while (left && !r) {
		size_t n = (size_t)MIN(left, (uint64_t)PIECE), got = 0;
		r = am_blob_read(job->raw, at, buf, n, &got, err);
		if (!r && got < n)
			r = am_fail(err, AM_FAILED, AM_E_IO,
			            "the message ends early, at %" PRIu64,
			            at + got);
		am_sha256_update(sha, buf, got);
		at += n;
		left -= n;
	}
	am_sha256_final(sha, out);
	am_sha256_free(&sha);
	g_free(buf);
	return r;
}

static int write_head(struct frames *f, const struct am_mapi_item *item)
{
	const struct am_original_job *job = f->job;
	const uint8_t *all = am_blob_bytes(job->raw);
	uint8_t head[AM_ORIGINAL_HEAD] = "MkO1";
	int r = AM_OK;

	am_put_le64(head + 4, job->len);
	if (all) {
		const struct am_piece mail = {all + job->at, (size_t)job->len};
		r = am_original_mark_both(item, &mail, head + 12, head + 44,
		                          f->err);
	} else {
		r = hash_mail(job, head + 12, f->err);
		if (!r)
			r = am_original_mark_item(item, head + 44, f->err);
	}
	return r ? r : am_spool_write(f->spool, head, sizeof(head), f->err);
}

static int keep_value(struct am_mapi_item *item, struct am_blob *value,
                      struct am_error *err)
{
	struct am_mapi_prop prop = {.tag = AM_MAPI_BINARY,
	                            .name = &am_own_original};

	if (am_blob_size(value) > IN_ARENA) {
		prop.blob = am_blob_ref(value);
		prop.size = am_blob_size(value);
	} else {
		prop.len = (size_t)am_blob_size(value);
		uint8_t *data = am_arena_alloc(item->props.arena, prop.len);
		int r = am_blob_read(value, 0, data, prop.len, &prop.len, err);
		if (r)
			return r;
		prop.data = data;
	}
	am_mapi_props_add(&item->props, &prop);
	return AM_OK;
}

int am_original_put(struct am_mapi_item *item,
                    const struct am_original_job *job, struct am_error *err)
{
	struct am_limits limits = am_limits_or_default(&job->ctx->limits);
	struct frames f = {.job = job, .err = err};
	struct am_blob *value = NULL;
	int r = am_spool_open(&f.spool, limits.spool_memory,
	                      am_ctx_tmpdir(job->ctx), err);

	if (!r)
		r = write_head(&f, item);
	if (!r)
		r = put_steps(&f);
	if (!r)
		r = am_spool_seal(&f.spool, &value, err);
	if (!r)
		r = keep_value(item, value, err);
	am_blob_unref(&value);
	am_spool_drop(&f.spool);
	g_free(f.raw);
	g_free(f.packed);
	return r;
}
