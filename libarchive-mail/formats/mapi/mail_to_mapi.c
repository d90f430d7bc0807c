/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A mail, and the messages in it, one after the other: each is put on a list
 * when it is met, so that nothing here is as deep as a mail may be.  When all
 * are there the stash is sealed, and each item gets its record of the original.
 */
#include "formats/mapi/mail_to_mapi.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/codec.h"
#include "formats/mapi/item_meta.h"
#include "formats/mapi/item_props.h"
#include "formats/mapi/mail_to_mapi_impl.h"
#include "formats/mapi/mapi_headers.h"
#include "model/message.h"
#include "outlook/mapi/tags.h"

#include <string.h>

enum { FLAG_READ = 1 };

size_t am_making_part_end(const struct am_making *m, size_t part)
{
	size_t i = part + 1;

	while (i < m->scan.n_parts &&
	       m->scan.parts[i].depth > m->scan.parts[part].depth)
		i++;
	return i;
}

int am_making_text(struct am_making *m, unsigned id, const char *text,
                   size_t len, struct am_error *err)
{
	enum { PIECE = 16 * 1024 };
	uint64_t from = m->stash.size;
	size_t wide;
	int r = AM_OK;

	if (len <= AM_MAKING_VALUE_MAX / 2) {
		am_mapi_put_text_n(&m->item->props, id, text, len);
		return AM_OK;
	}
	struct am_arena *arena = am_arena_new();
	while (len && !r) {
		size_t n = MIN(len, (size_t)PIECE);
		/* Not between the bytes of one character. */
		while (n < len && n > 1 && ((uint8_t)text[n] & 0xc0) == 0x80)
			n--;
		const uint8_t *data = am_mapi_utf16_of(arena, text, n, &wide);
		r = am_stash_write(&m->stash, data, wide, err);
		am_arena_reset(arena);
		text += n;
		len -= n;
	}
	am_arena_free(&arena);
	if (!r)
		am_stash_for_value(&m->stash, m->item,
		                   (uint32_t)id << 16 | AM_MAPI_STRING, from);
	return r;
}

int am_making_binary(struct am_making *m, unsigned id, const uint8_t *data,
                     size_t len, struct am_error *err)
{
	uint64_t from = m->stash.size;

	if (len <= AM_MAKING_VALUE_MAX) {
		am_mapi_put_binary(&m->item->props, id, data, len);
		return AM_OK;
	}
	int r = am_stash_write(&m->stash, data, len, err);
	if (!r)
		am_stash_for_value(&m->stash, m->item,
		                   (uint32_t)id << 16 | AM_MAPI_BINARY, from);
	return r;
}

/* ---- one message ---- */

static int make_contents(struct am_making *m, struct am_error *err)
{
	bool *taken = am_arena_alloc(m->arena, m->end - m->part + 1);
	bool done = false;

	int r = am_making_header(m, err);
	if (!r)
		r = am_making_secured(m, &done, err);
	if (!r)
		r = am_making_bodies(m, taken, err);
	if (!r && !done)
		r = am_making_files(m, taken, err);
	if (!r && !done)
		r = am_making_report(m, err);
	return r;
}

static void name_embedded(struct am_making *m, const struct am_making_job *job)
{
	struct am_mapi_props *props =
		&job->parent->attachments[job->index].props;

	am_mapi_props_sort(&m->item->props);
	const char *subject = am_mapi_subject(&m->item->props);
	if (!am_mapi_find(props, AM_PR_DISPLAY_NAME))
		am_mapi_put_text(props, AM_PR_DISPLAY_NAME,
		                 subject && *subject ? subject : "Message");
	am_mapi_props_sort(props);
}

static int make_one(struct am_making *m, guint i, struct am_error *err)
{
	/* A copy: the list may move while it is worked on. */
	const struct am_making_job job =
		g_array_index(m->jobs, struct am_making_job, i);

	m->item = job.item;
	m->part = job.part;
	m->end = job.end;
	m->depth = job.depth;
	m->spans = job.spans;
	m->class = "IPM.Note";
	m->n_nameless = 0;
	m->html = NULL;
	m->html_len = 0;
	m->has_html = false;
	int r = make_contents(m, err);
	if (r)
		return r;
	am_mapi_put_text(&m->item->props, AM_PR_MESSAGE_CLASS, m->class);
	if (job.parent) {
		am_mapi_put_int(&m->item->props, AM_PR_MESSAGE_FLAGS,
		                FLAG_READ);
		name_embedded(m, &job);
	} else {
		am_item_meta_put(m->item, m->msg, &m->delivery);
		am_item_props_put(m->item, m->msg);
	}
	return AM_OK;
}

static int make_original(struct am_making *m, const struct am_making_job *made,
                         struct am_error *err)
{
	const struct am_original_job job = {
		.raw = m->raw,
		.at = made->at,
		.len = made->len,
		.spans = (struct am_original_span *)(void *)made->spans->data,
		.n_spans = made->spans->len,
		.coder = m->coder,
		.ctx = m->ctx};

	am_mapi_props_sort(&made->item->props);
	int r = am_original_put(made->item, &job, err);
	am_mapi_props_sort(&made->item->props);
	return r;
}

/* ---- the whole ---- */

/* A small mail that lies in a file: read once. */
static int hold(struct am_making *m, struct am_error *err)
{
	uint64_t size = am_blob_size(m->msg->raw);
	size_t got;

	m->bytes = am_blob_bytes(m->msg->raw);
	if (m->bytes || size > m->limits.spool_memory) {
		m->raw = am_blob_ref(m->msg->raw);
		return AM_OK;
	}
	uint8_t *data = g_malloc((size_t)size + 1);
	int r = am_blob_read(m->msg->raw, 0, data, (size_t)size, &got, err);
	if (!r && got < size)
		r = am_fail(err, AM_FAILED, AM_E_IO,
		            "the message ends early, at %zu", got);
	if (r) {
		g_free(data);
		return r;
	}
	r = am_blob_take(&m->raw, data, got, err);
	m->bytes = data;
	return r;
}

static int make_all(struct am_making *m, struct am_error *err)
{
	int r = hold(m, err);

	if (!r)
		r = am_scan_message(&m->scan, m->raw, &m->limits, m->arena,
		                    err);
	if (r)
		return r;
	struct am_making_job whole = {.item = am_mapi_item_new(m->arena),
	                              .spans = am_making_spans_new(),
	                              .end = m->scan.n_parts,
	                              .len = am_blob_size(m->raw)};
	g_array_append_val(m->jobs, whole);
	for (guint i = 0; i < m->jobs->len && !r; i++)
		r = make_one(m, i, err);
	if (!r)
		r = am_stash_settle(&m->stash, err);
	for (guint i = 0; i < m->jobs->len && !r; i++)
		r = make_original(
			m, &g_array_index(m->jobs, struct am_making_job, i),
			err);
	return r;
}

static int make(struct am_mapi_item **out, const struct am_message *msg,
                struct am_arena *arena, struct am_coder *coder,
                const struct am_ctx *ctx, bool stored, struct am_error *err)
{
	struct am_making m = {.msg = msg,
	                      .ctx = ctx,
	                      .arena = arena,
	                      .coder = coder,
	                      .stored = stored};

	*out = NULL;
	m.limits = am_limits_or_default(&ctx->limits);
	m.stash.memory = m.limits.spool_memory;
	m.stash.tmpdir = am_ctx_tmpdir(ctx);
	m.jobs = g_array_new(FALSE, FALSE, sizeof(struct am_making_job));
	int r = make_all(&m, err);
	for (guint i = 0; i < m.jobs->len; i++) {
		struct am_making_job *job =
			&g_array_index(m.jobs, struct am_making_job, i);
		g_array_free(job->spans, TRUE);
		if (!i && !r)
			*out = job->item;
		else if (!i)
			am_mapi_item_clear(job->item);
	}
	g_array_free(m.jobs, TRUE);
	am_stash_drop(&m.stash);
	am_blob_unref(&m.raw);
	am_base64_probe_free(&m.probe);
	return r;
}

int am_mail_to_mapi(struct am_mapi_item **out, const struct am_message *msg,
                    struct am_arena *arena, const struct am_ctx *ctx,
                    struct am_error *err)
{
	struct am_coder *coder = am_coder_new();
	int r = make(out, msg, arena, coder, ctx, false, err);

	am_coder_free(&coder);
	return r;
}

int am_mail_to_mapi_stored(struct am_mapi_item **out,
                           const struct am_message *msg, struct am_arena *arena,
                           struct am_coder *coder, const struct am_ctx *ctx,
                           struct am_error *err)
{
	return make(out, msg, arena, coder, ctx, true, err);
}

void am_mail_to_mapi_hash(const struct am_mapi_item *item,
                          uint8_t out[AM_SHA256_LEN])
{
	struct am_original_head head;

	if (am_original_head_of(NULL, &item->props, &head))
		memcpy(out, head.hash, AM_SHA256_LEN);
	else
		memset(out, 0, AM_SHA256_LEN);
}
