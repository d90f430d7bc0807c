/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Message bytes into blocks and blobs.  The open block gathers the text of many
 * messages; a message's text may go on in the next block, but one that is small
 * against a block begins a new one rather than be cut: reading it then costs
 * one unpacking.
 */
#include "store/content.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/reader.h"
#include "mime/base64_form.h"
#include "store/canon.h"
#include "store/content_pack.h"

#include <glib.h>

#include <string.h>

enum {
	WINDOW = 64 * 1024,
	UNCUT = 8,              /* an eighth of a block */
	ZLIB_BLOCK = 256 * 1024 /* its window is no more than 32 KiB */
};

struct am_content_writer {
	struct am_log *log;
	const struct am_content_index *index;
	struct am_pack_queue *queue;
	uint64_t next_block;         /* number of the open one */
	struct am_pack_buffer block; /* data NULL: nothing in it yet */
	size_t used, room, size;
	GArray *extents;     /* struct am_extent, of the present message */
	GHashTable *written; /* hashes of blobs that the index may not know */
	uint8_t scratch[WINDOW + 8];
};

static guint hash_of_hash(const void *key)
{
	guint v;

	memcpy(&v, key, sizeof v);
	return v;
}

static gboolean same_hash(const void *a, const void *b)
{
	return !memcmp(a, b, AM_SHA256_LEN);
}

int am_content_writer_new(struct am_content_writer **out, struct am_log *log,
                          const struct am_content_index *index,
                          uint64_t next_block, unsigned workers,
                          struct am_error *err)
{
	struct am_content_writer *w = g_new0(struct am_content_writer, 1);

	*out = NULL;
	w->log = log;
	w->index = index;
	w->next_block = next_block;
	w->size =
		am_log_codec(log) == AM_CODEC_ZLIB ? ZLIB_BLOCK : AM_BLOCK_MAX;
	w->extents = g_array_new(FALSE, FALSE, sizeof(struct am_extent));
	w->written =
		g_hash_table_new_full(hash_of_hash, same_hash, g_free, NULL);
	int r = am_pack_queue_new(&w->queue, log, index, workers, err);
	if (r) {
		am_content_writer_free(&w);
		return r;
	}
	*out = w;
	return AM_OK;
}

void am_content_writer_free(struct am_content_writer **writer)
{
	struct am_content_writer *w = *writer;

	*writer = NULL;
	if (!w)
		return;
	am_pack_queue_free(&w->queue);
	g_free(w->block.data);
	g_array_free(w->extents, TRUE);
	g_hash_table_destroy(w->written);
	g_free(w);
}

void am_content_block_size(struct am_content_writer *writer, size_t size)
{
	writer->size = size < 1               ? 1
	               : size > AM_BLOCK_MOST ? AM_BLOCK_MOST
	                                      : size;
}

uint64_t am_content_next_block(const struct am_content_writer *writer)
{
	return writer->next_block + (writer->used > 0);
}

/* ---- the open block ---- */

static int close_block(struct am_content_writer *w, struct am_error *err)
{
	if (!w->used)
		return AM_OK;
	struct am_pack_buffer buffer = w->block;
	size_t len = w->used;
	w->block.data = NULL;
	w->used = 0;
	int r = am_pack_queue_block(w->queue, w->next_block++, buffer, len,
	                            err);
	if (!r && w->index->full)
		r = w->index->full(w->index->user, err);
	return r;
}

static void note_extent(struct am_content_writer *w, size_t len)
{
	struct am_extent next = {.block = w->next_block,
	                         .offset = (uint32_t)w->used,
	                         .len = (uint32_t)len};

	if (w->extents->len) {
		struct am_extent *last = &g_array_index(
			w->extents, struct am_extent, w->extents->len - 1);
		if (last->block == next.block &&
		    last->offset + last->len == next.offset) {
			last->len += next.len;
			return;
		}
	}
	g_array_append_val(w->extents, next);
}

static int add_bytes(struct am_content_writer *w, const uint8_t *data,
                     size_t len, struct am_error *err)
{
	while (len) {
		if (w->block.data && w->used == w->room) {
			int r = close_block(w, err);
			if (r)
				return r;
		}
		if (!w->block.data) {
			w->room = w->size;
			w->block = am_pack_queue_buffer(w->queue, w->room);
		}
		size_t n = w->room - w->used;
		n = n < len ? n : len;
		note_extent(w, n);
		memcpy(w->block.data + w->used, data, n);
		w->used += n;
		data += n;
		len -= n;
	}
	return AM_OK;
}

/* ---- skeleton bytes of a step ---- */

/* A message in memory cannot change: straight from there. */
static int add_from_memory(struct am_content_writer *w, const uint8_t *data,
                           const struct am_split *split, size_t i,
                           struct am_error *err)
{
	bool base64 = split->recipe.steps[i].kind == AM_STEP_BASE64;
	size_t left = (size_t)split->from[i].len;
	struct am_base64_decoder decoder = {.n_carry = 0};
	bool cr = false;

	data += split->from[i].offset;
	if (!base64 && split->eol == AM_EOL_AS_IS)
		return add_bytes(w, data, left, err);
	while (left) {
		size_t n = left < WINDOW ? left : WINDOW;
		size_t out = 0;
		if (!base64)
			out = am_canon_to_lf(w->scratch, data, n, &cr);
		else if (!am_base64_decode(&decoder, w->scratch, &out, data, n))
			return am_fail(err, AM_FAILED, AM_E_FORMAT,
			               "a part that was base64 is not");
		int r = add_bytes(w, w->scratch, out, err);
		if (r)
			return r;
		data += n;
		left -= n;
	}
	return cr ? add_bytes(w, (const uint8_t *)"\r", 1, err) : AM_OK;
}

/* The reader's failure is the message's alone; the block's is the run's. */
static int add_from_file(struct am_content_writer *w, const struct am_blob *raw,
                         const struct am_split *split, size_t i,
                         struct am_error *err)
{
	const struct am_step *step = &split->recipe.steps[i];
	bool text = step->kind == AM_STEP_TEXT;
	struct am_reader *reader;
	uint64_t done = 0;
	uint32_t crc = 0;
	const uint8_t *data;
	size_t len;

	int r = am_split_step(&reader, raw, split, i, err);
	while (!r && !(r = am_reader_peek(reader, 1, &data, &len, err))) {
		if (text)
			crc = am_crc32(crc, data, len);
		r = add_bytes(w, data, len, err);
		if (r)
			goto out;
		am_reader_skip(reader, len);
		done += len;
	}
	if (r < 0)
		r = AM_FAILED;
	else if (done != step->len || (text && crc != split->from[i].crc))
		r = am_fail(err, AM_FAILED, AM_E_IO,
		            "the message changed while it was read");
	else
		r = AM_OK;
out:
	am_reader_close(&reader);
	return r;
}

/* ---- blobs ---- */

static int add_blob(struct am_content_writer *w, struct am_blob *raw,
                    const struct am_split *split, size_t i,
                    struct am_error *err)
{
	const struct am_step *step = &split->recipe.steps[i];
	struct am_pack_blob blob = {
		.size = step->len,
		.raw = raw,
		.at = split->from[i].offset,
		.len = split->from[i].len,
		.base64 = step->kind == AM_STEP_BLOB_BASE64,
		.form = am_split_raw_form(split, i),
		.check = !am_blob_bytes(raw),
	};
	struct am_reader *reader = NULL;
	uint64_t pos;

	if (g_hash_table_contains(w->written, step->hash))
		return AM_OK;
	int r = w->index->find_blob(w->index->user, step->hash, &pos, err);
	if (r != AM_END)
		return r;
	memcpy(blob.hash, step->hash, sizeof blob.hash);
	/* In LF form the frames have no places of their own in the message. */
	r = AM_OK;
	if (!blob.base64 && split->eol == AM_EOL_CRLF_FROM_LF)
		r = am_split_step(&reader, raw, split, i, err);
	if (!r)
		r = am_pack_queue_blob(w->queue, &blob, reader, err);
	am_reader_close(&reader);
	if (!r)
		g_hash_table_add(w->written,
		                 g_memdup2(step->hash, AM_SHA256_LEN));
	return r;
}

/* ---- one message ---- */

static bool is_inline(const struct am_step *step)
{
	return step->kind == AM_STEP_TEXT || step->kind == AM_STEP_BASE64;
}

/* Rather leave the end of a block empty than cut a small message. */
static int make_room(struct am_content_writer *w,
                     const struct am_recipe *recipe, struct am_error *err)
{
	uint64_t len = 0;

	for (size_t i = 0; i < recipe->n_steps; i++)
		if (is_inline(&recipe->steps[i]))
			len += recipe->steps[i].len;
	if (!w->block.data || len <= w->room - w->used || len > w->room / UNCUT)
		return AM_OK;
	return close_block(w, err);
}

static void keep_extents(struct am_content_writer *w, struct am_split *split)
{
	size_t n = w->extents->len;

	split->recipe.n_extents = n;
	split->recipe.extents = NULL;
	if (!n)
		return;
	split->recipe.extents =
		am_arena_alloc(split->arena, n * sizeof(struct am_extent));
	memcpy(split->recipe.extents, w->extents->data,
	       n * sizeof(struct am_extent));
}

int am_content_put(struct am_content_writer *writer, const struct am_blob *raw,
                   struct am_split *split, struct am_error *err)
{
	struct am_content_writer *w = writer;
	struct am_recipe *recipe = &split->recipe;

	if (split->held)
		raw = split->held;
	const uint8_t *bytes = am_blob_bytes(raw);
	g_array_set_size(w->extents, 0);
	int r = make_room(w, recipe, err);
	for (size_t i = 0; i < recipe->n_steps && !r; i++) {
		/* References are counted, which is not changing the blob. */
		if (!is_inline(&recipe->steps[i]))
			r = add_blob(w, (struct am_blob *)(uintptr_t)raw, split,
			             i, err);
		else if (bytes)
			r = add_from_memory(w, bytes, split, i, err);
		else
			r = add_from_file(w, raw, split, i, err);
	}
	if (!r)
		keep_extents(w, split);
	return r;
}

int am_content_items(struct am_content_writer *writer, const uint8_t *items,
                     size_t len, struct am_error *err)
{
	return am_pack_queue_items(writer->queue, g_memdup2(items, len), len,
	                           err);
}

int am_content_close_block(struct am_content_writer *writer,
                           struct am_error *err)
{
	return close_block(writer, err);
}

int am_content_flush(struct am_content_writer *writer, struct am_error *err)
{
	int r = close_block(writer, err);

	if (!r)
		r = am_pack_queue_flush(writer->queue, err);
	if (!r)
		g_hash_table_remove_all(writer->written);
	return r;
}
